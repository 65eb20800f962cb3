/** Locks of keys within one process. */
interface Lane {
  open: number;
  /** Settles when the last write so far is done. */
  written: Promise<unknown>;
  /** Settles when the reads since that write are done. */
  read: Promise<unknown>;
}

/**
 * Order within one process: writes of a key wait for each other and for the
 * reads before them; reads wait for the writes before them.
 */
export class KeyLocks {
  readonly #lanes = new Map<string, Lane>();

  /** Runs a read of `key`. */
  read<T>(key: string, run: () => Promise<T>): Promise<T> {
    const lane = this.#enter(key);
    const done = lane.written.then(run);
    // The results are dropped, or a key that never rests would keep them all.
    lane.read = Promise.allSettled([lane.read, done]).then(() => {});
    return this.#leave(key, lane, done);
  }

  /** Runs a write of `key`. */
  write<T>(key: string, run: () => Promise<T>): Promise<T> {
    const lane = this.#enter(key);
    const done = Promise.all([lane.written, lane.read]).then(run);
    // A failed write is done as well; its caller gets the error.
    lane.written = done.catch(() => {});
    lane.read = Promise.resolve();
    return this.#leave(key, lane, done);
  }

  /** Runs a write of two keys; always taken in the same order, so that two never wait in a ring. */
  writeBoth<T>(one: string, other: string, run: () => Promise<T>): Promise<T> {
    const [first, second] = one < other ? [one, other] : [other, one];
    return this.write(first, () => this.write(second, run));
  }

  #enter(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = { open: 0, written: Promise.resolve(), read: Promise.resolve() };
      this.#lanes.set(key, lane);
    }
    lane.open++;
    return lane;
  }

  async #leave<T>(key: string, lane: Lane, done: Promise<T>): Promise<T> {
    try {
      return await done;
    } finally {
      if (--lane.open === 0) this.#lanes.delete(key);
    }
  }
}
