/** A store that cannot hand over a session: `onStoreError` says what becomes of the request. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createSessions, type SessionErrorCode, type SessionOptions } from "../../mod.ts";
import { session as middleware } from "../../src/web/hono.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { type Any, gate, request, SECRET, setCookieOf, visit } from "./support.ts";

/** Sessions of somebody who is logged in, on a store that can be switched off. */
async function outage(options: Partial<SessionOptions> = {}) {
  const store = Object.assign(memoryStore(), { calls: [] as string[] });
  let isDown = false;
  for (const verb of ["create", "read", "readAndTouch", "commit", "touch", "rotate", "destroy"]) {
    const original = (store as Any)[verb].bind(store);
    Object.defineProperty(store, verb, {
      configurable: true,
      value: (...args: unknown[]) => {
        store.calls.push(verb);
        if (!isDown) return original(...args);
        throw new Error(`no route to host of ${String(args[0])}`);
      },
    });
  }
  const sessions = createSessions<Any>({
    secret: SECRET,
    store,
    onStoreError: "anonymous",
    ...options,
  });
  const first = await visit(sessions, undefined, async (session) => {
    session.cart = ["tea"];
    await session.login("ada");
  });
  const heard: [string, SessionErrorCode, string][] = [];
  sessions.on("error", ({ error, during }) => {
    const { code, message } = error as Any;
    heard.push([during, code, message]);
  });
  store.calls.length = 0;
  return {
    sessions,
    store,
    heard,
    cookie: first.cookie!,
    record: () => store.ids().map((id) => store.peek(id)!.json),
    down: () => void (isDown = true),
    up: () => void (isDown = false),
  };
}

const FAILED = expect.objectContaining({ code: "STORE_FAILED" });
const LOAD = ["load", "STORE_FAILED", "The session store (MemoryStore) failed"];

