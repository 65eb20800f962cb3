/** Signed ids between requests and responses: signed once, and sent as they came. */
import { expect, test } from "vitest";
import { makeSessions, setCookieOf, spyOnCrypto, visit } from "./support.ts";

test("a cookie that is sent again is the one that came: no crypto for it", async () => {
  const { sessions } = makeSessions({ rolling: true });
  const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
  await visit(sessions, cookie, () => {});
  const crypto = spyOnCrypto();
  try {
    const { response } = await visit(makeSessions({ rolling: true }).sessions, cookie, () => {});
    expect(setCookieOf(response)).toBeUndefined();
    const before = crypto.calls();
    const { response: again } = await visit(sessions, cookie, () => {});
    expect(setCookieOf(again)).toContain(`${cookie};`);
    // Verified by what is remembered of the last visit.
    expect(crypto.calls()).toBe(before);
  } finally {
    crypto.restore();
  }
});

test("a logout of a visitor without cookies removes none", async () => {
  const { sessions } = makeSessions();
  const { response } = await visit(sessions, undefined, (session) => session.logout());
  expect(response.headers.getSetCookie()).toEqual([]);
});
