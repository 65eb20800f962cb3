/** Which ids lead to a session: one that begins has an id as well, and nobody has stored it. */
import type { SessionStore, SlidingStore } from "../../src/store.ts";

export class FoundIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** The store, whose answers are heard. */
  watch(store: SessionStore): SessionStore {
    const inner = store as SessionStore & Partial<SlidingStore>;
    const hear = async <T>(id: string, answer: T | Promise<T>): Promise<T> => {
      const found = await answer;
      if (found !== undefined) this.#ids.add(id);
      return found;
    };
    const own: Partial<SlidingStore> = {
      read: (id) => hear(id, inner.read(id)),
      rotate: (from, to, record, version) => hear(to, inner.rotate(from, to, record, version)),
      ...inner.readAndTouch && {
        readAndTouch: (id, maxAge) => hear(id, inner.readAndTouch!(id, maxAge)),
      },
    };
    return new Proxy(inner, {
      get(target, name) {
        const value = Reflect.get(own, name) ?? Reflect.get(target, name, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }
}
