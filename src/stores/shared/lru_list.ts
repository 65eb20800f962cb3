/** Things in order of use. */

/** What a thing in an {@linkcode LruList} carries. */
export interface LruNode<N> {
  readonly key: string;
  older: N | undefined;
  newer: N | undefined;
}

/** How many maps share the keys: a `Map` that grows or shrinks moves all it has at once. */
const SHARDS = 32;

/**
 * Things by key, in order of use. The order is a linked list through the things
 * themselves: taking a key out of a `Map` and putting it back leaves a hole
 * behind each time, and engines walk the holes of a busy key one by one.
 */
export class LruList<N extends LruNode<N>> {
  readonly #shards: readonly Map<string, N>[] = Array.from({ length: SHARDS }, () => new Map());
  #size = 0;
  #oldest: N | undefined;
  #newest: N | undefined;

  /** How many things there are. */
  get size(): number {
    return this.#size;
  }

  /** The thing used least recently. */
  get oldest(): N | undefined {
    return this.#oldest;
  }

  /** Finds a thing, which does not count as a use. */
  get(key: string): N | undefined {
    return this.#shard(key).get(key);
  }

  /** Adds a thing whose key is not there yet: the one used last. */
  add(node: N): void {
    this.#shard(node.key).set(node.key, node);
    this.#size++;
    this.use(node);
  }

  /** Makes a thing of this list the one used last. */
  use(node: N): void {
    if (node === this.#newest) return;
    this.#unlink(node);
    node.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  /** Removes a thing of this list. */
  delete(node: N): void {
    if (!this.#shard(node.key).delete(node.key)) return;
    this.#size--;
    this.#unlink(node);
  }

  /** Removes everything. */
  clear(): void {
    for (const shard of this.#shards) shard.clear();
    this.#size = 0;
    this.#oldest = this.#newest = undefined;
  }

  /** Everything, in no particular order; things may be added and removed meanwhile. */
  *values(): Generator<N, undefined> {
    for (const shard of this.#shards) yield* shard.values();
  }

  /** Every key, the one used least recently first. */
  keys(): string[] {
    const keys: string[] = [];
    for (let node = this.#oldest; node !== undefined; node = node.newer) keys.push(node.key);
    return keys;
  }

  #shard(key: string): Map<string, N> {
    // Two characters of a random id spread well enough; no character at all is shard 0.
    const mixed = key.charCodeAt(key.length - 1) + 7 * key.charCodeAt(key.length >> 1);
    return this.#shards[mixed & (SHARDS - 1)] as Map<string, N>;
  }

  #unlink(node: N): void {
    if (node.older !== undefined) node.older.newer = node.newer;
    else if (this.#oldest === node) this.#oldest = node.newer;
    if (node.newer !== undefined) node.newer.older = node.older;
    else if (this.#newest === node) this.#newest = node.older;
    node.older = node.newer = undefined;
  }
}
