/** Whoever rules `Date` and the timers rules every store: clocks that move by hand, and back. */
import { DatabaseSync } from "node:sqlite";
import { createStorage } from "unstorage";
import { afterEach, describe, expect, test, vi } from "vitest";
import { cookieStore, epochStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { tieredStore } from "../../src/stores/tiered.ts";
import { unstorageStore } from "../../src/stores/unstorage.ts";
import type { AnyStore } from "../../src/testing/mod.ts";
import {
  goesByTheClockOfTheMoment,
  revivesNothingWhenSetBack,
  underFakeDate,
} from "./clock_promises.ts";

afterEach(() => void vi.useRealTimers());

const HOUR = 3_600_000;
const record = (expires: number) => ({ json: '{"cookie":{"originalMaxAge":null}}', expires });

const makers: Record<string, () => AnyStore | Promise<AnyStore>> = {
  memory: () => memoryStore(),
  "tiered over memory": () => tieredStore({ store: memoryStore(), freshFor: 10 * HOUR }),
  unstorage: () => unstorageStore(createStorage()),
  sqlite: async () => {
    const store = sqliteStore({ client: new DatabaseSync(":memory:") });
    await store.createSchema();
    return store;
  },
};
/** Those that would need a further call to drop what has ended. */
const keepers = ["sqlite"];

describe.each(Object.entries(makers))("%s", (name, make) => {
  test("made under one clock, it goes by the clock of the moment", async () => {
    await goesByTheClockOfTheMoment(await make());
    await goesByTheClockOfTheMoment(await underFakeDate(12_345, async () => await make()));
  });

  if (!keepers.includes(name)) {
    test("what it has seen expired stays so when the clock is set back", async () => {
      await revivesNothingWhenSetBack(await make());
    });
  }
});

test("what length(), all() and list() have left out stays out when the clock is set back", async () => {
  await underFakeDate(1e12, async (clock) => {
    for (const look of ["length", "all", "list"] as const) {
      const store = memoryStore({ sweepInterval: 0 });
      store.create("id", { ...record(clock.time + 1_000), subject: "ada" });
      clock.time += 1_000;
      if (look === "all") { for await (const [id] of store.all()) expect.fail(id); }
      else expect(store[look]("ada" as never)).toEqual(look === "length" ? 0 : []);
      clock.time -= 500;
      expect(store.read("id"), look).toBeUndefined();
    }
  });
});

test("a sealed session ends by the clock of the moment", async () => {
  const epoch = epochStore(memoryStore());
  const store = cookieStore({ secret: "a secret of the tests, 32 bytes or more", epoch });
  await underFakeDate(Date.now() + 24 * HOUR, async (clock) => {
    const [timed, endless, revoked] = [
      (await store.seal("sid", record(clock.time + HOUR)))!,
      (await store.seal("sid", { ...record(0), expires: null }))!,
      (await store.seal("sid", record(clock.time + HOUR)))!,
    ];
    await store.revoke((await store.open("sid", revoked))!.version);
    clock.time += HOUR - 1;
    expect((await store.open("sid", timed))?.expires).toBe(clock.time + 1);
    expect(await store.open("sid", revoked)).toBeUndefined();
    clock.time += 1;
    expect(await store.open("sid", timed)).toBeUndefined();
    clock.time += 23 * HOUR - 1;
    expect(await store.open("sid", endless)).toBeDefined();
    clock.time += 1;
    expect(await store.open("sid", endless)).toBeUndefined();
    clock.time -= 30 * HOUR;
    expect(await store.open("sid", revoked)).toBeUndefined();
  });
});

describe("the sweep of the memory store", () => {
  /** A store made before the timers were replaced, with one session that ends at once. */
  function swept(sweepInterval: number) {
    const store = memoryStore({ sweepInterval });
    vi.useFakeTimers({ now: Date.now() + 24 * HOUR });
    store.create("ended", record(Date.now() + 1));
    store.create("live", record(Date.now() + 1e14));
    return store;
  }

  test.each([1, 1_000, 2 ** 31 - 1, 2 ** 31, 1e10])(
    "comes after %d ms of whoever moves the timers, and no sooner",
    (interval) => {
      const store = swept(interval);
      // Asked for more than they can wait, timers fire at once.
      vi.advanceTimersByTime(Math.min(10, interval - 1));
      expect(store.ids()).toEqual(["ended", "live"]);
      vi.advanceTimersByTime(Math.max(0, interval - 11));
      expect(store.ids()).toEqual(["ended", "live"]);
      vi.advanceTimersByTime(1);
      expect(store.ids()).toEqual(["live"]);
      store.create("later", record(Date.now() + 1));
      vi.advanceTimersByTime(interval + 1);
      expect(store.ids()).toEqual(["live"]);
    },
  );

  test.each([0, Infinity])("never comes with an interval of %d", (interval) => {
    const store = swept(interval);
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1e12);
    expect(store.ids()).toEqual(["ended", "live"]);
  });
});
