/** The end of a request: what is stored then, what the browser is sent, and what neither. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  type Any,
  cookieOf,
  countingStore,
  gate,
  makeSessions,
  request,
  setCookieOf,
  URL_OF_APP,
  visit,
} from "./support.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 }));
afterEach(() => vi.useRealTimers());
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

const idIn = (cookie: string | undefined) => cookie?.split("=s%3A")[1]?.split(".")[0];
const write = (session: Any) => void (session.n = (session.n ?? 0) + 1);
const read = () => {};

/** Sessions on a store that writes down what it is asked. */
function counted(options: Any = {}) {
  const store = countingStore();
  const all = makeSessions({ ...options, store });
  const calls = async (cookie: string | undefined, act: (session: Any) => unknown) => {
    store.calls.length = 0;
    const visited = await visit(all.sessions, cookie, act);
    return { ...visited, calls: [...store.calls] };
  };
  return { ...all, store, calls };
}

describe("a session that was stored on the way", () => {
  const store = async (session: Any) => {
    write(session);
    await session.save();
  };

  test("is stored once, and a login is", async () => {
    const { calls } = counted();
    const first = await calls(undefined, store);
    expect(first.calls).toEqual(["create"]);
    const login = await calls(first.cookie, (session) => session.login("ada"));
    expect(login.calls.slice(0, 2)).toEqual(["read", "rotate"]);
    expect(login.calls).not.toContain("touch");
    expect((await calls(undefined, (session) => session.login("bob"))).calls).toEqual(["create"]);
  });

  test("takes the lifetime with it that it was given afterwards", async () => {
    const { sessions, store: kept } = makeSessions();
    const { cookie, response } = await visit(sessions, undefined, async (session) => {
      await store(session);
      session.cookie.maxAge = MINUTE;
    });
    expect(setCookieOf(response)).toContain("; Max-Age=60");
    expect(JSON.parse(kept.peek(kept.ids()[0]!)!.json).cookie.originalMaxAge).toBe(MINUTE);
    later(MINUTE - 1);
    expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(1);
  });

  test("and was revoked since: listeners hear that its last change is lost", async () => {
    const kept = Object.assign(memoryStore(), {
      isGone: (id: string) => kept.read(id) === undefined,
    });
    const { sessions } = makeSessions({ store: kept });
    const lost: unknown[] = [];
    sessions.on("discarded", ({ reason }) => lost.push(reason));
    const { response } = await visit(sessions, undefined, async (session) => {
      await store(session);
      session.cookie.maxAge = MINUTE;
      await sessions.revoke(session.id);
    });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([lost, kept.length()]).toEqual([["gone"], 0]);
  });
});

describe("a lifetime", () => {
  test("begins again when the request ends, not when it came", async () => {
    const { sessions, store } = makeSessions({ cookie: { maxAge: MINUTE } });
    const slow = (session: Any) => {
      write(session);
      later(10 * SECOND);
    };
    const { cookie, response } = await visit(sessions, undefined, slow);
    expect(setCookieOf(response)).toContain("; Max-Age=60");
    const end = () => store.peek(store.ids()[0]!)!.expires! - Date.now();
    expect(end()).toBe(MINUTE);
    await visit(sessions, cookie, slow);
    expect(end()).toBe(MINUTE);
  });

  test.each([
    ["with one of its own", 60 * SECOND, /; Max-Age=60$/],
    ["until the browser closes", undefined, /SameSite=Lax$/],
  ])("that a failed handler set is dropped with its changes: %s", async (_what, maxAge, sent) => {
    const { sessions } = makeSessions({ rolling: true, cookie: { maxAge } });
    const { cookie } = await visit(sessions, undefined, write);
    const failed = await sessions.wrap((_request, session) => {
      session.cookie.maxAge = 5 * SECOND;
      return new Response("no", { status: 500 });
    })(request(cookie));
    expect(setCookieOf(failed)).toMatch(sent);
    later(6 * SECOND);
    expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(1);
  });
});

