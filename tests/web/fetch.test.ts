/** `createSessions()`: what its functions refuse, in words that say which and why. */
import { describe, expect, test } from "vitest";
import { type Any, makeSessions, request, visit } from "./support.ts";

const thrown = (act: () => unknown) =>
  Promise.resolve().then(act).then(() => undefined, (error) => error as Error);

describe("what is no session of these", () => {
  const others: [string, (sessions: Any) => unknown][] = [
    ["text", () => "session"],
    ["nothing", () => undefined],
    ["an object", () => ({ cookie: {} })],
    ["one of other sessions", () => makeSessions().sessions.open(request())],
  ];

  test.each(others)("is not committed: %s", async (_what, make) => {
    const { sessions } = makeSessions() as { sessions: Any };
    const session = await make(sessions);
    for (const response of [new Response(), undefined]) {
      const error = await thrown(() => sessions["commit"](session, response));
      expect(error).toEqual(
        new TypeError("commit() needs a session that open() of the same sessions returned"),
      );
    }
  });

  test.each([
    ["list", { current: {} }, "a value of type object"],
    ["list", { current: "a handle" }, "a value of type string"],
    ["list", { current: null }, "null"],
    ["revokeAll", { except: {} }, "a value of type object"],
    ["revokeAll", { except: null }, "null"],
  ])("is nobody's own: %s(%j)", async (method, options, kind) => {
    const { sessions } = makeSessions() as { sessions: Any };
    expect(await thrown(() => sessions[method]("ada", options))).toEqual(
      new TypeError(`${method}() needs a session, or what list() calls it, not ${kind}`),
    );
  });

  test.each([["", "an empty one"], [undefined, "undefined"], [{}, "a value of type object"]])(
    "is not revoked: %j",
    async (handle, kind) => {
      const { sessions } = makeSessions() as { sessions: Any };
      expect(await thrown(() => sessions["revoke"](handle))).toEqual(
        new TypeError(`revoke() needs a session: a string that list() gave, not ${kind}`),
      );
    },
  );
});

test.each([["handler", "a value of type string"], [undefined, "undefined"], [{}, "a value of"]])(
  "wrap() of what cannot be called is refused when it is made: %j",
  (handler, kind) => {
    const { sessions } = makeSessions() as { sessions: Any };
    expect(() => sessions["wrap"](handler)).toThrow(`wrap() needs a function, not ${kind}`);
  },
);

test("revokeAll() spares a visitor's own session: by itself, by its handle and by its id", async () => {
  const { sessions } = makeSessions();
  const login = () => visit(sessions, undefined, (session) => session.login("ada"));
  const { cookie } = await login();
  const names: ((session: Any) => unknown)[] = [
    (session) => session,
    (session) => session.id,
    async (session) => {
      const devices = await sessions.list("ada", { current: session as never });
      return devices.find(({ current }) => current)!.handle;
    },
  ];
  for (const nameOf of names) {
    await login();
    const { result } = await visit(sessions, cookie, async (session) => {
      return await sessions.revokeAll("ada", { except: await nameOf(session) as never });
    });
    expect(result).toBe(1);
    expect((await visit(sessions, cookie, (session) => session.subject)).result).toBe("ada");
  }
});
