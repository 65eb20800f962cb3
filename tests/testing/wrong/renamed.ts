/** A store that knows its sessions by another name. */
import type { AnyStore } from "../../../src/testing/mod.ts";
import { lateStore } from "../late_store.ts";

/** The name of an id is all that reaches the store. */
export function renamed(now: () => number, name: (id: string) => string): AnyStore {
  const store = lateStore(now);
  return {
    atomic: true,
    create: (id, record) => store.create(name(id), record),
    read: (id) => store.read(name(id)),
    readAndTouch: (id, maxAge) => store.readAndTouch(name(id), maxAge),
    commit: (id, record, version) => store.commit(name(id), record, version),
    touch: (id, expires) => store.touch(name(id), expires),
    rotate: (from, to, record, version) => store.rotate(name(from), name(to), record, version),
    destroy: (id) => store.destroy(name(id)),
    all: () => store.all(),
    length: () => store.length(),
    clear: () => store.clear(),
    sweep: (limit) => store.sweep(limit),
    list: (subject) => store.list(subject),
    destroyAll: (subject, except) =>
      store.destroyAll(subject, except === undefined ? undefined : name(except)),
  };
}
