/** Which session a request's cookies prove, and what is said of those that prove none. */
import { describe, expect, test } from "vitest";
import { type Any, signature, signed } from "./support/libraries.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { deprecationsIn, sessionsWith, visit } from "./support/visit.ts";

const MOVED = "cookie should be available in req.headers.cookie";
const forged = `s%3Aan-id.${"A".repeat(43)}`;

async function rejectedBy(call: Any, options: Any = {}) {
  const sessions = sessionsWith(options);
  const reasons: string[] = [];
  sessions.on("rejected", ({ reason }: Any) => reasons.push(reason));
  await visit(sessions, () => {}, call);
  return reasons;
}

describe("a cookie that proves nothing is told of, with the reason", () => {
  test.each<[string, string[]]>([
    ["connect.sid=plain", ["unsigned"]],
    ["connect.sid=plain; connect.sid=another", ["unsigned"]],
    [`connect.sid=${forged}`, ["signature"]],
    [`connect.sid=plain; connect.sid=${forged}`, ["signature"]],
    [`connect.sid=${forged}; connect.sid=plain`, ["signature"]],
    ["connect.sid=", ["unsigned"]],
    ["other=1", []],
    [`other=${forged}`, []],
  ])("%s: %j", async (cookie, reasons) => {
    expect(await rejectedBy({ cookie })).toEqual(reasons);
  });

  test("no header says nothing", async () => {
    expect(await rejectedBy({})).toEqual([]);
  });

  test("of a good one, only that there is no such session", async () => {
    expect(await rejectedBy({ cookie: `connect.sid=${signed("an-id")}` })).toEqual(["unknown"]);
    const both = `connect.sid=${forged}; connect.sid=${signed("an-id")}`;
    expect(await rejectedBy({ cookie: both })).toEqual(["unknown"]);
  });
});

describe("what cookie-parser has read", () => {
  /** A session, and what a visit finds that has it in `req.signedCookies` or `req.cookies` alone. */
  async function parsed(options: Any, cookies: (id: string) => Any) {
    const sessions = sessionsWith({ rolling: true, ...options });
    const { cookie, result: id } = await visit(sessions, (req) => {
      req.session.n = 1;
      return req.sessionID;
    });
    let found: Any;
    const notes = await deprecationsIn(async () => {
      found = await visit(sessions, (req) => req.session.n, {
        before: (req) => Object.assign(req, cookies(id)),
      });
    });
    const moved = notes.filter((text) => text === MOVED).length;
    return { cookie, moved, n: found.result, sent: found.setCookies[0]?.split(";")[0] };
  }
  const WAYS: Record<string, (id: string) => Any> = {
    signedCookies: (id) => ({ signedCookies: { "connect.sid": id } }),
    cookies: (id) => ({ cookies: { "connect.sid": `s:${signature.sign(id, "keyboard cat")}` } }),
  };

  test.each(Object.entries(WAYS))(
    "is taken, as out of date, and sent again whole: req.%s",
    async (_way, cookies) => {
      const { cookie, moved, n, sent } = await parsed({}, cookies);
      expect([n, moved]).toEqual([1, 1]);
      expect(sent).toBe(cookie);
    },
  );

  test.each(Object.entries(WAYS))('is none of compat: "v2": req.%s', async (_way, cookies) => {
    const { moved, n } = await parsed({ compat: "v2" }, cookies);
    expect([n, moved]).toEqual([undefined, 0]);
  });

  test("nothing is said where it has read nothing of the name", async () => {
    for (const cookies of [{}, { signedCookies: {}, cookies: {} }, { cookies: { other: "1" } }]) {
      expect((await parsed({}, () => cookies)).moved).toBe(0);
    }
  });
});

describe("DEBUG=express-session says why a cookie proves nothing", () => {
  const debug = watchDebug();

  test.each([
    ["connect.sid=plain", "cookie unsigned"],
    [`connect.sid=plain; connect.sid=${forged}`, "cookie signature invalid"],
  ])("%s", async (cookie, why) => {
    await visit(debug.session(), () => {}, { cookie });
    expect(debug.lines()[0]).toBe(why);
  });
});
