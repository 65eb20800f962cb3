/** Reads and removals of many items, as many to a call as DynamoDB takes. */
import type { DynamodbItem, DynamodbPage } from "./client.ts";
import { systemClock } from "../../clock.ts";
import { SessionError } from "../../errors.ts";
import type { Calls } from "./calls.ts";
import { bind, toItem, type Values } from "./expressions.ts";
import { type Key, keyOf } from "./keys.ts";

const MOST_READ = 100;
const MOST_REMOVED = 25;
/** So many items are taken from an answer at once: others have a turn between two pages. */
const PAGE = 250;
/** How often what a call left undone is sent again, with pauses up to a second. */
const TRIES = 12;

/** The pages of a query or a scan of the items as they are now. */
export async function* pages(
  calls: Calls,
  kind: "query" | "scan",
  expressions: Readonly<Record<string, string>>,
  values: Values,
  more: Readonly<Record<string, unknown>> = { Limit: PAGE },
): AsyncGenerator<DynamodbPage> {
  const input = { TableName: calls.table, ConsistentRead: true, ...bind(expressions, values) };
  let start: DynamodbItem | undefined;
  do {
    const at = start === undefined ? {} : { ExclusiveStartKey: start };
    const page = await calls.ask(() => calls.client[kind]({ ...input, ...more, ...at }));
    yield page;
    start = page.LastEvaluatedKey;
  } while (start !== undefined);
}

/** Reads attributes of many items as they are now, by their partition key. */
export async function readMany(
  calls: Calls,
  keys: readonly Key[],
  attributes: string,
): Promise<Map<string, DynamodbItem>> {
  const found = new Map<string, DynamodbItem>();
  const once = new Map(keys.map((key) => [key.pk, key]));
  for (const slice of slicesOf([...once.values()], MOST_READ)) {
    const asked = {
      Keys: slice.map(toItem),
      ConsistentRead: true,
      ...bind({ ProjectionExpression: attributes }),
    };
    await untilDone({ [calls.table]: asked }, async (RequestItems) => {
      const input = { RequestItems };
      const answer = await calls.ask(() => calls.client.batchGetItem(input));
      for (const item of answer.Responses?.[calls.table] ?? []) found.set(keyOf(item).pk, item);
      return answer.UnprocessedKeys;
    });
  }
  return found;
}

/** Removes many items, whatever they hold. */
export async function removeMany(calls: Calls, keys: readonly Key[]): Promise<void> {
  for (const slice of slicesOf(keys, MOST_REMOVED)) {
    const asked = slice.map((key) => ({ DeleteRequest: { Key: toItem(key) } }));
    await untilDone({ [calls.table]: asked }, async (RequestItems) => {
      const input = { RequestItems };
      return (await calls.ask(() => calls.client.batchWriteItem(input))).UnprocessedItems;
    });
  }
}

/** Parts of a list, each with so many of it. */
export function slicesOf<T>(list: readonly T[], size: number): T[][] {
  const slices: T[][] = [];
  for (let at = 0; at < list.length; at += size) slices.push(list.slice(at, at + size));
  return slices;
}

type Asked = Record<string, unknown>;

async function untilDone(
  asked: Asked,
  ask: (asked: Asked) => Promise<Asked | undefined>,
): Promise<void> {
  let left: Asked = asked;
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) await pause(tried);
    left = await ask(left) ?? {};
    if (Object.keys(left).length === 0) return;
  }
  throw new SessionError("STORE_FAILED", "DynamoDB left a part of a batch undone each time");
}

function pause(tried: number): Promise<void> {
  const most = Math.min(1_000, 10 * 2 ** tried);
  const [random = 0] = crypto.getRandomValues(new Uint16Array(1));
  return new Promise((resolve) => void systemClock.after(most * random / 0xffff, resolve));
}
