/** The optional powers of a store whose ids are hashed. */
import type {
  IterableStore,
  SessionStore,
  SlidingStore,
  SubjectStore,
  SweepableStore,
} from "../../store.ts";
import type { WatchableStore } from "../../watchable_store.ts";
import type { HashingStore } from "./store.ts";

/** The powers it takes over from the store behind it. */
export type Powers = SlidingStore & IterableStore & SweepableStore & SubjectStore & WatchableStore;

/** Those that the store behind has. What they name are keys. */
export function powersOf(
  store: SessionStore & Partial<Powers>,
  hashing: HashingStore,
): Partial<Powers> {
  const found: Partial<Powers> = {};
  if (store.readAndTouch) {
    found.readAndTouch = (id, maxAge) =>
      hashing.find(id, (key) => store.readAndTouch!(key, maxAge));
  }
  if (store.all) found.all = () => store.all!();
  if (store.length) found.length = () => store.length!();
  if (store.clear) found.clear = () => store.clear!();
  if (store.sweep) found.sweep = (limit) => store.sweep!(limit);
  if (store.list) found.list = (subject) => store.list!(subject);
  if (store.destroyAll) {
    found.destroyAll = async (subject, except) =>
      await store.destroyAll!(
        subject,
        except === undefined ? undefined : await hashing.keys.of(except),
      );
  }
  // What is told of was removed or moved under its key, and a subject is no id.
  if (store.watch) found.watch = (hear) => store.watch!(hear);
  if (store.announce) {
    found.announce = async (notice) => {
      if (notice.what !== "moved") return await store.announce!(notice);
      const [id, to] = [await hashing.keys.of(notice.id), await hashing.keys.of(notice.to)];
      await store.announce!({ what: "moved", id, to });
    };
  }
  return found;
}
