/** The right of way of a process that has lost too often: short, asked for, and given back. */
import { describe, expect, test } from "vitest";
import { Leases } from "../../src/core/lease.ts";
import { StoreCalls } from "../../src/core/store_calls.ts";
import { parseStored } from "../../src/core/session_json.ts";
import type { Turn } from "../../src/core/writer_queue.ts";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { HandTime } from "../promises/hand_time.ts";

const turnOf = (number = 1, isLast = true): Turn => ({
  newest: undefined,
  hasLease: false,
  number,
  isLast,
});

/** Two processes at one store, on time moved by hand. */
function world(change: Partial<SessionStore> = {}) {
  const time = new HandTime();
  const memory = memoryStore({ sweepInterval: 0, now: time.now });
  const store = Object.assign(memory, change);
  const settings = { store, clock: time, ioTimeout: 0, touchKeepsCookie: false };
  const [one, other] = [1, 2].map(() => new Leases(new StoreCalls(settings)));
  return { time, memory, one: one!, other: other! };
}

describe("claim", () => {
  test("takes the lease where nobody has it", async () => {
    const { time, one, memory } = world();
    const turn = turnOf();
    await one.claim("id", turn);
    expect([turn.hasLease, time.passed, memory.length()]).toEqual([true, 0, 1]);
    await one.claim("id", turn);
    expect(memory.length()).toBe(1);
  });

  test("waits for whoever has it, and then has it", async () => {
    const { time, one, other } = world();
    const [mine, theirs] = [turnOf(), turnOf()];
    await other.claim("id", theirs);
    await time.during(async () => {
      const claimed = one.claim("id", mine);
      await time.sleep(100);
      expect(mine.hasLease).toBe(false);
      await other.release("id", theirs);
      await claimed;
    });
    expect([mine.hasLease, theirs.hasLease]).toEqual([true, false]);
  });

  test("of a process that died ends by itself", async () => {
    const { time, one, other } = world();
    await other.claim("id", turnOf());
    const turn = turnOf();
    await time.during(() => one.claim("id", turn));
    expect(time.passed).toBeLessThan(7000);
    expect(turn.hasLease || time.passed > 1000).toBe(true);
  });

  test("is a record like any other: a store that reads what it keeps can read it", async () => {
    const { memory, one } = world();
    await one.claim("id", turnOf());
    expect(parseStored(memory.read("id.lease")!)).toEqual({ data: { cookie: {} }, text: "{}" });
  });

  test("another session's is none of ours", async () => {
    const { time, one, other } = world();
    const turn = turnOf();
    await other.claim("another", turnOf());
    await one.claim("id", turn);
    expect([turn.hasLease, time.passed]).toEqual([true, 0]);
  });
});

describe("giveWay", () => {
  const takeTurns = async (leases: Leases, first: number, last: number) => {
    for (let number = first; number <= last; number++) await leases.giveWay("id", turnOf(number));
  };

  test("looks for others after some turns in a row, and not before", async () => {
    const { time, memory, one, other } = world();
    let looked = 0;
    const { read } = memory;
    memory.read = (id) => (looked++, read.call(memory, id));
    await takeTurns(one, 1, 15);
    expect(looked).toBe(0);
    await takeTurns(one, 16, 31);
    expect([looked, time.passed]).toEqual([1, 0]);
    const theirs = turnOf();
    await other.claim("id", theirs);
    await time.during(async () => {
      let isWaiting = true;
      const waited = (async () => {
        await one.giveWay("id", turnOf(32));
        isWaiting = false;
      })();
      await time.sleep(200);
      expect(isWaiting).toBe(true);
      await other.release("id", theirs);
      await waited;
    });
  });

  test.each<[string, number, number]>([
    ["turns 100 ms apart are in a row", 100, 2],
    ["turns further apart are not: nobody else has to wait for one", 101, 0],
  ])("%s", async (_rule, apart, expected) => {
    const { time, memory, one } = world();
    let looked = 0;
    memory.read = () => void looked++;
    for (let number = 1; number <= 33; number++) {
      await one.giveWay("id", turnOf(number));
      await time.during(() => time.sleep(apart));
    }
    expect(looked).toBe(expected);
  });

  test("does not wait for ever for a lease that does not end", async () => {
    const { time, one } = world({
      read: () => ({ json: '{"cookie":{}}', version: 1, expires: null }),
    });
    await time.during(() => takeTurns(one, 1, 16));
    expect(time.passed).toBeGreaterThan(1000);
    expect(time.passed).toBeLessThan(7000);
  });

  test("gives the own lease back, and goes on", async () => {
    const { time, memory, one } = world();
    await takeTurns(one, 1, 15);
    const turn = turnOf(16);
    await one.claim("id", turn);
    await one.giveWay("id", turn);
    expect([turn.hasLease, memory.length(), time.passed]).toEqual([false, 0, 0]);
  });
});

describe("during", () => {
  test.each<[string, boolean, number]>([
    ["with the last turn of a process the lease ends", true, 0],
    ["while others wait it stays", false, 1],
  ])("%s", async (_rule, isLast, left) => {
    const { memory, one } = world();
    const turn = turnOf(1, isLast);
    const acted = one.during("id", turn, async () => {
      await one.claim("id", turn);
      return "done";
    });
    expect(await acted).toBe("done");
    await new Promise(setImmediate);
    expect(memory.length()).toBe(left);
  });

  test.each<[string, () => string, boolean, number]>([
    ["that answers at once ends it, too", () => "at once", true, 0],
    ["that throws at once", () => expect.fail("thrown"), true, 0],
    ["that answers at once while others wait", () => "at once", false, 1],
  ])("a turn %s", async (_what, act, isLast, left) => {
    const { memory, one } = world();
    const turn = turnOf(2, isLast);
    // Of a turn before, for which somebody waited.
    await one.claim("id", turn);
    try {
      expect(one.during("id", turn, act)).toBe("at once");
    } catch (error) {
      expect(String(error)).toContain("thrown");
    }
    await new Promise(setImmediate);
    expect([memory.length(), turn.hasLease]).toEqual([left, left === 1]);
  });

  test("a turn that fails ends it as well, and one without it asks the store nothing", async () => {
    const { memory, one } = world();
    const turn = turnOf();
    const failed = one.during("id", turn, async () => {
      await one.claim("id", turn);
      throw new Error("failed");
    });
    await expect(failed).rejects.toThrow("failed");
    await new Promise(setImmediate);
    expect(memory.length()).toBe(0);
    memory.destroy = () => expect.unreachable();
    await one.during("id", turnOf(), () => Promise.resolve());
    expect(one.during("id", turnOf(), () => "at once")).toBe("at once");
  });
});

describe("nobody fails by it", () => {
  const fail = () => {
    throw new Error("down");
  };

  test("a store that fails meanwhile", async () => {
    const { time, one } = world({ create: fail, read: fail, destroy: fail });
    const turn = turnOf();
    await time.during(() => one.claim("id", turn));
    expect(turn.hasLease).toBe(false);
    const before = time.passed;
    for (let number = 1; number <= 16; number++) await one.giveWay("id", turnOf(number));
    await one.release("id", turnOf());
    expect(time.passed).toBe(before);
  });

  test("a store that cannot compare and swap has none", async () => {
    const { time, memory, one } = world({ atomic: false });
    const turn = turnOf(16);
    await time.during(() => one.claim("id", turn));
    await one.giveWay("id", turn);
    expect([turn.hasLease, memory.length()]).toEqual([false, 0]);
  });
});
