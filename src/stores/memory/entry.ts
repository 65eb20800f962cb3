/** A session as the memory holds it. */
import type { StoredSession } from "../../store.ts";
import type { LruNode } from "../shared/lru_list.ts";
import type { Owned } from "./subjects.ts";

/** A session in the list of its store's use and in that of its subject. */
export interface Entry extends LruNode<Entry>, Owned<Entry> {
  json: string;
  version: number;
  expires: number | null;
}

/** One that is in no list. */
export function newEntry(
  key: string,
  json: string,
  version: number,
  expires: number | null,
): Entry {
  return {
    key,
    json,
    version,
    expires,
    older: undefined,
    newer: undefined,
    group: undefined,
    before: undefined,
    behind: undefined,
  };
}

export function hasExpired({ expires }: Entry, time: number): boolean {
  return expires !== null && expires <= time;
}

/** Whether it has ended, by itself or with all its subject's. */
export function isOver(entry: Entry, time: number): boolean {
  return entry.group?.isOver === true || hasExpired(entry, time);
}

export function storedOf({ json, version, expires }: Entry): StoredSession {
  return { json, version, expires };
}
