/** `rotateAfter`: old ids are replaced, requests under way lose nothing, and a logout ends all. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, countingStore, gate, makeSessions, SECRET, visit, withVerb } from "./support.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 }));
afterEach(() => vi.useRealTimers());
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

const made = (options: Any = {}) => makeSessions({ rotateAfter: HOUR, ...options });
const begin = async ({ sessions }: Any, act: (session: Any) => unknown = (s) => s.login("ada")) =>
  (await visit(sessions, undefined, act)).cookie!;
const idIn = (cookie: string | undefined) => cookie?.split("=")[1]?.split(".")[0];

describe("an id that is old enough", () => {
  test("is replaced by the next visit, and by none before", async () => {
    const all = made();
    const first = await begin(all);
    later(HOUR - 1);
    expect((await visit(all.sessions, first, () => {})).cookie).toBe(first);
    later(1);
    const { cookie: second } = await visit(all.sessions, first, (session) => session.seen = 1);
    expect(idIn(second)).not.toBe(idIn(first));
    later(HOUR - 1);
    const { cookie, result } = await visit(all.sessions, second, (s) => [s.subject, s.seen]);
    expect([cookie, result]).toEqual([second, ["ada", 1]]);
    expect(all.store.list("ada")).toHaveLength(1);
  });

  test("leads to its session for 30 seconds, and its visitor is told the new one", async () => {
    const all = made();
    const first = await begin(all);
    later(HOUR);
    const { cookie: second } = await visit(all.sessions, first, () => {});
    later(29_999);
    const { cookie, result } = await visit(all.sessions, first, (session) => {
      session.late = true;
      return session.subject;
    });
    expect([idIn(cookie), result]).toEqual([idIn(second), "ada"]);
    expect((await visit(all.sessions, second, (session) => session.late)).result).toBe(true);
    later(1);
    expect((await visit(all.sessions, first, (session) => session.subject)).result).toBe(undefined);
    expect((await visit(all.sessions, second, (session) => session.subject)).result).toBe("ada");
  });

  test("leads nowhere after a login, and nowhere after a logout, at once", async () => {
    for (const end of ["login", "logout"] as const) {
      const all = made();
      const first = await begin(all);
      later(HOUR);
      const { cookie: second } = await visit(all.sessions, first, () => {});
      await visit(all.sessions, second, (session) => session[end]("ada"));
      const { result } = await visit(all.sessions, first, (session) => session.subject);
      expect([end, result]).toEqual([end, undefined]);
    }
  });

  test("stays where the handler fails, and where the cookie could not leave", async () => {
    const all = made({ proxy: true });
    const first = await begin(all);
    later(HOUR);
    const failing = all.sessions.wrap(() => new Response("no", { status: 500 }));
    const headers = { cookie: first };
    const failed = await failing(new Request("https://app.test/", { headers }));
    const plain = await all.sessions.wrap((_request, session) => new Response(session.id))(
      new Request("http://app.test/", { headers: { ...headers, "x-forwarded-proto": "http" } }),
    );
    expect([failed, plain].map((each) => each.headers.getSetCookie())).toEqual([[], []]);
    expect((await visit(all.sessions, first, (session) => session.subject)).result).toBe("ada");
  });

  test("is replaced for a session nobody logged in to, and of one older than the option", async () => {
    const store = memoryStore();
    const before = makeSessions({ store });
    const { cookie: first } = await visit(before.sessions, undefined, (s) => void (s.cart = 1));
    const all = made({ store });
    expect((await visit(all.sessions, first, () => {})).cookie).toBe(first);
    later(HOUR);
    const { cookie } = await visit(all.sessions, first, () => {});
    expect(idIn(cookie)).not.toBe(idIn(first));
    expect((await visit(all.sessions, cookie, (session) => session.cart)).result).toBe(1);
  });

  test("costs two more store calls when it is replaced, and none before", async () => {
    const store = countingStore();
    const all = made({ store });
    const first = await begin(all);
    store.calls.length = 0;
    await visit(all.sessions, first, () => {});
    expect(store.calls).toEqual(["read"]);
    later(HOUR);
    store.calls.length = 0;
    await visit(all.sessions, first, (session) => void (session.n = 1));
    expect(store.calls).toEqual(["read", "create", "commit"]);
  });

  test("stands in no store that keeps no ids in the clear", async () => {
    const inner = memoryStore();
    const all = made({ store: hashIds(inner) });
    const first = await begin(all);
    later(HOUR);
    const { cookie: second } = await visit(all.sessions, first, () => {});
    const seen: string[] = [];
    for await (const [id, { json }] of inner.all()) seen.push(id, json);
    expect(seen).toHaveLength(4);
    for (const cookie of [first, second]) expect(seen.join()).not.toContain(idIn(cookie));
    expect((await visit(all.sessions, first, (session) => session.subject)).result).toBe("ada");
  });
});

describe("requests that are under way while an id is replaced", () => {
  /** One that came before, holds the old id, and goes on when it is told to. */
  async function during(act: (session: Any) => unknown, meanwhile?: (cookie: string) => unknown) {
    const all = made();
    const first = await begin(all, async (session) => {
      Object.assign(session, { n: 1 });
      await session.login("ada");
    });
    later(HOUR);
    const { wait, open } = gate();
    const slow = visit(all.sessions, first, async (session) => {
      await wait;
      return await act(session);
    });
    const { cookie: second } = await visit(all.sessions, first, (session) => void (session.m = 1));
    expect(idIn(second)).not.toBe(idIn(first));
    await meanwhile?.(second!);
    open();
    const { cookie, result } = await slow;
    const left = async (which: string | undefined) =>
      (await visit(all.sessions, which, ({ cookie: _, ...data }) => data)).result;
    return { ...all, first, second, cookie, result, left };
  }

  test("lose none of their changes", async () => {
    const { left, second } = await during((session) => void (session.slow = 1));
    expect(await left(second)).toEqual({ n: 1, m: 1, slow: 1 });
  });

  test("update() what is newest", async () => {
    const { left, second } = await during((session) => session.update((data: Any) => data.m++));
    expect(await left(second)).toEqual({ n: 1, m: 2 });
  });

  test("end the session with their logout", async () => {
    const { left, second, first, store } = await during((session) => session.logout());
    expect([await left(second), await left(first), store.list("ada")]).toEqual([{}, {}, []]);
  });

  test("take it along with their login, and then no other id opens it", async () => {
    const { left, second, first, cookie } = await during((session) => session.login("ada"));
    expect(await left(cookie)).toEqual({ n: 1, m: 1 });
    expect([await left(second), await left(first)]).toEqual([{}, {}]);
  });

  test("many at once are all sent the one id that comes of it", async () => {
    const all = made();
    const first = await begin(all);
    later(HOUR);
    const many = Array.from({ length: 20 }, (_, at) => {
      return visit(all.sessions, first, (session) => void (session[`k${at}`] = at));
    });
    const cookies = (await Promise.all(many)).map(({ cookie }) => cookie);
    expect(new Set(cookies).size).toBe(1);
    const keys = Array.from({ length: 20 }, (_, at) => `k${at}`).sort();
    for (const cookie of [...new Set(cookies), first]) {
      const { result } = await visit(all.sessions, cookie, (session) => {
        return Object.keys(session).filter((key) => key !== "cookie").sort();
      });
      expect(result).toEqual(keys);
    }
    expect(all.store.list("ada")).toHaveLength(1);
  });
});

