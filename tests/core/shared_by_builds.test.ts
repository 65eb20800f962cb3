/** Two builds of the library in one process: what belongs to a store is one for both. */
import { createStorage } from "unstorage";
import memoryDriver from "unstorage/drivers/memory";
import { describe, expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";

// deno-lint-ignore no-explicit-any -- what handlers and drivers are given is not what is tested
type Any = any;

/** The modules as each of two builds has them. */
async function builds() {
  const load = async () => ({
    core: await import("../../src/core/writer_queue.ts"),
    moves: await import("../../src/core/moves.ts"),
    clock: await import("../../src/clock.ts"),
    renewing: await import("../../src/core/renewing_store.ts"),
    callbacks: await import("../../src/stores/express/callback_store.ts"),
    found: await import("../../src/stores/express/found_session.ts"),
    express: await import("../../src/express/mod.ts"),
    web: await import("../../mod.ts"),
    adapter: await import("../../src/stores/express.ts"),
    sealing: await import("../../src/stores/cookie.ts"),
    unstorage: await import("../../src/stores/unstorage.ts"),
    postgres: await import("../../src/stores/postgres.ts"),
    subscription: await import("../../src/stores/redis/subscription.ts"),
  });
  vi.resetModules();
  const one = await load();
  vi.resetModules();
  return [one, await load()] as const;
}

describe("of one store, two builds have", () => {
  test("one queue, one list of moves, one wrapper", async () => {
    const [one, other] = await builds();
    const store = memoryStore({ sweepInterval: 0 });
    expect(one.core.WriterQueue).not.toBe(other.core.WriterQueue);
    expect(one.core.WriterQueue.of(store)).toBe(other.core.WriterQueue.of(store) as unknown);
    expect(one.moves.Moves.of(store)).toBe(other.moves.Moves.of(store) as unknown);
    const callbacks = new one.express.MemoryStore() as never;
    const wrapper = one.callbacks.wrapperOf(callbacks);
    expect(wrapper).toBe(other.callbacks.wrapperOf(callbacks) as unknown);
    // The store of rotateAfter goes by store and clock: each build has the same of the platform.
    expect(one.clock.systemClock).toBe(other.clock.systemClock);
    const renewing = one.renewing.RenewingStore.of(store)(one.clock.systemClock);
    const same = other.renewing.RenewingStore.of(store)(other.clock.systemClock);
    expect(renewing).toBe(same as unknown);
    expect(one.found.UNREADABLE).toBe(other.found.UNREADABLE);
  });

  test("one order of their writes: nothing is lost, nobody waits for the other for ever", async () => {
    const [one, other] = await builds();
    const records = new Map<string, string>();
    const later = (answer: () => void) => void setImmediate(answer);
    const store = {
      get: (id: string, done: (error: unknown, session?: unknown) => void) =>
        later(() => done(null, records.has(id) ? JSON.parse(records.get(id)!) : null)),
      set: (id: string, session: unknown, done: (error?: unknown) => void) => {
        const text = JSON.stringify(session);
        later(() => (records.set(id, text), done()));
      },
      destroy: (id: string, done: (error?: unknown) => void) =>
        later(() => (records.delete(id), done())),
    };
    const options = { secret: "x".repeat(32), cookie: { secure: false } };
    const entries = [one, other].map(({ adapter, web }) => {
      return web.createSessions({ ...options, store: adapter.fromExpressStore(store as never) });
    });
    type Act = (session: Record<string, unknown> & { update: unknown }) => unknown;
    const visit = async (at: number, cookie: string | undefined, act: Act) => {
      const handler = entries[at]!.wrap(async (_request, session) => {
        await act(session as never);
        return new Response();
      });
      const headers = cookie === undefined ? undefined : { cookie };
      const response = await handler(new Request("http://app.test/", { headers } as RequestInit));
      return response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    };
    const cookie = await visit(0, undefined, (session) => void (session["n"] = 0));
    const writes = Array.from({ length: 20 }, (_, at) => {
      return visit(at % 2, cookie, (session) => {
        if (at < 10) return void (session[`k${at}`] = at);
        return (session.update as (change: (data: { n: number }) => void) => unknown)((data) => {
          data.n++;
        });
      });
    });
    await Promise.all(writes);
    const [text] = records.values();
    const keys = Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`k${at}`, at]));
    expect(JSON.parse(text!)).toMatchObject({ n: 10, ...keys });
  });

  test("sealed sessions of the entry that serves them: its signals, its errors", async () => {
    const [one, other] = await builds();
    const epochs = new Map<string, number>();
    let isSilent = false;
    const sealing = other.sealing.cookieStore({
      secret: "x".repeat(32),
      epoch: {
        read: (keys) =>
          isSilent ? new Promise(() => {}) : Promise.resolve(keys.map((key) => epochs.get(key))),
        write: (key, epoch) => void epochs.set(key, epoch),
      },
    });
    const clock = {
      now: () => Date.now(),
      after: (_ms: number, run: () => void) => (isSilent && queueMicrotask(run), () => {}),
    };
    const sessions = one.web.createSessions({ store: sealing, clock });
    let signal: AbortSignal | undefined;
    const handler = sessions.wrap(async (request, session) => {
      if (request.url.endsWith("/logout")) await session.logout();
      // Asked for before the session is stored: what stores it tells the signal.
      else [signal, session["n"]] = [session.signal, 1];
      return new Response();
    });
    const begun = await handler(new Request("https://app.test/"));
    const headers = { cookie: begun.headers.getSetCookie()[0]!.split(";")[0]! };
    expect(signal!.aborted).toBe(false);
    await handler(new Request("https://app.test/logout", { headers }));
    expect(signal!.reason).toMatchObject({ code: "SESSION_GONE", why: "destroyed" });
    isSilent = true;
    const failing = handler(new Request("https://app.test/", { headers }));
    const failed = await failing.catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: "STORE_TIMEOUT" });
    expect(failed).toBeInstanceOf(one.web.SessionError);
  });

  /** A storage whose driver answers when it is told to. */
  function slowStorage() {
    const memory = memoryDriver() as ReturnType<typeof memoryDriver> & { setItem: Any };
    const later = () => new Promise((resolve) => setImmediate(resolve));
    const slow = (name: "getItem" | "setItem" | "removeItem") => async (...given: Any[]) => {
      await later();
      const answer = await (memory as Any)[name](...given);
      await later();
      return answer;
    };
    const [getItem, setItem, removeItem] = [slow("getItem"), slow("setItem"), slow("removeItem")];
    return createStorage({ driver: { ...memory, getItem, setItem, removeItem } as Any });
  }

  /** An application of both builds, on one storage. */
  async function halves() {
    const storage = slowStorage();
    return (await builds()).map(({ unstorage, web }) => {
      const store = unstorage.unstorageStore(storage);
      const sessions = web.createSessions({ secret: "x".repeat(32), store, warn: false });
      return async (cookie: string | undefined, act: (session: Any) => unknown) => {
        let result: unknown;
        const handler = sessions.wrap(async (_request, session) => {
          result = await act(session);
          return new Response();
        });
        const headers = cookie === undefined ? undefined : { cookie };
        const response = await handler(new Request("https://a.test/", { headers } as RequestInit));
        return { result, cookie: response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie };
      };
    });
  }

  test("one order in a storage of unstorage: no acknowledged update is lost", async () => {
    const [one, other] = await halves();
    const { cookie } = await one!(undefined, (session) => void (session.n = 0));
    const increments = Array.from({ length: 10 }, (_, at) => {
      return [one, other][at % 2]!(cookie, (session) => {
        return session.update((data: Any) => void data.n++);
      });
    });
    await Promise.all(increments);
    expect((await other!(cookie, (session) => session.n)).result).toBe(10);
  });

  test("one memory of what it removed: no late write of either revives a logout", async () => {
    const [one, other] = await halves();
    const { cookie } = await one!(undefined, (session) => session.login("ada"));
    let leave = () => {};
    let enter = () => {};
    const left = new Promise<void>((resolve) => leave = resolve);
    const entered = new Promise<void>((resolve) => enter = resolve);
    const late = other!(cookie, async (session) => {
      session.seen = 1;
      enter();
      await left;
    }).catch(() => {});
    await entered;
    const out = one!(cookie, (session) => session.logout());
    leave();
    await Promise.all([late, out]);
    expect((await other!(cookie, (session) => session.subject)).result).toBe(undefined);
  });

  test("names of their own for the statements they prepare at one connection of Postgres", async () => {
    const texts = new Map<string, string>();
    const client = {
      query: (query: Any) => {
        const { name, text } = query;
        if (name !== "" && (texts.get(name) ?? text) !== text) {
          throw new Error(`Prepared statements must be unique - '${name}'`);
        }
        texts.set(name, text);
        return Promise.resolve({ rows: [] });
      },
    };
    const [one, other] = await builds();
    const stores = [one, other].map(({ postgres }, at) => {
      return postgres.postgresStore({ client, table: `sessions${at}`, prepare: true } as Any);
    });
    for (const store of stores) expect(await store.read("an-id")).toBe(undefined);
    expect(texts.size).toBe(2);
  });

  test("one count of who listens at a connection of ioredis: who stops silences nobody", async () => {
    const heard = new Set<string>();
    const client = {
      defineCommand: () => {},
      on: () => {},
      off: () => {},
      subscribe: (channel: string) => Promise.resolve(heard.add(channel)),
      unsubscribe: (channel: string) => Promise.resolve(heard.delete(channel)),
    };
    const [one, other] = await builds();
    const hearing = { heard: () => {}, missed: () => {} };
    const begin = ({ subscription }: typeof one) => {
      return subscription.subscriptionOf(client)!.begin("sessions", hearing);
    };
    const [endOne, endOther] = [await begin(one), await begin(other)];
    await endOne();
    expect([...heard]).toEqual(["sessions"]);
    await endOther();
    expect([...heard]).toEqual([]);
  });
});
