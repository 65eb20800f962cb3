/**
 * Word of a lock's end, for whoever finds its note where the holder cannot.
 *
 * A session that another process moves takes the note along, and only that process knows where
 * to. The holder leaves a record in its place, which ends with the lease.
 */
import type { MaybePromise } from "../store.ts";
import { hasSideRecord, makeSideRecord } from "./side_record.ts";
import type { StoreCalls } from "./store_calls.ts";

/** Leaves word that the holder is done. Where that fails, the lock ends with its lease. */
export function leaveWord(calls: StoreCalls, token: string, until: number): MaybePromise<boolean> {
  return makeSideRecord(calls, wordOf(token), until);
}

/** Whether the holder of a lock has left word. */
export function hasLeftWord(calls: StoreCalls, token: string): MaybePromise<boolean> {
  return hasSideRecord(calls, wordOf(token));
}

/** No session has such an id: ids have no dot. */
function wordOf(token: string): string {
  return `${token}.lock`;
}