describe("what else meets a replaced id", () => {
  test.each([
    ["hashed ids", () => hashIds(memoryStore())],
    ["six verbs and no more", () => withVerb(memoryStore(), "read", () => {})],
  ])("a store of %s, and a cookie with a lifetime", async (_name, store) => {
    const all = made({ store: store(), cookie: { maxAge: 2 * HOUR } });
    const first = await begin(all, (session) => void (session.n = 1));
    later(HOUR);
    const { cookie: second } = await visit(all.sessions, first, (session) => void session.n++);
    expect(idIn(second)).not.toBe(idIn(first));
    for (const cookie of [first, second]) {
      expect((await visit(all.sessions, cookie, (session) => session.n)).result).toBe(2);
    }
  });

  test("a visitor who has gone keeps his id", async () => {
    const all = made();
    const first = await begin(all);
    later(HOUR);
    const gone = AbortSignal.abort();
    const asked = new Request("https://app.test/", { headers: { cookie: first }, signal: gone });
    await all.sessions.wrap(() => new Response("late"))(asked);
    later(MINUTE);
    expect((await visit(all.sessions, first, (session) => session.subject)).result).toBe("ada");
  });

  test("a slow reader that came by it brings no cookie of what a login has ended since", async () => {
    const all = made();
    const first = await begin(all);
    later(HOUR);
    const { cookie: second } = await visit(all.sessions, first, () => {});
    const { wait, open } = gate();
    const slow = visit(all.sessions, first, () => wait);
    await visit(all.sessions, second, (session) => session.login("ada"));
    open();
    expect((await slow).response.headers.getSetCookie()).toEqual([]);
  });

  test("an entry without the option finds nobody there, and changes nothing", async () => {
    const all = made();
    const plain = makeSessions({ store: all.store }).sessions;
    const first = await begin(all);
    later(HOUR);
    const { cookie: second } = await visit(all.sessions, first, () => {});
    const seen = await visit(plain, first, (session) => Object.keys(session));
    expect(seen.result).toEqual(["cookie"]);
    expect((await visit(plain, second, (session) => session.subject)).result).toBe("ada");
    expect((await visit(all.sessions, first, (session) => session.subject)).result).toBe("ada");
  });

  test("a store that fails in between leaves one session, and no second device", async () => {
    const memory = memoryStore();
    let fails = false;
    const store = Object.assign(
      withVerb(memory, "commit", () => {
        if (fails) throw new Error("planned");
      }),
      { list: (subject: string) => memory.list(subject), destroyAll: () => 0 },
    );
    const all = made({ store, maxSessions: 2 });
    const first = await begin(all);
    later(HOUR);
    fails = true;
    await expect(visit(all.sessions, first, () => {})).rejects.toMatchObject({
      code: "STORE_FAILED",
    });
    fails = false;
    expect(memory.list("ada")).toHaveLength(1);
    expect((await visit(all.sessions, first, (session) => session.subject)).result).toBe("ada");
  });

  test("its two records are one device, and one of those that may be", async () => {
    const memory = memoryStore();
    const { wait, open } = gate();
    let isHeld = false;
    const store = Object.assign(
      withVerb(memory, "commit", () => isHeld ? wait : undefined),
      { list: (subject: string) => memory.list(subject), destroyAll: () => 0 },
    );
    const all = made({ store, maxSessions: 2 });
    const first = await begin(all);
    later(HOUR);
    isHeld = true;
    const renewing = visit(all.sessions, first, () => {});
    while (memory.list("ada").length < 2) await new Promise(setImmediate);
    isHeld = false;
    expect(await all.sessions.list("ada")).toHaveLength(1);
    await begin(all);
    expect(memory.list("ada")).toHaveLength(3);
    open();
    const { cookie: second } = await renewing;
    expect((await visit(all.sessions, second, (session) => session.subject)).result).toBe("ada");
    expect(await all.sessions.list("ada")).toHaveLength(2);
  });
});

