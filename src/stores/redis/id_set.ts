/** Very many ids, each once. */

/** How many sets share them: a `Set` that grows moves all it has at once, a million in 100 ms. */
const SHARDS = 256;

/** Ids that a walk over all keys has met. */
export class IdSet {
  readonly #shards: readonly Set<string>[] = Array.from(
    { length: SHARDS },
    () => new Set(),
  );
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds an id; `false` if it is there already. */
  add(id: string): boolean {
    // Three characters of a random id spread well enough.
    const [last, middle] = [id.length - 1, id.length >> 1];
    const mixed = id.charCodeAt(last) + 7 * id.charCodeAt(middle) +
      31 * id.charCodeAt(last - 1);
    const shard = this.#shards[mixed & (SHARDS - 1)] as Set<string>;
    if (shard.has(id)) return false;
    shard.add(id);
    this.#size++;
    return true;
  }
}
