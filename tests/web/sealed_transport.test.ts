/** Sealed sessions between requests and responses: what is refused, sent again, and left alone. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSessions, SessionError } from "../../mod.ts";
import { cookieStore, epochStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, makeSessions, request, SECRET, visit } from "./support.ts";

const HOUR = 3_600_000;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 }));
afterEach(() => vi.useRealTimers());
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

function made(options: Any = {}) {
  const store = cookieStore({ secret: SECRET, epoch: epochStore(memoryStore()) });
  const { sessions } = makeSessions({
    ...options,
    store: store as never,
    secret: undefined as never,
  });
  const heard: unknown[] = [];
  for (const name of ["blocked", "rejected"] as const) {
    sessions.on(name, ({ reason }) => void heard.push([name, reason]));
  }
  return { sessions, heard };
}
const write = (session: Any) => void (session.n = 1);

describe("what only the browser has", () => {
  const unsupported = new SessionError(
    "STORE_UNSUPPORTED",
    "Only its browser has a sealed session: it cannot be listed, revoked by its id or excepted",
  );

  test("cannot be listed, revoked or spared", async () => {
    const { sessions } = made();
    await expect(sessions.list("ada")).rejects.toThrow(unsupported);
    await expect(sessions.revoke("handle")).rejects.toThrow(unsupported);
    await expect(sessions.revokeAll("ada", { except: "id" })).rejects.toThrow(unsupported);
    expect(await sessions.revokeAll("ada")).toBeNaN();
  });
});

describe("a cookie that is rejected", () => {
  test.each([
    [`__Host-session=1.${"A".repeat(80)}`, "signature"],
    // The rest of a session whose beginning is missing.
    ["__Host-session.1=AAAA", "unknown"],
  ])("is heard of with its reason: %s", async (cookie, reason) => {
    const { sessions, heard } = made();
    await visit(sessions, cookie, (session) => expect(session.isNew).toBe(true));
    expect(heard).toEqual([["rejected", reason]]);
  });
});

describe("a response that cannot carry cookies", () => {
  test("blocks nothing where nothing is due: a visit that changes nothing", async () => {
    const { sessions, heard } = made();
    const { cookie } = await visit(sessions, undefined, write);
    const response = Response.error();
    expect(await sessions.wrap(() => response)(request(cookie))).toBe(response);
    expect(heard).toEqual([]);
  });

  test("… nor one whose handler failed, though the session's end has moved", async () => {
    const { sessions, heard } = made({ idleTimeout: HOUR });
    const { cookie } = await visit(sessions, undefined, write);
    later(HOUR / 2);
    const failing = sessions.wrap(() => {
      throw new Error("planned");
    });
    await expect(failing(request(cookie))).rejects.toThrow("planned");
    expect(heard).toEqual([]);
  });
});

test("a failed visit sends no cookie of a session that was not sealed again, rolling or not", async () => {
  for (const rolling of [true, false]) {
    const { sessions } = made({ rolling });
    const { cookie } = await visit(sessions, undefined, write);
    const failed = await sessions.wrap(() => new Response("no", { status: 500 }))(request(cookie));
    expect(failed.headers.getSetCookie()).toEqual([]);
  }
});

test("what an older secret sealed is sent again, once, sealed with the newest", async () => {
  const older = "an older secret of the tests, 32 bytes+";
  const before = createSessions<Any>({ store: cookieStore({ secret: older }) });
  const { cookie: first } = await visit(before, undefined, write);
  const sessions = createSessions<Any>({ store: cookieStore({ secret: [SECRET, older] }) });
  const { cookie: second } = await visit(sessions, first, () => {});
  expect(second).not.toBe(first);
  const newest = createSessions<Any>({ store: cookieStore({ secret: SECRET }) });
  const { response, result } = await visit(newest, second, (session) => session.n);
  expect([result, response.headers.getSetCookie()]).toEqual([1, []]);
});
