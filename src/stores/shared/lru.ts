interface Node<V> {
  readonly key: string;
  value: V;
  older: Node<V> | undefined;
  newer: Node<V> | undefined;
}

/**
 * A map in order of use. The order is a linked list: taking a key out of a
 * `Map` and putting it back leaves a hole behind each time, and engines walk
 * the holes of a busy key one by one.
 */
export class LruMap<V> {
  readonly #nodes = new Map<string, Node<V>>();
  #oldest: Node<V> | undefined;
  #newest: Node<V> | undefined;

  /** How many keys there are. */
  get size(): number {
    return this.#nodes.size;
  }

  /** The value, which does not count as a use. */
  peek(key: string): V | undefined {
    return this.#nodes.get(key)?.value;
  }

  /** The value, which is now the one used last. */
  get(key: string): V | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined) return undefined;
    this.#use(node);
    return node.value;
  }

  /** Stores a value, which is now the one used last. */
  set(key: string, value: V): void {
    let node = this.#nodes.get(key);
    if (node === undefined) {
      node = { key, value, older: undefined, newer: undefined };
      this.#nodes.set(key, node);
    } else {
      node.value = value;
    }
    this.#use(node);
  }

  /** Removes a key, if it is there. */
  delete(key: string): void {
    const node = this.#nodes.get(key);
    if (node === undefined) return;
    this.#nodes.delete(key);
    this.#unlink(node);
  }

  /** Removes every key. */
  clear(): void {
    this.#nodes.clear();
    this.#oldest = this.#newest = undefined;
  }

  /** The key and value used least recently. */
  oldest(): { readonly key: string; readonly value: V } | undefined {
    return this.#oldest;
  }

  /** Every key and value in order of insertion; keys may be removed meanwhile. */
  entries(): IterableIterator<{ readonly key: string; readonly value: V }> {
    return this.#nodes.values();
  }

  /** Every key, the one used least recently first. */
  keys(): string[] {
    const keys: string[] = [];
    for (let node = this.#oldest; node !== undefined; node = node.newer) keys.push(node.key);
    return keys;
  }

  #use(node: Node<V>): void {
    if (node === this.#newest) return;
    this.#unlink(node);
    node.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
  }

  #unlink(node: Node<V>): void {
    if (node.older !== undefined) node.older.newer = node.newer;
    else if (this.#oldest === node) this.#oldest = node.newer;
    if (node.newer !== undefined) node.newer.older = node.older;
    else if (this.#newest === node) this.#newest = node.older;
    node.older = node.newer = undefined;
  }
}
