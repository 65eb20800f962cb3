/** What the end of all of a subject's sessions must reach on a server; a suite that takes the server. */
import { expect, test } from "vitest";
import type { SqlSessionStore } from "../../src/stores/sql/store.ts";
import { whileRotating } from "./while_rotating.ts";

/** A store, and a second connection that holds a row of its table. */
export interface HeldStore {
  readonly store: SqlSessionStore;
  /** The same table by connections of its own. */
  readonly peer: SqlSessionStore;
  /** Puts so many live sessions of a subject into the table, whose ids are of 32 digits. */
  fill(subject: string, many: number): Promise<unknown>;
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
    // MariaDB looks anew only where nobody has asked for a tenth of a second.
    await expect.poll(waiting, { interval: 250, timeout: 40_000 }).toBe(1);
    // Before the place where the statement waits, by each index: where it has been already.
    const rotated = Promise.resolve(store.rotate("z", "a", record("ada", 1), version));
    // At levels that lock what is between the rows, it waits as well.
    await Promise.race([
      rotated,
      expect.poll(waiting, { interval: 250, timeout: 40_000 }).toBeGreaterThan(1),
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
    let rotations = 0;
    for (let round = 0; round < 3; round++) {
      await store.create(`other-${round}`, record("bob"));
      const turned = await whileRotating(store, 100, async () => {
        await peer.destroyAll("ada");
        expect(await store.list("ada")).toEqual([]);
      });
      rotations += turned;
    }
    console.log(`destroyAll() under ${rotations} rotations: none survived`);
    expect((await store.list("bob")).length).toBe(3);
    expect(await store.length()).toBe(3);
  });

  test("clear() drops a hundred sessions that rotate all the time", async () => {
    const { store, peer } = await make("cleared");
    await whileRotating(store, 100, async () => {
      // On MySQL at READ COMMITTED, one that moves over the place where a statement is may be missed.
      for (let tries = 0; tries < 20 && await store.length() > 0; tries++) await peer.clear();
    });
    expect(await store.length()).toBe(0);
  });

  test("list() and destroyAll() of 20,000 let the event loop turn, and are exact", async () => {
    const { store, fill } = await make("many");
    await fill("ada", 20_000);
    await store.create("spared", record("ada"));
    await store.create("over", { ...record("ada"), expires: Date.now() - 1 });
    const found = await watched("list() of 20,001", () => store.list("ada"));
    expect([found.answer.length, new Set(found.answer).size]).toEqual([20_001, 20_001]);
    expect(found.answer.every((id) => id === "spared" || /^[0-9a-f]{32}$/.test(id))).toBe(true);
    expect(found.turns).toBeGreaterThan(3);
    const ended = await watched("destroyAll() of 20,000", () => store.destroyAll("ada", "spared"));
    expect(ended.answer).toBe(20_000);
    expect(ended.turns).toBeGreaterThan(40);
    expect(await store.list("ada")).toEqual(["spared"]);
    await fill("bob", 2_000);
    await store.clear();
    expect(await store.length()).toBe(0);
  });
}

/** Does something, counts the turns of the event loop meanwhile, and prints the longest. */
async function watched<T>(what: string, act: () => T | Promise<T>) {
  let [turns, worst, isOver] = [0, 0, false];
  let before = process.cpuUsage();
  const turn = () => {
    const { user, system } = process.cpuUsage(before);
    worst = Math.max(worst, (user + system) / 1000);
    before = process.cpuUsage();
    turns++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const answer = await act();
  isOver = true;
  await new Promise(setImmediate);
  console.log(`${what}: ${turns} turns, the longest of ${worst.toFixed(1)} ms of CPU time`);
  return { answer, turns };
}
