/** The optional powers of an encrypted store. */
import type {
  IterableStore,
  SessionStore,
  SlidingStore,
  SubjectStore,
  SweepableStore,
} from "../../store.ts";
import type { WatchableStore } from "../../watchable_store.ts";
import type { EncryptingStore } from "./store.ts";

/** The powers it takes over from the store behind it. */
export type Powers = SlidingStore & IterableStore & SweepableStore & SubjectStore & WatchableStore;

/** A store that has no ids, but names for them. */
interface NamingStore {
  listedAs(id: string): Promise<string>;
}

/** Those that the store behind has. */
export function powersOf(
  store: SessionStore & Partial<Powers & NamingStore>,
  encrypting: EncryptingStore,
): Partial<Powers & NamingStore> {
  const found: Partial<Powers & NamingStore> = {};
  if (store.readAndTouch) {
    found.readAndTouch = (id, maxAge) => encrypting.opened(id, store.readAndTouch!(id, maxAge));
  }
  if (store.all) {
    found.all = async function* () {
      for await (const [id, stored] of store.all!()) {
        yield [id, (await encrypting.opened(id, stored))!];
      }
    };
  }
  if (store.length) found.length = () => store.length!();
  if (store.clear) found.clear = () => store.clear!();
  if (store.sweep) found.sweep = (limit) => store.sweep!(limit);
  if (store.list) found.list = (subject) => store.list!(subject);
  if (store.destroyAll) found.destroyAll = (subject, except) => store.destroyAll!(subject, except);
  if (store.watch) found.watch = (hear) => store.watch!(hear);
  if (store.announce) found.announce = (notice) => store.announce!(notice);
  if (store.listedAs) found.listedAs = (id) => store.listedAs!(id);
  return found;
}