describe("the rules of cookies", () => {
  const asking = (options: Any) => {
    const { sessions } = makeSessions(options);
    return (cookie: string | undefined, url: string, act: (session: Any) => unknown) =>
      sessions.wrap(async (_request, session) => {
        await act(session);
        return new Response("ok");
      })(request(cookie, url));
  };

  test("are asked of what a handler edits, not of what the request decides", async () => {
    const ask = asking({ rolling: true, cookie: { secure: "auto", sameSite: "none" } });
    const cookie = cookieOf(await ask(undefined, URL_OF_APP, write), "session");
    const plain = await ask(cookie, "http://app.test/", read);
    expect(setCookieOf(plain, "session")).toBeDefined();
  });

  test("are asked of an edit where an id is replaced, too", async () => {
    const ask = asking({ rotateAfter: HOUR });
    const first = cookieOf(await ask(undefined, URL_OF_APP, write));
    later(HOUR);
    const edit = (session: Any) => void (session.cookie.path = "nowhere");
    await expect(ask(first, URL_OF_APP, edit)).rejects.toThrow('"cookie.path" must start with "/"');
    expect(idIn(cookieOf(await ask(first, URL_OF_APP, read)))).not.toBe(idIn(first));
  });
});

describe("an id that is due to be replaced", () => {
  const aged = async (options: Any = {}) => {
    const all = counted({ rotateAfter: HOUR, ...options });
    const { cookie } = await visit(all.sessions, undefined, write);
    later(HOUR);
    return { ...all, first: cookie! };
  };

  test("is not one that this very request has drawn", async () => {
    const { sessions } = makeSessions({ rotateAfter: HOUR });
    for (const begin of [write, (session: Any) => session.login("ada")]) {
      const { cookie, result } = await visit(sessions, undefined, async (session) => {
        await begin(session);
        await session.save();
        later(2 * HOUR);
        return session.id;
      });
      expect(idIn(cookie)).toBe(result);
    }
  });

  test("is replaced for nobody whose session was revoked while he waited", async () => {
    const { sessions, first, store } = await aged();
    const { response } = await visit(sessions, first, (session) => sessions.revoke(session.id));
    expect(response.headers.getSetCookie()).toEqual([]);
    expect(store.length()).toBe(0);
  });

  /** A request by the old id, which goes on when it is told to. */
  async function byAlias(act: (session: Any) => unknown, options?: Any) {
    const all = await aged(options);
    const { cookie: second } = await visit(all.sessions, all.first, read);
    const { wait, open } = gate();
    const { wait: begun, open: begin } = gate();
    const slow = visit(all.sessions, all.first, async (session) => {
      begin();
      await wait;
      await act(session);
    });
    await begun;
    return { ...all, second: second!, slow, open };
  }

  test("leads to its session: who came by it is sent the new one, and the store is asked", async () => {
    const { slow, open, second, store } = await byAlias(read);
    store.calls.length = 0;
    open();
    expect(idIn((await slow).cookie)).toBe(idIn(second));
    expect(store.calls).toEqual(["touch"]);
  });

  test("leads nowhere once the session has ended: no cookie of it leaves", async () => {
    const { slow, open, second, sessions } = await byAlias(read);
    await visit(sessions, second, (session) => session.logout());
    open();
    expect((await slow).response.headers.getSetCookie()).toEqual([]);
  });

  test("is asked for once more by nobody who moved the session himself", async () => {
    const { slow, open, second, store } = await byAlias((session) => session.login("ada"));
    store.calls.length = 0;
    open();
    const { cookie } = await slow;
    expect(idIn(cookie)).not.toBe(idIn(second));
    expect(store.calls[0]).toBe("rotate");
    expect(store.calls).not.toContain("touch");
  });
});

test("a request of a runtime without signals is one whose visitor has stayed", async () => {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, write);
  const headers = new Headers({ cookie: cookie! });
  const asked = { headers, url: URL_OF_APP, method: "GET" } as Request;
  const answer = await sessions.wrap((_request, session) => new Response(String(session["n"])))(
    asked,
  );
  expect(await answer.text()).toBe("1");
});

test("what cannot be written is lost with a session that was destroyed, and listeners hear it", async () => {
  const { sessions } = makeSessions();
  const lost: unknown[] = [];
  sessions.on("discarded", ({ reason }) => lost.push(reason));
  await visit(sessions, undefined, async (session) => {
    await session.destroy();
    session.big = 1n;
  });
  expect(lost).toEqual(["destroyed"]);
});

test("a logout whose response carries no cookie is one all the same", async () => {
  const { sessions, store } = makeSessions();
  const { cookie } = await visit(sessions, undefined, write);
  const response = Response.error();
  const answer = await sessions.wrap(async (_request, session) => {
    await session.logout();
    return response;
  })(request(cookie));
  expect([answer === response, store.length()]).toEqual([true, 0]);
});
