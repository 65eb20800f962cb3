/** The optional powers of a tiered store. */
import type { IterableStore, SessionStore, SubjectStore, SweepableStore } from "../../store.ts";
import type { TierCache } from "./cache.ts";

/** The powers that a tiered store takes over from the store behind it. */
export type Powers = IterableStore & SweepableStore & SubjectStore;

/** Those powers that the store behind has. */
export function powersOf(store: SessionStore & Partial<Powers>, cache: TierCache): Partial<Powers> {
  const found: Partial<Powers> = {};
  if (store.all) found.all = () => store.all!();
  if (store.length) found.length = () => store.length!();
  if (store.sweep) found.sweep = (limit) => store.sweep!(limit);
  if (store.list) found.list = (subject) => store.list!(subject);
  if (store.clear) found.clear = () => cache.around(async () => await store.clear!());
  if (store.destroyAll) {
    found.destroyAll = (subject, except) =>
      cache.around(async () => await store.destroyAll!(subject, except));
  }
  return found;
}
