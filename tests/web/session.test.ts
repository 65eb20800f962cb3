/** The session object that a handler of the Web entries sees. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSession } from "../../src/web/session.ts";
import { makeSessions, visit } from "./support.ts";

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 }));
afterEach(() => vi.useRealTimers());

test("what is no session of ours has nothing behind it", () => {
  for (const other of [undefined, null, "session", 7, {}, Object.create(WebSession.prototype)]) {
    expect(WebSession.actionsOf(other as object)).toBeUndefined();
  }
});

test("names of its methods are taken, others are not", () => {
  for (const name of ["id", "login", "signal", "toString"]) {
    expect([name, WebSession.hasTaken(name)]).toEqual([name, true]);
  }
  // Its own property: as in express-session, it is a part of the data.
  for (const name of ["cookie", "user"]) expect(WebSession.hasTaken(name)).toBe(false);
});

describe("its lifetime", () => {
  test.each(["touch", "resetMaxAge"])("begins again with %s(), which returns it", async (name) => {
    const { sessions } = makeSessions({ cookie: { maxAge: 60_000 } });
    await visit(sessions, undefined, (session) => {
      expect(session.cookie.maxAge).toBe(60_000);
      vi.setSystemTime(Date.now() + 10_000);
      expect(session.cookie.maxAge).toBe(50_000);
      expect(session[name]()).toBe(session);
      expect(session.cookie.maxAge).toBe(60_000);
    });
  });
});

describe("its messages", () => {
  test("are left, and taken once", async () => {
    const { sessions } = makeSessions();
    const { result, cookie } = await visit(sessions, undefined, (session) => [
      session.flash("info", "saved"),
      session.flash("info", ""),
      session.flash("error"),
    ]);
    expect(result).toEqual([undefined, undefined, []]);
    const taken = await visit(sessions, cookie, (session) => [
      session.flash("info", undefined),
      session.flash("info"),
    ]);
    expect(taken.result).toEqual([["saved", ""], []]);
  });
});

describe("what is shown of it", () => {
  test("has its data and no id", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, (session) => {
      session.user = "ada";
      const { id } = session;
      const shown = session as Record<symbol, (inspect?: unknown) => unknown>;
      const node = shown[Symbol.for("nodejs.util.inspect.custom")]!();
      expect(node).toMatchObject({ user: "ada", id: "[redacted]" });
      const text = shown[Symbol.for("Deno.customInspect")]!(JSON.stringify);
      expect(text).toMatch(/^Session \{.*"user":"ada".*"id":"\[redacted\]"\}$/);
      expect(text).not.toContain(id);
    });
  });
});
