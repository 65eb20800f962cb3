/** The right of way of a process that has lost too often: short, asked for, and given back. */
import { describe, expect, test } from "vitest";
import { Leases } from "../../src/core/lease.ts";
import { StoreCalls } from "../../src/core/store_calls.ts";
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
    await time.during(() => one.claim("id", turnOf()));
    await one.giveWay("id", turnOf(16));
    await one.release("id", turnOf());
  });

  test("a store that cannot compare and swap has none", async () => {
    const { time, memory, one } = world({ atomic: false });
    const turn = turnOf(16);
    await time.during(() => one.claim("id", turn));
    await one.giveWay("id", turn);
    expect([turn.hasLease, memory.length()]).toEqual([false, 0]);
  });
});