test("where no id is due the request's signal is left alone: Deno warns of whoever asks for it", async () => {
  for (const options of [{ rotateAfter: HOUR }, { rotateAfter: undefined }]) {
    const { sessions } = makeSessions(options);
    const { cookie } = await visit(sessions, undefined, (session) => session.login("ada"));
    const request = new Request("https://example.com/", { headers: { cookie: cookie! } });
    const asked = vi.fn();
    Object.defineProperty(request, "signal", { get: asked });
    await sessions.wrap((_request, session) => new Response(session.subject))(request);
    expect(asked).not.toHaveBeenCalled();
  }
});

test("what cannot be is said at construction", () => {
  const make = (options: Any) => () => createSessions({ secret: SECRET, ...options });
  expect(make({ rotateAfter: 59_999 })).toThrow(
    'Option "rotateAfter" must be at least 60000 milliseconds, not 59999',
  );
  expect(make({ rotateAfter: "1h" })).toThrow(
    'Option "rotateAfter" must be a number, not a value of type string',
  );
  expect(make({ rotateAfter: Infinity })).not.toThrow();
  const sealed = { store: cookieStore({ secret: SECRET }), secret: undefined };
  expect(make({ ...sealed, rotateAfter: HOUR })).toThrow(TypeError);
  expect(make({ ...sealed, rotateAfter: HOUR })).toThrow("needs a store that keeps the sessions");
});
