/** What a thing in an {@linkcode LruList} carries. */
export interface LruNode<N> {
  readonly key: string;
  older: N | undefined;
  newer: N | undefined;
}

/**
 * Things by key, in order of use. The order is a linked list through the things
 * themselves: taking a key out of a `Map` and putting it back leaves a hole
 * behind each time, and engines walk the holes of a busy key one by one.
 */
export class LruList<N extends LruNode<N>> {
  readonly #nodes = new Map<string, N>();
  #oldest: N | undefined;
  #newest: N | undefined;

  /** How many things there are. */
  get size(): number {
    return this.#nodes.size;
  }

  /** The thing used least recently. */
  get oldest(): N | undefined {
    return this.#oldest;
  }

  /** Finds a thing, which does not count as a use. */
  get(key: string): N | undefined {
    return this.#nodes.get(key);
  }

  /** Adds a thing whose key is not there yet: the one used last. */
  add(node: N): void {
    this.#nodes.set(node.key, node);
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
    this.#nodes.delete(node.key);
    this.#unlink(node);
  }

  /** Removes everything. */
  clear(): void {
    this.#nodes.clear();
    this.#oldest = this.#newest = undefined;
  }

  /** Everything in the order it was added; things may be removed meanwhile. */
  values(): IterableIterator<N> {
    return this.#nodes.values();
  }

  /** Every key, the one used least recently first. */
  keys(): string[] {
    const keys: string[] = [];
    for (let node = this.#oldest; node !== undefined; node = node.newer) keys.push(node.key);
    return keys;
  }

  #unlink(node: N): void {
    if (node.older !== undefined) node.older.newer = node.newer;
    else if (this.#oldest === node) this.#oldest = node.newer;
    if (node.newer !== undefined) node.newer.older = node.older;
    else if (this.#newest === node) this.#newest = node.older;
    node.older = node.newer = undefined;
  }
}
