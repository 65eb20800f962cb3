/** Stores that break a promise on purpose: the run has to find each. */
import type { SessionStore, SubjectStore } from "../../src/store.ts";
import type { Plant } from "./protocol.ts";

type Whole = SessionStore & SubjectStore;

/** The verbs that are to be wrong; every other is the store's own. */
const PLANTS: Record<Plant, (inner: Whole) => Partial<Whole>> = {
  "reads, then writes": (inner) => ({
    async commit(id, record) {
      const found = await inner.read(id);
      if (found === undefined) return { status: "gone" };
      return await inner.commit(id, record, found.version);
    },
  }),
  revives: (inner) => ({
    async commit(id, record, version) {
      const result = await inner.commit(id, record, version);
      if (result.status !== "gone") return result;
      await inner.create(id, record);
      return { status: "committed", version };
    },
  }),
  "answers early": (inner) => ({
    commit(id, record, version) {
      void Promise.resolve(inner.commit(id, record, version)).catch(() => {});
      return { status: "committed", version };
    },
  }),
  "forgets one": (inner) => ({
    async destroyAll(subject, except) {
      const [forgotten] = await inner.list(subject);
      return await inner.destroyAll(subject, except ?? forgotten);
    },
  }),
  "hides failures": (inner) => ({
    async commit(id, record, version) {
      try {
        return await inner.commit(id, record, version);
      } catch {
        return { status: "committed", version };
      }
    },
  }),
};

export function planted(store: SessionStore, plant: Plant): SessionStore {
  const inner = store as Whole;
  const wrong = PLANTS[plant](inner) as Record<PropertyKey, unknown>;
  return new Proxy(inner, {
    get(target, name) {
      const own = wrong[name] ?? Reflect.get(target, name, target);
      return typeof own === "function" ? own.bind(target) : own;
    },
  });
}
