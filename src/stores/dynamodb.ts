/**
 * Sessions in a table of DynamoDB.
 *
 * Atomic: every change is one write with a condition, or one transaction where the index of a
 * subject changes or a session gets another id. Every read is a consistent one.
 *
 * @module
 */
import type { IterableStore, SlidingStore, SubjectStore, SweepableStore } from "../store.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import { Calls } from "./dynamodb/calls.ts";
import type { DynamodbClient } from "./dynamodb/client.ts";
import { Keys } from "./dynamodb/keys.ts";
import { DynamodbStore } from "./dynamodb/store.ts";
import { checkKnown } from "./shared/known_options.ts";
import { bytesIn } from "./shared/limits.ts";
import { checkNow, checkTtl } from "./shared/option_checks.ts";

export type {
  DynamodbClient,
  DynamodbItem,
  DynamodbKeyAttribute,
  DynamodbMetadata,
  DynamodbPage,
  DynamodbTable,
  DynamodbValue,
  DynamodbWritten,
} from "./dynamodb/client.ts";

/** Options of {@linkcode dynamodbStore}. */
export interface DynamodbStoreOptions {
  /**
   * The client: a `DynamoDB` of `@aws-sdk/client-dynamodb`, which has a method for each call. A
   * `DynamoDBClient` has `send()` alone and would need the SDK's commands; `new DynamoDB({…})` takes
   * the same settings, and a `DynamoDBDocumentClient` can be made from it. The store never makes or
   * ends one.
   */
  client: DynamodbClient;
  /**
   * The table: 3 to 255 letters, digits, `_`, `-` and `.`. Other stores may share it with another
   * `prefix`, as long as they are of this kind.
   *
   * @default {"session"}
   */
  table?: string;
  /**
   * What keeps the sessions of this store apart from others in the table: a text of up to 900
   * bytes in UTF-8, without control characters.
   *
   * @default {""}
   */
  prefix?: string;
  /**
   * Seconds that a session lives after its last write or touch when its cookie names no end. The
   * browser still drops such a cookie when it closes.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * The clock: milliseconds since the epoch. The table's TTL, which goes by the server's, drops
   * items a minute after their end at the earliest; sessions are absent from their end on.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that {@linkcode dynamodbStore} makes. */
export interface DynamodbSessionStore
  extends SlidingStore, IterableStore, SweepableStore, SubjectStore {
  /** Every change is compared and swapped by DynamoDB. */
  readonly atomic: true;
  /**
   * Makes the table, on demand, with `pk` and `sk` as its key, waits until it is active, and
   * turns its TTL on, by the attribute `ttl`. What is there is only looked at, which takes no right
   * but to describe.
   *
   * Rejects when the table is another library's.
   */
  createSchema(): Promise<void>;
}

const OPTIONS = ["client", "table", "prefix", "ttl", "now"];
/** It is in the sort key, which has 1,024 bytes. */
const MOST_PREFIX_BYTES = 900;
const METHODS = [
  ...["getItem", "putItem", "updateItem", "deleteItem", "query", "scan"],
  ...["batchGetItem", "batchWriteItem", "transactWriteItems"],
  ...["describeTable", "createTable", "describeTimeToLive", "updateTimeToLive"],
];

/**
 * Makes a store in a table of DynamoDB.
 *
 * A session may hold 400,000 bytes of JSON (in UTF-8). The index of a subject is in the same
 * table, as items of their own that change in the same transaction as the session, as an index
 * of DynamoDB's own would lag behind and `revokeAll()` miss a login.
 *
 * It is atomic within a Region. In a global table another Region may overwrite what this one
 * wrote: keep a session's requests to one.
 *
 * @param options The client, and where to keep sessions; see {@linkcode DynamodbStoreOptions}.
 * @returns A store that is atomic, slides, sweeps, iterates and knows its subjects. `create()`,
 * `commit()` and `rotate()` reject with `SESSION_TOO_LARGE` above the limit, every verb with a
 * `RangeError` where a key would have more than 2,048 bytes, and with the client's error where a
 * call fails, as when it is throttled.
 * @throws {TypeError} If an option is missing, unknown or of the wrong type.
 *
 * @example
 * ```ts
 * import { DynamoDB } from "@aws-sdk/client-dynamodb";
 * import { dynamodbStore } from "@websession/websession/stores/dynamodb";
 *
 * const client = new DynamoDB({ region: "eu-central-1" });
 * const store = dynamodbStore({ client, table: "session" });
 * // Once, at deployment: await store.createSchema();
 * if (!store.atomic) throw new Error("not atomic");
 * client.destroy();
 * ```
 */
export function dynamodbStore(options: DynamodbStoreOptions): DynamodbSessionStore {
  checkKnown(options, OPTIONS);
  const { client, table = "session", prefix = "", ttl = 86_400, now = systemClock.now } = options;
  checkClient(client);
  if (typeof table !== "string" || !/^[A-Za-z0-9_.-]{3,255}$/.test(table)) {
    throw new TypeError(
      'Option "table" must be a name of 3 to 255 letters, digits, "_", "-" and "."',
    );
  }
  checkPrefix(prefix);
  checkTtl(ttl);
  checkNow(now);
  const calls = new Calls(client, table);
  return new DynamodbStore({ calls, keys: new Keys(prefix), ttl: ttl * 1000, now });
}

function checkPrefix(prefix: unknown): void {
  if (typeof prefix !== "string") {
    throw new TypeError(`Option "prefix" must be a string, not ${kindOf(prefix)}`);
  }
  if (bytesIn(prefix) <= MOST_PREFIX_BYTES && /^[^\p{Cc}\p{Cs}]*$/u.test(prefix)) return;
  throw new TypeError(
    `Option "prefix" must be a text of up to ${MOST_PREFIX_BYTES} bytes without control characters`,
  );
}

function checkClient(client: unknown): void {
  const has = (name: string): boolean =>
    typeof (Object(client) as Record<string, unknown>)[name] === "function";
  const isVersion2 = has("makeRequest");
  if (METHODS.every(has) && !isVersion2) return;
  const what = isVersion2
    ? "one of the SDK's version 2"
    : has("transactWrite")
    ? "a document client, which knows items by other methods"
    : has("send")
    ? "a client that has send() alone, as DynamoDBClient and DynamoDBDocumentClient"
    : kindOf(client);
  throw new TypeError(
    'Option "client" must be a DynamoDB of @aws-sdk/client-dynamodb, which has a method for each ' +
      `call, not ${what}`,
  );
}
