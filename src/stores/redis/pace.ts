/** How far one step of a walk goes that removes what it finds. */

/**
 * A server moves to a smaller table when a tenth of its buckets have keys; half of them had some at
 * least when it went to this one. Before it has so many times fewer keys it does not.
 */
const SHRUNK = 4;
/** How many empty buckets SCAN goes through for each key that it is asked for. */
const EMPTY = 10;

/**
 * How many keys one server is asked for. Where it finds none, SCAN goes on through empty buckets;
 * and while the server moves to a smaller table it looks at several buckets for each.
 */
export class Pace {
  readonly #full: number;
  #most = 0;
  #isSparse = false;

  constructor(full: number) {
    this.#full = full;
  }

  get count(): number {
    return this.#isSparse ? Math.ceil(this.#full / EMPTY) : this.#full;
  }

  /** Notes how many keys the server has now. */
  note(keys: number): void {
    this.#most = Math.max(this.#most, keys);
    this.#isSparse = keys * SHRUNK < this.#most;
  }
}
