/** The lock on a session, at both entries, in one process and between two. */
import { describe, expect, test } from "vitest";
import { HandTime } from "../promises/hand_time.ts";
import { type Any, type App, begin, dataOf, ENTRIES } from "./entries.ts";

/** A request that has the lock until `go()`; `ended` is its answer. */
async function hold(
  app: App,
  cookie: string,
  options: Any = {},
  last: (scene: Any) => Any = () => {},
) {
  let go = (): void => {};
  let enter = (_signal: AbortSignal): void => {};
  const going = new Promise<void>((resolve) => go = resolve);
  const entered = new Promise<AbortSignal>((resolve) => enter = resolve);
  const ended = app.ask(cookie, (scene) =>
    scene.lock(async (signal) => {
      enter(signal);
      await going;
      return await last(scene);
    }, options));
  return { go, ended, signal: await entered };
}

/** Resolves when the store was asked so many times from now on. */
function asked(app: App, verb: string, times = 2): Promise<void> {
  const from = app.calls.length;
  return new Promise((resolve) => {
    app.before = () => {
      const calls = app.calls.slice(from).filter((call) => call.startsWith(verb));
      if (calls.length >= times) resolve();
    };
  });
}

/** A request that waits for the lock, when it has been told that others have it. */
async function waitFor(app: App, cookie: string, act: () => unknown, options: Any = {}) {
  const waits = asked(app, "read");
  const ended = app.ask(cookie, ({ lock }) => lock(act, options));
  await waits;
  return { ended };
}

/** Whether the lock can be had just now. */
const isFree = async (app: App, cookie: string | undefined): Promise<boolean> => {
  const { error, result } = await app.ask(cookie, ({ lock }) => lock(() => "mine", { wait: 0 }));
  if (error !== undefined && error.code !== "LOCK_TIMEOUT") throw error;
  return result === "mine";
};

