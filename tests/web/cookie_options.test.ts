/** Cookie options: what is left out has a default, what browsers would ignore is refused. */
import { expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { type Any, request, SECRET } from "./support.ts";

test("S18 S19 S20 an attribute that is undefined is one left out", async () => {
  const cookie = { secure: undefined, httpOnly: undefined, sameSite: undefined, path: undefined };
  for (const form of [cookie, () => cookie]) {
    const sessions = createSessions<Any>({ secret: SECRET, name: "__Host-a", cookie: form });
    const handler = sessions.wrap((_request, session) => {
      session.n = 1;
      return new Response();
    });
    const [text] = (await handler(request())).headers.getSetCookie();
    expect(text).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  }
});

for (const name of ["httpOnly", "secure", "partitioned"]) {
  test(`cookie.${name} that is no boolean is refused, and not repeated`, () => {
    const make = () => createSessions({ secret: SECRET, cookie: { [name]: "false" } });
    expect(make).toThrow(
      new TypeError(`Option "cookie.${name}" must be a boolean, not a value of type string`),
    );
  });
}

test("a cookie path that browsers would ignore is refused", () => {
  expect(() => createSessions({ secret: "x".repeat(32), cookie: { path: "admin" } })).toThrow(
    new TypeError('Option "cookie.path" must start with "/"'),
  );
});

for (const domain of [5, 0, true, false, ["app.test"], {}]) {
  test(`a cookie domain that is ${JSON.stringify(domain)} is refused`, async () => {
    const refused = new TypeError('Option "cookie.domain" must be a string');
    const cookie = { domain: domain as unknown as string };
    expect(() => createSessions({ secret: SECRET, cookie })).toThrow(refused);
    const sessions = createSessions({ secret: SECRET, cookie: () => cookie });
    await expect(sessions.wrap(() => new Response())(request())).rejects.toThrow(refused);
  });
}
