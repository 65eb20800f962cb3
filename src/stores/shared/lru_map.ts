/** A map in order of use. */
import { LruList, type LruNode } from "./lru_list.ts";

interface Node<V> extends LruNode<Node<V>> {
  value: V;
}

/** Values by key, the one used least recently first. */
export class LruMap<V> {
  readonly #list = new LruList<Node<V>>();

  /** How many keys there are. */
  get size(): number {
    return this.#list.size;
  }

  /** The key and value used least recently. */
  get oldest(): { readonly key: string; readonly value: V } | undefined {
    return this.#list.oldest;
  }

  /** The value, which does not count as a use. */
  peek(key: string): V | undefined {
    return this.#list.get(key)?.value;
  }

  /** Stores a value, which is now the one used last. */
  set(key: string, value: V): void {
    const node = this.#list.get(key);
    if (node === undefined) {
      this.#list.add({ key, value, older: undefined, newer: undefined });
      return;
    }
    node.value = value;
    this.#list.use(node);
  }

  /** Makes a key the one used last. */
  use(key: string): void {
    const node = this.#list.get(key);
    if (node !== undefined) this.#list.use(node);
  }

  /** Removes a key, if it is there. */
  delete(key: string): void {
    const node = this.#list.get(key);
    if (node !== undefined) this.#list.delete(node);
  }

  /** Removes every key. */
  clear(): void {
    this.#list.clear();
  }
}