describe.each(Object.entries(ENTRIES))("%s", (_entry, make) => {
  for (const where of ["one process", "two processes"] as const) {
    test(`S71 in ${where} a lock lets one in at a time, and the next sees what it has stored`, async () => {
      const app = make();
      const other = where === "one process" ? app : make({ beside: app });
      const cookie = await begin(app, { paid: 0 });
      const log: string[] = [];
      const first = await hold(app, cookie, {}, ({ session }) => {
        session.paid++;
        log.push("first is done");
      });
      const waits = asked(other, "read", 3);
      const second = other.ask(cookie, ({ session, lock }) =>
        lock(() => {
          log.push("second is in");
          return ++session.paid;
        }));
      await waits;
      expect(log).toEqual([]);
      expect(await dataOf(app, cookie), "who does not ask for it is not held up").toEqual({
        paid: 0,
      });
      first.go();
      expect([(await first.ended).error, (await second).error]).toEqual([undefined, undefined]);
      expect(log).toEqual(["first is done", "second is in"]);
      expect((await second).result).toBe(2);
      expect(await dataOf(other, cookie)).toEqual({ paid: 2 });
    });
  }

  test("S71 in one process those who wait come in the order they came", async () => {
    const app = make();
    const cookie = await begin(app);
    const first = await hold(app, cookie);
    const order: number[] = [];
    const all: Promise<Any>[] = [];
    for (let place = 1; place <= 5; place++) {
      const came = asked(app, "read", 1);
      all.push(app.ask(cookie, ({ lock }) => lock(() => void order.push(place))));
      await came;
    }
    first.go();
    expect((await Promise.all(all)).map(({ error }) => error)).toEqual(Array(5).fill(undefined));
    expect(order).toEqual([1, 2, 3, 4, 5]);
  });

  test("S71 who waits for a lock too long is told LOCK_TIMEOUT, and has done nothing", async () => {
    const clock = new HandTime();
    const app = make({ clock });
    const other = make({ clock, beside: app });
    const cookie = await begin(app);
    const { go, ended } = await hold(app, cookie);
    for (const waiting of [app, other]) {
      for (const wait of [0, 700]) {
        const before = clock.passed;
        let ran = false;
        const refused = await waitFor(waiting, cookie, () => void (ran = true), { wait });
        const { error } = await clock.during(() => refused.ended);
        expect(error).toMatchObject({ name: "SessionError", code: "LOCK_TIMEOUT" });
        expect(clock.passed - before).toBe(wait);
        expect(ran).toBe(false);
      }
    }
    const patient = await waitFor(other, cookie, () => "mine", { wait: 5_000 });
    go();
    expect((await ended).error).toBe(undefined);
    expect((await clock.during(() => patient.ended)).result).toBe("mine");
  });

  test("S71 the lock of a holder that died is over with its lease", async () => {
    const clock = new HandTime();
    const app = make({ clock });
    const other = make({ clock, beside: app });
    const cookie = await begin(app, { paid: 0 });
    const before = clock.passed;
    const dead = await hold(app, cookie, { lease: 3_000 }, ({ session }) => session.paid = "late");
    const next = await waitFor(other, cookie, () => clock.passed - before, { wait: 5_000 });
    const { result } = await clock.during(() => next.ended);
    expect(result).toBeGreaterThanOrEqual(3_000);
    expect(result).toBeLessThan(3_100);
    expect(dead.signal.reason).toMatchObject({ code: "LOCK_LOST" });
    dead.go();
    expect((await dead.ended).error).toMatchObject({ name: "SessionError", code: "LOCK_LOST" });
  });

  test("S71 nobody gives back the lock of somebody else", async () => {
    const clock = new HandTime();
    const app = make({ clock });
    const other = make({ clock, beside: app });
    const cookie = await begin(app);
    const late = await hold(app, cookie, { lease: 1_000 });
    await clock.during(() => clock.sleep(1_000));
    const holder = await hold(other, cookie, { lease: 10_000 });
    late.go();
    expect((await late.ended).error).toMatchObject({ code: "LOCK_LOST" });
    expect(await isFree(app, cookie)).toBe(false);
    holder.go();
    expect((await holder.ended).error).toBe(undefined);
    expect(await isFree(app, cookie)).toBe(true);
  });

  test("S71 a holder that is late finds its lock where nobody else has asked for it", async () => {
    const clock = new HandTime();
    const app = make({ clock });
    const cookie = await begin(app);
    const late = await hold(app, cookie, { lease: 1_000 }, ({ session }) => session.paid = "late");
    await clock.during(() => clock.sleep(2_000));
    expect(late.signal.aborted).toBe(true);
    late.go();
    expect((await late.ended).error).toBe(undefined);
    expect(await dataOf(app, cookie)).toMatchObject({ paid: "late" });
  });

  test("S71 a function that throws gives the lock back, and stores nothing by that", async () => {
    const app = make();
    const cookie = await begin(app, { paid: 0 });
    let seen: Any;
    const { error, result } = await app.ask(cookie, async ({ session, lock }) => {
      const failed = await lock(() => {
        session.paid = 1;
        throw new Error("declined");
      }).catch((thrown: unknown) => thrown);
      seen = await dataOf(app, cookie);
      expect(await isFree(app, cookie)).toBe(true);
      session.paid = 0;
      return failed;
    });
    expect(error).toBe(undefined);
    expect(result).toMatchObject({ message: "declined" });
    expect(seen).toEqual({ paid: 0 });
  });

  test("S71 who has the lock and asks for it again is refused, not left waiting", async () => {
    const app = make();
    const cookie = await begin(app);
    const { error, result } = await app.ask(cookie, ({ lock }) =>
      lock(async () => {
        const inner = await lock(() => "twice").catch((thrown: unknown) => thrown);
        return [inner, await isFree(app, cookie)];
      }));
    expect(error).toBe(undefined);
    expect(result).toMatchObject([{ name: "SessionError", code: "LOCK_HELD" }, false]);
    expect(await isFree(app, cookie)).toBe(true);
  });

  test("S71 a lock goes along where its holder moves the session", async () => {
    const app = make();
    const cookie = await begin(app);
    let noted: unknown;
    const { cookie: moved, error } = await app.ask(cookie, (scene) =>
      scene.lock(async () => {
        await scene.login("ada");
        const { json } = app.store.read(scene.session.id) as Any;
        noted = JSON.parse(json).$websession.lock;
      }));
    expect(error).toBe(undefined);
    expect(noted).toMatchObject({ token: expect.any(String), until: expect.any(Number) });
    expect(await isFree(app, moved)).toBe(true);
  });

  test("S71 and where another request moves it, which its holder is told", async () => {
    const app = make();
    const cookie = await begin(app);
    const holder = await hold(app, cookie);
    const { cookie: moved } = await app.ask(cookie, ({ login }) => login("ada"));
    expect(await isFree(app, moved)).toBe(false);
    holder.go();
    expect((await holder.ended).error).toMatchObject({ code: "SESSION_GONE" });
    expect(await isFree(app, moved)).toBe(true);
  });

  test("S71 and where another process moves it, it is held until its holder is done, and no longer", async () => {
    const app = make();
    const other = make({ beside: app });
    const cookie = await begin(app);
    const late = await hold(app, cookie);
    const { cookie: login } = await other.ask(cookie, (scene) => scene.login("ada"));
    const moved = (await other.ask(login, ({ elevate }) => elevate())).cookie!;
    expect(await isFree(other, moved), "the holder is at it still").toBe(false);
    late.go();
    expect((await late.ended).error).toMatchObject({ code: "SESSION_GONE" });
    expect(await isFree(other, moved), "the holder is done").toBe(true);
    const next = await hold(other, moved, { wait: 0 });
    expect(await isFree(app, moved), "who is next has a lock of its own").toBe(false);
    next.go();
    expect((await next.ended).error).toBe(undefined);
    expect(await isFree(other, moved)).toBe(true);
  });

  test("S71 … and who waits for it there comes in when the holder is done, whether it throws or not", async () => {
    const app = make();
    const other = make({ beside: app });
    const cookie = await begin(app);
    const holder = await hold(app, cookie, {}, () => {
      throw new Error("declined");
    });
    const { cookie: moved } = await other.ask(cookie, ({ login }) => login("ada"));
    const waits = await waitFor(other, moved!, () => "mine");
    holder.go();
    expect((await holder.ended).error).toMatchObject({ message: "declined" });
    expect((await waits.ended).result).toBe("mine");
  });

  test("S71 a holder may end its session, and is told where another one does", async () => {
    const app = make();
    const cookie = await begin(app);
    const own = await app.ask(cookie, ({ lock, logout }) => lock(() => logout()));
    expect(own.error).toBe(undefined);
    const next = await begin(app);
    const holder = await hold(app, next);
    const waits = asked(app, "read", 3);
    const waiting = app.ask(next, ({ lock }) => lock(() => "mine"));
    await waits;
    await app.ask(next, ({ logout }) => logout());
    expect((await waiting).error).toMatchObject({ code: "SESSION_GONE" });
    holder.go();
    expect((await holder.ended).error).toMatchObject({ code: "SESSION_GONE" });
    expect(app.store.read(next)).toBe(undefined);
  });

  test("S71 a lock leaves nothing behind, costs two commits, and others nothing", async () => {
    const app = make();
    const cookie = await begin(app, { paid: 0 });
    const [, id] = app.calls.at(-1)!.split(" ");
    const before = (app.store.read(id!) as Any).json;
    app.calls.length = 0;
    const { error } = await app.ask(cookie, ({ lock }) => lock(() => {}));
    expect(error).toBe(undefined);
    const verbs = app.calls.map((call) => call.split(" ")[0]);
    expect(verbs.filter((verb) => verb === "commit")).toHaveLength(2);
    expect(verbs.filter((verb) => verb === "read")).toHaveLength(1);
    const without = (json: string) => JSON.stringify({ ...JSON.parse(json), cookie: undefined });
    expect(without((app.store.read(id!) as Any).json)).toBe(without(before));
  });

  test("S71 a session nobody else has is locked for nobody", async () => {
    const app = make();
    const { result, error } = await app.ask(undefined, ({ session, lock }) =>
      lock((signal) => {
        session.a = 1;
        return [signal.aborted, [...app.calls]];
      }));
    expect(error).toBe(undefined);
    expect(result).toEqual([false, []]);
    expect(app.store.length()).toBe(1);
  });

  test("S71 where the store refuses the lock nothing is done, and where it cannot take it back the caller knows", async () => {
    const app = make();
    const cookie = await begin(app, { paid: 0 });
    let ran = 0;
    const fail = (verb: string) => {
      if (verb === "commit") throw new Error("the store is down");
    };
    const { result } = await app.ask(cookie, async ({ session, lock }) => {
      app.before = fail;
      const refused = await lock(() => void ran++).catch((error: unknown) => error);
      app.before = () => {};
      const kept = await lock(() => {
        ran++;
        app.before = fail;
        return "done";
      }).catch((error: unknown) => error);
      app.before = () => {};
      void session;
      return [refused, kept];
    });
    expect(result).toMatchObject([{ code: "STORE_FAILED" }, { code: "STORE_FAILED" }]);
    expect(ran).toBe(1);
  });

  test("S71 a session that the store failed to hand over is locked by nobody", async () => {
    const app = make({ onStoreError: "anonymous" });
    const cookie = await begin(app);
    app.before = (verb) => {
      if (verb.startsWith("read")) throw new Error("the store is down");
    };
    const { result } = await app.ask(cookie, ({ lock }) => {
      return lock(() => "in").catch((error: unknown) => error);
    });
    expect(result).toMatchObject({ code: "STORE_FAILED" });
  });

  test("S71 what is no option of a lock is refused", async () => {
    const app = make();
    const cookie = await begin(app);
    const refusal = async (...given: Any[]) => {
      const { result } = await app.ask(
        cookie,
        ({ lock }) => (lock as Any)(...given).catch((error: Error) => `${error}`),
      );
      return result;
    };
    const act = () => {};
    expect(await refusal("act")).toBe(
      "TypeError: lock() needs a function, not a value of type string",
    );
    expect(await refusal(act, null)).toBe(
      "TypeError: lock() needs options that are an object, not null",
    );
    expect(await refusal(act, { ttl: 5 })).toBe('TypeError: There is no option "ttl"');
    expect(await refusal(act, { wait: "5" })).toBe(
      'TypeError: Option "wait" must be a number, not a value of type string',
    );
    expect(await refusal(act, { wait: -1 })).toBe(
      'RangeError: Option "wait" must be between 0 and Infinity, not -1',
    );
    expect(await refusal(act, { lease: 0 })).toBe('RangeError: Option "lease" must be more than 0');
    expect(await refusal(act, { lease: Infinity })).toBe(
      'RangeError: Option "lease" must be between 0 and 3600000, not Infinity',
    );
    expect(await isFree(app, cookie)).toBe(true);
  });
});
