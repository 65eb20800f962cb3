/** Locks of keys within one process, none of which is held for ever. */
import { systemClock } from "../../clock.ts";

/** What is under way on a key. */
interface Work {
  readonly done: Promise<void>;
  /** From when on nobody waits for it any more: it never settles, or its request is gone. */
  due: number;
}

const NONE: Work = { done: Promise.resolve(), due: 0 };

interface Lane {
  open: number;
  written: Work;
  /** The reads since that write. */
  read: Work;
}

/**
 * Order within one process: writes of a key wait for each other and for the
 * reads before them; reads wait for the writes before them. Nobody waits longer
 * than `patience` for a call that has begun: in Workers a call that nobody awaits
 * ends with its request, and some drivers fall silent.
 */
export class KeyLocks {
  readonly #lanes = new Map<string, Lane>();

  /** Runs a read of `key`. */
  read<T>(key: string, patience: number, run: () => Promise<T>): Promise<T> {
    const lane = this.#enter(key);
    const { work, result } = begin([lane.written], patience, run);
    lane.read = both(lane.read, work);
    return this.#leave([[key, lane]], result);
  }

  /** Runs a write of some keys. Their places are taken at once: two never wait in a ring. */
  write<T>(keys: readonly string[], patience: number, run: () => Promise<T>): Promise<T> {
    const lanes = keys.map((key) => [key, this.#enter(key)] as const);
    const before = lanes.flatMap(([, { written, read }]) => [written, read]);
    const { work, result } = begin(before, patience, run);
    for (const [, lane] of lanes) [lane.written, lane.read] = [work, NONE];
    return this.#leave(lanes, result);
  }

  #enter(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { open: 0, written: NONE, read: NONE };
      this.#lanes.set(key, lane);
    }
    lane.open++;
    return lane;
  }

  async #leave<T>(lanes: readonly (readonly [string, Lane])[], result: Promise<T>): Promise<T> {
    try {
      return await result;
    } finally {
      for (const [key, lane] of lanes) if (--lane.open === 0) this.#lanes.delete(key);
    }
  }
}

/** Runs something when all before it is done, or overdue. */
function begin<T>(
  before: readonly Work[],
  patience: number,
  run: () => Promise<T>,
): { work: Work; result: Promise<T> } {
  const latest = Math.max(systemClock.now(), ...before.map(({ due }) => due));
  const wait = before.every((work) => work === NONE)
    ? NONE.done
    : Promise.all(before.map((work) => until(work, patience)));
  const result = wait.then(() => {
    work.due = systemClock.now() + patience;
    return run();
  });
  // A call that failed is done as well; the results are dropped, or a key that never rests
  // would keep them all.
  const work: Work = { done: result.then(() => {}, () => {}), due: latest + patience };
  return { work, result };
}

/** The timer is that of whoever waits: the other's may have ended with its request. */
function until(work: Work, patience: number): Promise<void> {
  if (patience === Infinity || work === NONE) return work.done;
  return new Promise((resolve) => {
    let cancel = (): void => {};
    const watch = (): void => {
      const left = Math.min(work.due - systemClock.now(), patience);
      cancel = systemClock.after(Math.max(left, 0), () => {
        if (systemClock.now() >= work.due) resolve();
        else watch();
      });
    };
    watch();
    work.done.then(() => {
      cancel();
      resolve();
    });
  });
}

function both(one: Work, other: Work): Work {
  const done = Promise.all([one.done, other.done]).then(() => {});
  return { done, due: Math.max(one.due, other.due) };
}
