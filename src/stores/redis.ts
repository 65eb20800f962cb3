/**
 * Sessions in Redis or Valkey, laid out as connect-redis does it.
 *
 * Works with node-redis, ioredis, Bun's client and Upstash's REST client, on a
 * single server and on a cluster. Needs Redis 6.2 or later, or Valkey.
 *
 * Each verb is one Lua script and one round trip, so `commit()` and `rotate()`
 * compare and swap in one step. A version is the stored text itself: nothing is
 * added to the value, and the server compares what it has with what was read.
 *
 * **Time.** A session ends at one absolute moment (`PXAT`), and it is over when
 * either clock has passed it: the server's, which removes the key, or the
 * caller's, which every script compares as well; the script of a verb for one
 * session removes it then, too.
 *
 * **Cluster.** Keys of connect-redis share no slot, so there `rotate()` is two
 * steps: the new record first, then the old one is removed if it still is the
 * one `version` marks; otherwise the new one is taken back. Nobody knows the
 * new id before both are done, so the holder of the old id sees one step. What
 * differs: `all()` and `list()` may show both for that moment, and a process
 * that dies in between leaves the old session as it was and a copy under an id
 * nobody knows, until its end. With a prefix that has a hash tag, such as
 * `"{sess}:"`, every key is in one slot and the single-server promise holds.
 *
 * **Replicas.** Redis acknowledges before its replicas have a write. When a
 * replica takes over it may lack the last ones: a lost commit, or a destroyed
 * session that is back. Option `wait` narrows this to what `WAIT` can promise.
 *
 * **Lost answers.** A client that sends a command again after a reconnect
 * (ioredis does by default, `autoResendUnfulfilledCommands`) may run it twice.
 * A rotate, touch or destroy sent twice is as one. A commit sent twice is
 * answered by a conflict with itself: merged keys come out the same, but an
 * `update()` may count twice. A create sent twice answers `false`.
 *
 * **Users of the server (ACL).** Beside `sess:*` the store keeps `@of:*` (whose
 * session it is) and `@by:*` (a subject's sessions), only for sessions with a
 * subject; its scripts look at them for every session.
 *
 * @module
 */
import type {
  CommitResult,
  IterableStore,
  SessionRecord,
  SlidingStore,
  StoredSession,
  SubjectStore,
  Version,
} from "../store.ts";
import type { RedisStoreClient } from "./redis/link.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import { linkTo } from "./redis/link.ts";
import { Names } from "./redis/names.ts";
import { Runner } from "./redis/runner.ts";
import { ScriptStore } from "./redis/store.ts";
import { checkNow, checkTtl, checkWhole } from "./shared/option_checks.ts";

export type {
  CommandClient,
  IoredisClient,
  NodeRedisClient,
  RedisStoreClient,
  RestClient,
} from "./redis/link.ts";

/** Options of `redisStore()`. */
export interface RedisStoreOptions {
  /** The client, connected by the application, which also closes it. */
  client: RedisStoreClient;
  /**
   * What the key of a session begins with. With a hash tag (`"{sess}:"`) a
   * cluster keeps every session in one slot.
   *
   * @default {"sess:"}
   */
  prefix?: string;
  /**
   * Seconds a session lives on when its cookie names no end, from each write
   * or touch.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * About how many keys one step of `all()`, `length()` and `clear()` looks at.
   *
   * @default {100}
   */
  scanCount?: number;
  /**
   * Has each acknowledged create, commit, rotate and destroy wait until so many
   * replicas have it (`WAIT`). Too few within `timeoutMs` milliseconds reject
   * the call, and the write may then last or not. Not possible over REST. Other
   * commands on the same connection wait as well.
   *
   * @default {undefined}
   */
  wait?: { replicas: number; timeoutMs: number };
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that `redisStore()` makes. */
export interface RedisSessionStore extends SlidingStore, IterableStore, SubjectStore {
  /** Inserts a record; `false` when a live one has this id. */
  create(id: string, record: SessionRecord): Promise<boolean>;
  /** Finds a live record. */
  read(id: string): Promise<StoredSession | undefined>;
  /** Finds a live record, and starts its lifetime again if that is `maxAge`: one round trip. */
  readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined>;
  /** Replaces a record that is still the one `version` marks. */
  commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult>;
  /** Moves the end of a live record. */
  touch(id: string, expires: number | null): Promise<boolean>;
  /** Replaces `from` by `record` under the id `to`; rejects if `to` is in use. */
  rotate(from: string, to: string, record: SessionRecord, version: Version): Promise<CommitResult>;
  /** Removes a record, if there is one. */
  destroy(id: string): Promise<void>;
  /** Every live session, page by page: one that comes or goes meanwhile may be missed. */
  all(): AsyncGenerator<[id: string, stored: StoredSession]>;
  /** Counts the live sessions by walking over all keys. */
  length(): Promise<number>;
  /** Removes every key that begins with the prefix, and the indexes. */
  clear(): Promise<void>;
  /** The ids of a subject's live sessions. */
  list(subject: string): Promise<string[]>;
  /** Removes a subject's sessions except one, and says how many. */
  destroyAll(subject: string, except?: string): Promise<number>;
}

/**
 * Makes a store on a Redis or Valkey server.
 *
 * @param options The client and how to use it; see {@linkcode RedisStoreOptions}.
 * @returns A store that is atomic, slides, iterates and knows its subjects.
 * @throws {TypeError} If an option has the wrong type, or the client is of no kind it knows.
 *
 * @example
 * ```ts ignore
 * import { redisStore } from "@websession/websession/stores/redis";
 * import { createClient } from "redis";
 *
 * const client = await createClient().connect();
 * const store = redisStore({ client });
 * await store.create("an-id", { json: '{"cookie":{}}', expires: Date.now() + 60_000 });
 * if ((await store.read("an-id")) === undefined) throw new Error("not stored");
 * await client.close();
 * ```
 */
export function redisStore(options: RedisStoreOptions): RedisSessionStore {
  const { client, prefix = "sess:", ttl = 86_400, scanCount = 100, wait, now = systemClock.now } =
    options;
  const link = linkTo(client);
  if (link === undefined) {
    throw new TypeError(
      'Option "client" must be a client of node-redis, ioredis, Bun or Upstash, not ' +
        kindOf(client),
    );
  }
  if (typeof prefix !== "string" || !/^([^{}]+|[^{}]*\{[^{}]+\}[^{}]*)$/.test(prefix)) {
    throw new TypeError(
      'Option "prefix" must be a text that is not empty and has no braces but one hash tag',
    );
  }
  checkTtl(ttl);
  checkWhole("scanCount", scanCount);
  checkNow(now);
  if (wait !== undefined) {
    checkWhole("wait.replicas", wait?.replicas);
    checkWhole("wait.timeoutMs", wait.timeoutMs);
    if (link.runAndWait === undefined) {
      throw new TypeError('Option "wait" needs a connection, which this client does not have');
    }
  }
  return new ScriptStore(link, new Names(prefix, link.keyPrefix), new Runner(link, wait), {
    ttl: ttl * 1000,
    scanCount: String(scanCount),
    now,
    parses: link.parses,
  });
}
