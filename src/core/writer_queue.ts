/** Writers of one session take turns within a process, in the order they came. */
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore, Version } from "../store.ts";
import { isStoreTimeout } from "./store_timeout.ts";

/** What stands in the store: the next writer need not lose a round to learn it. */
export interface Newest {
  readonly version: Version;
  readonly text: string;
  readonly cookie: unknown;
}

/** A session that is being written to. */
export interface Turn {
  newest: Newest | undefined;
  /** This process has the lease on the session. */
  hasLease: boolean;
  /** How many writers in a row have had their turn, this one included. */
  readonly number: number;
  /** Nobody waits for the next one. */
  readonly isLast: boolean;
}

class Line implements Turn {
  newest: Newest | undefined;
  hasLease = false;
  number = 0;
  running = 0;
  isAdvancing = false;
  readonly waiting: (() => void)[] = [];

  get isLast(): boolean {
    return this.waiting.length === 0;
  }
}

const queues = new WeakMap<SessionStore, WriterQueue>();

export class WriterQueue {
  readonly #lines = new Map<string, Line>();

  /** The one queue of a store, whichever entries use it. */
  static of(store: SessionStore): WriterQueue {
    let queue = queues.get(store);
    if (queue === undefined) queues.set(store, queue = new WriterQueue());
    return queue;
  }

  /** Runs `act` when the writers before it are done: at once if there are none. */
  take<T>(id: string, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T> {
    const line = this.#lines.get(id);
    if (line !== undefined) {
      return new Promise((resolve, reject) => {
        line.waiting.push(() => {
          try {
            resolve(this.#run(id, line, act));
          } catch (error) {
            reject(error);
          }
        });
      });
    }
    const opened = new Line();
    this.#lines.set(id, opened);
    return this.#run(id, opened, act);
  }

  #run<T>(id: string, line: Line, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T> {
    line.running++;
    line.number++;
    let result: MaybePromise<T>;
    try {
      result = act(line);
    } catch (error) {
      this.#done(id, line, false);
      throw error;
    }
    if (isPromise(result)) {
      result.then(
        () => this.#done(id, line, false),
        (error) => this.#done(id, line, isStoreTimeout(error)),
      );
    } else this.#done(id, line, false);
    return result;
  }

  /**
   * @param isSilent The store does not answer. One after the other those who wait would
   * wait as many times as long; the version keeps them apart as well.
   */
  #done(id: string, line: Line, isSilent: boolean): void {
    line.running--;
    // Those who are done at once come back here from below.
    if (line.isAdvancing) return;
    line.isAdvancing = true;
    while (!line.isLast && (line.running === 0 || isSilent)) line.waiting.shift()!();
    line.isAdvancing = false;
    if (line.running === 0) this.#lines.delete(id);
  }
}
