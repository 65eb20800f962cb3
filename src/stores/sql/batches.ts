/** Work on many rows goes in batches, and whoever waits has a turn between two of them. */
import { after } from "../../maybe_promise.ts";
import type { MaybePromise } from "../../store.ts";

/** How many rows one statement of a kind may touch. */
export interface BatchSizes {
  /** Dropped: each costs a write in every index. */
  readonly drop: number;
  /** Read. */
  readonly read: number;
  /** Counted, in the order of an index. */
  readonly count: number;
}

/**
 * How many rows the next statement takes. At levels that compare with a snapshot, a database undoes
 * a statement for every row of it that somebody has changed since: one that takes many would find
 * such a row each time, for as long as there is traffic; one that takes one does not.
 */
export class BatchSize {
  readonly #most: number;
  #rows: number;

  constructor(most: number) {
    this.#most = this.#rows = most;
  }

  get rows(): number {
    return this.#rows;
  }

  /** After a statement that the database undid. */
  shrink(): number {
    return this.#rows = Math.ceil(this.#rows / 4);
  }

  /** After one that was done; answers how many rows that one took. */
  grow(): number {
    const taken = this.#rows;
    this.#rows = Math.min(taken * 4, this.#most);
    return taken;
  }
}

/** Lets everybody else have a turn. */
export type Pause = () => Promise<void>;

/**
 * Takes a step, and more until one says that it was the last. The first is taken at once: where
 * it is the only one, a client that answers at once makes no promise.
 *
 * A client that answers at once has let nobody else run, nor has one that only looks as if it
 * waited: so there is a pause between two steps whatever the client.
 */
export function inSteps(
  step: () => MaybePromise<"more" | "last">,
  pause: Pause,
): MaybePromise<void> {
  return after(step(), (said) => said === "last" ? undefined : goOn(step, pause));
}

async function goOn(step: () => MaybePromise<"more" | "last">, pause: Pause): Promise<void> {
  do await pause(); while (await step() === "more");
}

/** A pause that whoever asked for the work waits for. */
export const pauseForOthers: Pause = () => new Promise((resolve) => setTimeout(resolve, 0));
