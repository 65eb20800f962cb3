/** What the end of all of a subject's sessions must reach on a server; a suite that takes the server. */
import { expect, test } from "vitest";
import type { SqlSessionStore } from "../../src/stores/sql/store.ts";

/** A store, and a second connection that holds a row of its table. */
export interface HeldStore {
  readonly store: SqlSessionStore;
  /** The same table by connections of its own. */
  readonly peer: SqlSessionStore;
  /** Holds the row of an id until the returned function is called. */
  hold(id: string): Promise<() => Promise<void>>;
  /** How many statements wait for a row. */
  waiting(): Promise<number>;
}

const record = (subject: string, hours = 24) => ({
  json: '{"cookie":{}}',
  expires: Date.now() + hours * 3_600_000,
  subject,
});

/** Registers the tests. */
export function revokeTests(make: (table: string) => Promise<HeldStore>): void {
  test("destroyAll() takes a session that changed its place while it waited for another", async () => {
    const { store, hold, waiting } = await make("moved");
    await store.create("m", record("ada", 2));
    await store.create("z", record("ada", 3));
    const { version } = (await store.read("z"))!;
    const release = await hold("m");
    const ended = Promise.resolve(store.destroyAll("ada"));
    await expect.poll(waiting, { interval: 20, timeout: 60_000 }).toBe(1);
    // Before the place where the statement waits, by each index: where it has been already.
    const rotated = Promise.resolve(store.rotate("z", "a", record("ada", 1), version));
    // At levels that lock what is between the rows, it waits as well.
    await Promise.race([
      rotated,
      expect.poll(waiting, { interval: 20, timeout: 60_000 }).toBeGreaterThan(1),
    ]);
    await release();
    const [count, { status }] = await Promise.all([ended, rotated]);
    expect([await store.read("a"), await store.read("z"), await store.list("ada")])
      .toEqual([undefined, undefined, []]);
    // Moved or not, it was one of two.
    expect(status === "committed" ? [2] : [1, 2]).toContain(count);
    expect(await store.length()).toBe(0);
  });

  test("destroyAll() ends a hundred sessions that rotate all the time, and none of another subject", async () => {
    const { store, peer } = await make("moving");
    let serial = 0;
    let rotations = 0;
    const nextId = () => `${(serial * 7919) % 10_007}-${++serial}`;
    for (let round = 0; round < 3; round++) {
      await store.create(`other-${round}`, record("bob"));
      const first = Array.from({ length: 100 }, nextId);
      for (const id of first) await store.create(id, record("ada"));
      let turned = 0;
      const visitors = first.map(async (id) => {
        for (;;) {
          const found = await store.read(id);
          if (found === undefined) return;
          const to = nextId();
          const { status } = await store.rotate(id, to, record("ada"), found.version);
          if (status === "gone") return;
          turned++;
          id = to;
        }
      });
      await expect.poll(() => turned, { interval: 1, timeout: 60_000 }).toBeGreaterThan(200);
      await peer.destroyAll("ada");
      expect(await store.list("ada")).toEqual([]);
      await Promise.all(visitors);
      rotations += turned;
    }
    console.log(`destroyAll() under ${rotations} rotations: none survived`);
    expect((await store.list("bob")).length).toBe(3);
    expect(await store.length()).toBe(3);
  });

  test("destroyAll() of 2,500 goes a thousand at a time, spares one, and counts no expired one", async () => {
    const { store } = await make("many");
    const now = Date.now();
    for (let n = 0; n < 2_500; n += 250) {
      await Promise.all(
        Array.from({ length: 250 }, (_, more) => store.create(`id-${n + more}`, record("ada"))),
      );
    }
    await store.create("over", { ...record("ada"), expires: now - 1 });
    expect(await store.destroyAll("ada", "id-7")).toBe(2_499);
    expect(await store.list("ada")).toEqual(["id-7"]);
    await store.clear();
    expect(await store.length()).toBe(0);
  });
}