describe('S78 onStoreError: "anonymous"', () => {
  test.each<[string, Partial<SessionOptions>]>([
    ["by default", {}],
    ["with a lifetime, rolling", { rolling: true, cookie: { maxAge: 60_000 } }],
    ["that stores everything", { resave: true, saveUninitialized: true }],
  ])(
    "goes on with an empty session, and leaves record and cookie alone (%s)",
    async (_how, options) => {
      const { sessions, store, heard, cookie, record, down, up } = await outage(options);
      const before = record();
      down();
      const { result, response } = await visit(
        sessions,
        cookie,
        (session) => [session.subject, session.cart, session.createdAt, session.flash("info")],
      );
      expect(result).toEqual([undefined, undefined, undefined, []]);
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(response.headers.get("cache-control")).toBe("no-store");
      expect(store.calls).toHaveLength(1);
      expect(heard).toEqual([LOAD]);
      up();
      expect(record()).toEqual(before);
      const after = await visit(sessions, cookie, (session) => [session.subject, session.cart]);
      expect(after.result).toEqual(["ada", ["tea"]]);
    },
  );

  test("a cookie that an older secret signed is not sent anew", async () => {
    const { sessions, cookie, store, down } = await outage();
    const newer = createSessions<Any>({
      secret: ["another secret of the tests, 32 bytes", SECRET],
      store,
      onStoreError: "anonymous",
    });
    down();
    expect((await visit(newer, cookie, () => {})).response.headers.getSetCookie()).toEqual([]);
    expect((await visit(sessions, undefined, () => {})).response.status).toBe(200);
  });

  test.each<[string, (session: Any) => Promise<unknown>]>([
    ["save()", (session) => session.save()],
    ["login()", (session) => session.login("eve")],
    ["elevate()", (session) => session.elevate()],
    ["regenerate()", (session) => session.regenerate()],
    ["regenerate({ keep })", (session) => session.regenerate({ keep: true })],
    ["update()", (session) => session.update((data: Any) => void (data.n = 1))],
    ["take()", (session) => session.take("cart")],
  ])("%s rejects with the store's error, even when the store is back", async (_name, act) => {
    const { sessions, store, cookie, record, down, up } = await outage();
    const before = record();
    down();
    const { response } = await visit(sessions, cookie, async (session) => {
      up();
      await expect(act(session)).rejects.toEqual(FAILED);
    });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([store.calls, record()]).toEqual([["read"], before]);
  });

  test.each<[string, (session: Any) => void]>([
    ["data", (session) => void (session.n = 1)],
    ["a message", (session) => session.flash("info", "hello")],
    ["a login nobody awaits", (session) => void (session.n = session.login("eve"))],
  ])("%s that the handler left in it are an error at the end", async (_name, act) => {
    const { sessions, store, cookie, record, down, up } = await outage();
    const before = record();
    down();
    const answer = visit(sessions, cookie, (session) => (up(), act(session)));
    await expect(answer).rejects.toEqual(FAILED);
    expect([store.calls, record()]).toEqual([["read"], before]);
  });

  test("a handler that fails is answered as it asked", async () => {
    const { sessions, cookie, down } = await outage();
    down();
    const response = await sessions.wrap((_request, session) => {
      session["n"] = 1;
      return new Response("", { status: 503 });
    })(request(cookie));
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []]);
  });

  test("reload() asks the store again, and the session is there", async () => {
    const { sessions, cookie, down, up } = await outage();
    down();
    const { result } = await visit(sessions, cookie, async (session) => {
      await expect(session.reload()).rejects.toEqual(FAILED);
      await expect(session.save()).rejects.toEqual(FAILED);
      up();
      await session.reload();
      session.n = 1;
      return [session.subject, session.cart, session.isNew];
    });
    expect(result).toEqual(["ada", ["tea"], false]);
    expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(1);
  });

  test("S79 a logout asks the store again: it fails and clears the cookie, or ends the session", async () => {
    for (const isBack of [false, true]) {
      const { sessions, store, heard, cookie, down, up } = await outage();
      down();
      const { response } = await visit(sessions, cookie, async (session) => {
        if (isBack) up();
        const left = session.logout();
        await (isBack ? left : expect(left).rejects.toEqual(FAILED));
      });
      expect(setCookieOf(response)).toContain("Max-Age=0");
      expect(store.length()).toBe(isBack ? 0 : 1);
      expect(heard.map(([during]) => during)).toEqual(isBack ? ["load"] : ["load", "destroy"]);
    }
  });

  test("S77 a store that does not answer in time has failed as well", async () => {
    const { sessions, store, heard, cookie } = await outage({ ioTimeout: 5 });
    Object.defineProperty(store, "read", { value: () => gate().wait });
    expect((await visit(sessions, cookie, (session) => session.subject)).result).toBeUndefined();
    expect(heard.map(([during, code]) => [during, code])).toEqual([["load", "STORE_TIMEOUT"]]);
  });

  test("a visitor without a cookie is asked nothing about, and stored as ever", async () => {
    const { sessions, heard, down } = await outage();
    down();
    await visit(sessions, undefined, () => {});
    await expect(visit(sessions, undefined, (session) => void (session.n = 1))).rejects
      .toEqual(FAILED);
    expect(heard).toEqual([]);
  });

  test("a sealed session whose epoch cannot be asked is anonymous, and takes nothing", async () => {
    let isDown = false;
    const epoch = {
      read: (keys: readonly string[]) => {
        if (isDown) throw new Error("no route to host");
        return keys.map(() => undefined);
      },
      write: () => {},
    };
    const sessions = createSessions<Any>({
      store: cookieStore({ secret: SECRET, epoch }),
      onStoreError: "anonymous",
    });
    const { cookie } = await visit(sessions, undefined, (session) => session.login("ada"));
    const heard: unknown[] = [];
    sessions.on("error", ({ error, during }) => heard.push(during, (error as Any).code));
    isDown = true;
    const idle = await visit(sessions, cookie, async (session) => {
      await expect(session.login("eve")).rejects.toThrow("no route");
      return session.subject;
    });
    expect([idle.result, idle.response.headers.getSetCookie()]).toEqual([undefined, []]);
    await expect(visit(sessions, cookie, (session) => void (session.n = 1))).rejects
      .toThrow("no route");
    heard.length = 0;
    const left = await visit(sessions, cookie, async (session) => {
      await expect(session.logout()).rejects.toThrow("no route");
    });
    expect(setCookieOf(left.response)).toContain("Max-Age=0");
    expect(heard).toEqual(["load", "STORE_FAILED", "destroy", "STORE_FAILED"]);
    isDown = false;
    expect((await visit(sessions, cookie, (session) => session.subject)).result).toBe("ada");
  });
});

