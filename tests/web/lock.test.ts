/** `lock()` where the session is no store's to lock, or no session at all. */
import { expect, test } from "vitest";
import { createSessions, lock } from "../../mod.ts";
import { fromExpressStore } from "../../src/stores/express.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, gate, makeSessions, SECRET, visit, withVerb } from "./support.ts";

test("a sealed session is locked by nobody: each request has its own", async () => {
  const store = cookieStore({ secret: SECRET });
  const sessions = createSessions<Any>({ store } as never);
  const { result } = await visit(sessions, undefined, (session) => {
    return lock(session as never, () => "in").catch((error: unknown) => error);
  });
  expect(result).toMatchObject({ name: "SessionError", code: "STORE_UNSUPPORTED" });
});

test("what is no session is refused", async () => {
  for (const session of [undefined, null, {}, "id"] as never[]) {
    await expect(lock(session, () => {})).rejects.toThrow(/^lock\(\) needs a session/);
  }
});

test("a session whose response has left, and that nobody stored, is refused", async () => {
  const { sessions } = makeSessions();
  let late: Any = {};
  await visit(sessions, undefined, (session) => void (late = session));
  await expect(lock(late as never, () => {})).rejects.toMatchObject({ code: "SESSION_COMMITTED" });
  await visit(sessions, undefined, async (session) => {
    await session.destroy();
    await expect(lock(session as never, () => {})).rejects.toMatchObject({ code: "SESSION_GONE" });
  });
});

test("a stored one may be locked while its response is on its way, and what is changed is stored", async () => {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  const { wait, open } = gate();
  let locked: Promise<unknown> | undefined;
  await visit(sessions, cookie, (session) => {
    locked = lock(session as never, async () => {
      await wait;
      session.a = 2;
    });
  });
  open();
  await locked;
  expect((await visit(sessions, cookie, ({ a }) => a)).result).toBe(2);
});

test("a call that was made before it, awaited or not, is done before it", async () => {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  const { result } = await visit(sessions, cookie, (session) => {
    void session.login("ada");
    return lock(session as never, () => session.subject);
  });
  expect(result).toBe("ada");
  const first = await visit(sessions, undefined, (session) => {
    session.a = 1;
    void session.save();
    return lock(session as never, () => session.isNew);
  });
  expect(result).toBe("ada");
  expect(first.result).toBe(false);
});

test("two handlers of one request have one session: the second is refused", async () => {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  const { result } = await visit(sessions, cookie, async (session) => {
    const one = lock(session as never, () => "one");
    const two = lock(session as never, () => "two").catch((error: unknown) => error);
    return [await one, await two];
  });
  expect(result).toMatchObject(["one", { code: "LOCK_HELD" }]);
});

test("an id that is replaced for its age keeps its lock, for who has the old one too", async () => {
  let now = 1_000_000;
  const clock = { now: () => now, after: () => () => {} };
  const store = memoryStore({ sweepInterval: 0, now: () => now });
  const sessions = createSessions<Any>({ secret: SECRET, store, clock, rotateAfter: 60_000 });
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  const { wait, open } = gate();
  const entered = gate();
  now += 61_000;
  const holder = visit(sessions, cookie, (session) => {
    return lock(session as never, async () => {
      entered.open();
      await wait;
      session.a = 2;
    });
  });
  await entered.wait;
  const renewed = await visit(sessions, cookie, () => {});
  expect(renewed.cookie).not.toBe(cookie);
  for (const each of [cookie, renewed.cookie]) {
    const { result } = await visit(sessions, each, (session) => {
      return lock(session as never, () => "in", { wait: 0 }).catch((error: unknown) => error);
    });
    expect(result).toMatchObject({ code: "LOCK_TIMEOUT" });
  }
  open();
  await holder;
  const { result } = await visit(sessions, renewed.cookie, (session) => {
    return lock(session as never, () => session.a, { wait: 0 });
  });
  expect(result).toBe(2);
});

test("a session that the store failed to hand over is locked by nobody", async () => {
  const store = memoryStore({ sweepInterval: 0 });
  let isDown = false;
  const failing = withVerb(store, "read", () => {
    if (isDown) throw new Error("the store is down");
  });
  const options = { secret: SECRET, store: failing, onStoreError: "anonymous" } as const;
  const sessions = createSessions<Any>(options);
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  isDown = true;
  const { result } = await visit(sessions, cookie, (session) => {
    return lock(session as never, () => "in").catch((error: unknown) => error);
  });
  expect(result).toMatchObject({ code: "STORE_FAILED" });
});

