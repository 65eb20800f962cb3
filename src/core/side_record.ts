/** Records beside the sessions, by which processes that share a store tell each other something. */
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { StoreCalls } from "./store_calls.ts";

/** Makes one that ends by itself; `false`: it is there already, or the store failed. */
export function makeSideRecord(
  calls: StoreCalls,
  id: string,
  expires: number,
): MaybePromise<boolean> {
  const record = { json: '{"cookie":{}}', expires };
  return attempt(() => calls.ask(id, () => calls.store.create(id, record)), () => false);
}

/** Whether it is there; a store that fails does not say so. */
export function hasSideRecord(calls: StoreCalls, id: string): MaybePromise<boolean> {
  const found = () => calls.ask(id, () => calls.store.read(id));
  return attempt(() => after(found(), (record) => record !== undefined), () => false);
}
