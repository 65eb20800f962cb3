/** The optional powers of a tiered store. */
import type { IterableStore, SessionStore, SubjectStore, SweepableStore } from "../../store.ts";
import type { SessionNotice, WatchableStore } from "../../watchable_store.ts";
import type { TierCache } from "./cache.ts";

/** The powers that a tiered store takes over from the store behind it. */
export type Powers = IterableStore & SweepableStore & SubjectStore & WatchableStore;

/** A store that has no ids, but names for them. */
interface NamingStore {
  listedAs(id: string): Promise<string>;
}

/** Those powers that the store behind has. */
export function powersOf(
  store: SessionStore & Partial<Powers & NamingStore>,
  cache: TierCache,
): Partial<Powers & NamingStore> {
  const found: Partial<Powers & NamingStore> = {};
  if (store.all) found.all = () => store.all!();
  if (store.length) found.length = () => store.length!();
  if (store.sweep) found.sweep = (limit) => store.sweep!(limit);
  if (store.list) found.list = (subject) => store.list!(subject);
  if (store.clear) found.clear = () => cache.around(async () => await store.clear!());
  if (store.destroyAll) {
    found.destroyAll = (subject, except) =>
      cache.around(async () => await store.destroyAll!(subject, except));
  }
  if (store.watch) {
    found.watch = (hear) => store.watch!(forgetting(cache, hear, store.listedAs !== undefined));
  }
  if (store.announce) found.announce = (notice) => store.announce!(notice);
  if (store.listedAs) found.listedAs = (id) => store.listedAs!(id);
  return found;
}

/** What is told of is not in memory any more when those hear of it who look themselves. */
function forgetting(
  cache: TierCache,
  hear: (notice: SessionNotice) => void,
  hasNames: boolean,
): (notice: SessionNotice) => void {
  return (notice) => {
    // Names do not tell which of the ids in memory are meant.
    const isOfOne = !hasNames && (notice.what === "gone" || notice.what === "moved");
    // Not gone for sure: an id that was moved may lead to the new one for a while.
    if (isOfOne) cache.close(cache.write(notice.id));
    else void cache.around(() => Promise.resolve());
    hear(notice);
  };
}