describe("onStoreError as a function", () => {
  const isPage = (_error: unknown, { url }: Request) => new URL(url).pathname === "/";

  test("decides for each request, sync or async, and is told why", async () => {
    const told: unknown[] = [];
    for (const later of [false, true]) {
      const { sessions, cookie, down } = await outage({
        onStoreError(error, request) {
          told.push((error as Any).code);
          const outcome = isPage(error, request) ? "anonymous" : "fail";
          return later ? Promise.resolve(outcome) : outcome;
        },
      });
      down();
      expect((await visit(sessions, cookie, (session) => session.subject)).result).toBeUndefined();
      const handler = sessions.wrap(() => new Response("never"));
      await expect(handler(request(cookie, "https://app.test/account"))).rejects.toEqual(FAILED);
    }
    expect(told).toEqual(Array(4).fill("STORE_FAILED"));
  });

  test("a Response it returns is the answer, and no handler runs", async () => {
    const answer = () => new Response("come back later", { status: 503 });
    const { sessions, heard, cookie, down } = await outage({ onStoreError: answer });
    down();
    let ran = 0;
    const response = await sessions.wrap(() => (ran++, new Response()))(request(cookie));
    expect([response.status, await response.text(), ran]).toEqual([503, "come back later", 0]);
    expect(heard).toEqual([LOAD]);

    const app = new Hono().use(middleware({ sessions })).get("/", (c) => (ran++, c.text("")));
    const other = await app.request("/", { headers: { cookie } });
    expect([other.status, await other.text(), ran]).toEqual([503, "come back later", 0]);

    const thrown = await sessions.open(request(cookie)).catch((caught) => caught);
    expect([thrown instanceof Response, thrown.status]).toEqual([true, 503]);
  });

  test("what it throws is the error, and what it should not return is the store's", async () => {
    const refusal = new Error("read only");
    const { sessions, cookie, down } = await outage({
      onStoreError: () => {
        throw refusal;
      },
    });
    down();
    await expect(visit(sessions, cookie, () => {})).rejects.toBe(refusal);
    const other = await outage({ onStoreError: (() => "anonymus") as never });
    other.down();
    await expect(visit(other.sessions, other.cookie, () => {})).rejects.toEqual(FAILED);
  });

  test("one request's sessions share the outcome, and the next request asks anew", async () => {
    const { sessions, store, cookie, down, up } = await outage();
    down();
    const one = request(cookie);
    const inner = sessions.wrap((_request, session) => new Response(session["subject"] as string));
    await sessions.wrap((asked) => inner(asked))(one);
    expect(store.calls).toEqual(["read"]);
    up();
    expect(await (await inner(request(cookie))).text()).toBe("ada");
  });
});

test('"fail" is the default, and anything else is refused at construction', async () => {
  for (const onStoreError of ["fail", undefined] as const) {
    const { sessions, heard, cookie, down } = await outage({ onStoreError });
    down();
    await expect(visit(sessions, cookie, () => {})).rejects.toEqual(FAILED);
    expect(heard).toEqual([]);
  }
  for (const wrong of ["hush", 5, {}, null]) {
    const make = () => createSessions({ secret: SECRET, onStoreError: wrong as never });
    expect(make).toThrow(/^Option "onStoreError" must be "fail", "anonymous" or a function, not/);
  }
});
