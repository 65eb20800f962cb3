/** Writers of one session take turns within a process, in the order they came. */
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise, SessionStore, Version } from "../store.ts";

/** What the writer before has stored: the next one need not lose a round to learn it. */
export interface Newest {
  readonly version: Version;
  readonly text: string;
  readonly cookie: unknown;
}

/** A session that is being written to. */
export interface Turn {
  newest: Newest | undefined;
}

interface Line extends Turn {
  readonly waiting: (() => void)[];
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
    const opened: Line = { newest: undefined, waiting: [] };
    this.#lines.set(id, opened);
    return this.#run(id, opened, act);
  }

  #run<T>(id: string, line: Line, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T> {
    const done = () => {
      const next = line.waiting.shift();
      if (next === undefined) this.#lines.delete(id);
      else next();
    };
    let result: MaybePromise<T>;
    try {
      result = act(line);
    } catch (error) {
      done();
      throw error;
    }
    if (isPromise(result)) result.then(done, done);
    else done();
    return result;
  }
}
