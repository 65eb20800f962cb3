/** What the tests of growth store: a data text of usual size, 330 bytes. */
export const JSON_TEXT: string = JSON.stringify({
  cookie: {
    originalMaxAge: 86_400_000,
    expires: "2099-01-01T00:00:00.000Z",
    httpOnly: true,
    path: "/",
    sameSite: "lax",
    secure: true,
  },
  user: { id: 123_456, name: "Somebody With A Name", roles: ["reader", "writer"] },
  csrf: "0123456789abcdef0123456789abcdef",
  cart: [{ sku: "A-1000", n: 1 }, { sku: "B-2000", n: 2 }],
  views: 17,
});
