/**
 * Word of a lock's end, for whoever finds its note where the holder cannot.
 *
 * A session that another process moves takes the note along, and only that process knows where
 * to. The holder leaves a record in its place, which ends with the lease.
 */
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { StoreCalls } from "./store_calls.ts";

/** Leaves word that the holder is done. Where that fails, the lock ends with its lease. */
export function leaveWord(calls: StoreCalls, token: string, until: number): MaybePromise<boolean> {
  const id = wordOf(token);
  const record = { json: '{"cookie":{}}', expires: until };
  return attempt(() => calls.ask(id, () => calls.store.create(id, record)), () => false);
}

/** Whether the holder of a lock has left word. */
export function hasLeftWord(calls: StoreCalls, token: string): MaybePromise<boolean> {
  const id = wordOf(token);
  const found = () => calls.ask(id, () => calls.store.read(id));
  return attempt(() => after(found(), (record) => record !== undefined), () => false);
}

/** No session has such an id: ids have no dot. */
function wordOf(token: string): string {
  return `${token}.lock`;
}
