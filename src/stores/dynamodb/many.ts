/** What may touch every session of a store: it is a scan of the whole table. */
import type { StoredSession } from "../../store.ts";
import type { Calls } from "./calls.ts";
import { pages, removeMany, slicesOf } from "./batches.ts";
import type { DynamodbItem } from "./client.ts";
import { toFound, toStored } from "./found.ts";
import { type Key, keyOf, type Keys } from "./keys.ts";

/** So many removals are under way at once. */
const AT_ONCE = 25;

const OURS = "#sk = :place";
const LIVE = `${OURS} AND #expires > :now`;
const EXPIRED = `${OURS} AND #expires <= :now`;
const BRIEF = "#pk, #sk, #subject, #family";

/** Every live session with its id. */
export async function* everySession(
  calls: Calls,
  keys: Keys,
  now: () => number,
): AsyncGenerator<[id: string, stored: StoredSession]> {
  const expressions = { FilterExpression: LIVE };
  const values = { place: keys.place, now: now() };
  for await (const { Items = [] } of pages(calls, "scan", expressions, values)) {
    for (const item of Items) {
      const found = toFound(item);
      const stored = found !== undefined && found.end > now() ? toStored(found) : undefined;
      if (stored !== undefined) yield [keys.id(keyOf(item)), stored];
    }
  }
}

/** How many sessions are live. */
export async function count(calls: Calls, keys: Keys, now: number): Promise<number> {
  const values = { place: keys.place, now };
  const expressions = { FilterExpression: LIVE };
  let live = 0;
  for await (const page of pages(calls, "scan", expressions, values, { Select: "COUNT" })) {
    live += page.Count ?? 0;
  }
  return live;
}

/** Drops at most `limit` sessions that have expired, and says how many it dropped. */
export async function sweep(
  calls: Calls,
  keys: Keys,
  now: number,
  limit: number,
): Promise<number> {
  const expressions = { FilterExpression: EXPIRED, ProjectionExpression: BRIEF };
  let dropped = 0;
  for await (
    const { Items = [] } of pages(calls, "scan", expressions, { place: keys.place, now })
  ) {
    for (const slice of slicesOf(Items, AT_ONCE)) {
      if (dropped >= limit) return dropped;
      const some = slice.slice(0, limit - dropped);
      dropped += await drop(calls, keys, some, { condition: "#expires <= :now", values: { now } });
    }
  }
  return dropped;
}

/** Drops every session. */
export async function clear(calls: Calls, keys: Keys): Promise<void> {
  const expressions = { FilterExpression: OURS, ProjectionExpression: BRIEF };
  for await (const { Items = [] } of pages(calls, "scan", expressions, { place: keys.place })) {
    for (const slice of slicesOf(Items, AT_ONCE)) await drop(calls, keys, slice);
  }
}

/** Drops the sessions that hold to a condition, and the entries that name them, after them. */
async function drop(
  calls: Calls,
  keys: Keys,
  items: readonly DynamodbItem[],
  when: { readonly condition?: string; readonly values?: { readonly now: number } } = {},
): Promise<number> {
  const outcomes = await Promise.all(items.map(async (item) => {
    const outcome = await calls.write({ ...when, remove: keyOf(item) }, "ALL_OLD");
    return outcome.isDone ? outcome.item : undefined;
  }));
  const entries: Key[] = [];
  let dropped = 0;
  for (const item of outcomes) {
    if (item === undefined) continue;
    dropped++;
    const { subject, family } = toFound(item) ?? {};
    if (subject !== undefined && family !== undefined) entries.push(keys.entry(subject, family));
  }
  await removeMany(calls, entries);
  return dropped;
}