test("a holder that puts another session in place has lost nothing", async () => {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  const { result } = await visit(sessions, cookie, (session) => {
    return lock(session as never, async () => {
      await session.regenerate();
      session.b = 2;
      await session.save();
      return "anew";
    });
  });
  expect(result).toBe("anew");
});

test("on a store that cannot compare, what another process has taken is seen all the same", async () => {
  const records = new Map<string, string>();
  type Done = (error: unknown, session?: unknown) => void;
  const process = () => {
    const store = fromExpressStore({
      get: (id: string, done: Done) => done(null, JSON.parse(records.get(id) ?? "null")),
      set: (id: string, session: unknown, done: Done) => {
        records.set(id, JSON.stringify(session));
        done(null);
      },
      destroy: (_id: string, done: Done) => done(null),
    } as never);
    return createSessions<Any>({ secret: SECRET, store });
  };
  const [one, other] = [process(), process()];
  const { cookie } = await visit(one, undefined, (session) => void (session.a = 1));
  const { result } = await visit(other, cookie, async (late) => {
    return (await visit(one, cookie, (session) => {
      return lock(session as never, () => {
        return lock(late as never, () => "in", { wait: 0 }).catch((error: unknown) => error);
      });
    })).result;
  });
  expect(result).toMatchObject({ code: "LOCK_TIMEOUT" });
});

test("neither to take a lock nor to give it back moves the session's end to an earlier time", async () => {
  let now = 1_000_000;
  const clock = { now: () => now, after: () => () => {} };
  const store = memoryStore({ sweepInterval: 0, now: () => now });
  const options = { secret: SECRET, store, clock, cookie: { maxAge: 60_000 } };
  const sessions = createSessions<Any>(options);
  const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
  const ends: (number | null)[] = [];
  const end = async () => {
    for await (const [, { expires }] of store.all()) ends.push(expires);
  };
  await visit(sessions, cookie, async (session) => {
    now += 10_000;
    await visit(sessions, cookie, () => {});
    await end();
    await lock(session as never, end);
    await end();
  });
  expect(ends).toEqual([1_070_000, 1_070_000, 1_070_000]);
});

test.each(["goes on", "reloads"] as const)(
  "after a LOCK_LOST that is caught and %s, the response stores what the session holds",
  async (what) => {
    let now = 1_000_000;
    const clock = { now: () => now, after: () => () => {} };
    const store = memoryStore({ sweepInterval: 0, now: () => now });
    const sessions = createSessions<Any>({ secret: SECRET, store, clock });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.a = 1));
    const { result } = await visit(sessions, cookie, async (session) => {
      const refused = await lock(session as never, async () => {
        session.late = true;
        now += 31_000;
        await visit(sessions, cookie, (other) => lock(other as never, () => void (other.b = 2)));
      }).catch((error: unknown) => error);
      if (what === "reloads") await session.reload();
      return refused;
    });
    expect(result).toMatchObject({ code: "LOCK_LOST" });
    const { result: held } = await visit(sessions, cookie, ({ a, b, late }) => ({ a, b, late }));
    expect(held).toEqual({ a: 1, b: 2, late: what === "reloads" ? undefined : true });
  },
);

test("another createSessions() on the same store waits for the lock of its own request", async () => {
  const store = memoryStore({ sweepInterval: 0 });
  const [one, other] = [0, 1].map(() => createSessions<Any>({ secret: SECRET, store }));
  const { cookie } = await visit(one!, undefined, (session) => void (session.a = 1));
  const request = new Request("https://a.test/", { headers: { cookie: cookie! } });
  let result: unknown;
  await one!.wrap(async (_request, outer) => {
    await lock(outer as never, async () => {
      await other!.wrap(async (_same, inner) => {
        const act = () => "in";
        result = await lock(inner as never, act, { wait: 0 }).catch((error: unknown) => error);
        return new Response();
      })(request);
    });
    return new Response();
  })(request);
  expect(result).toMatchObject({ code: "LOCK_TIMEOUT" });
});
