/**
 * Sessions in Redis or Valkey, laid out as connect-redis does it.
 *
 * Works with node-redis, ioredis, Valkey GLIDE, Bun's client and Upstash's REST
 * client, on a single server and on a cluster. Needs Redis 6.2 or later, or Valkey.
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
 * In a cluster an index may lose its last entry with its own master: the next visit enters it
 * again or, beside the mark of an earlier `destroyAll()`, has to log in again.
 *
 * **Lost answers.** A client that sends a command again after a reconnect
 * (ioredis does by default, `autoResendUnfulfilledCommands`, and its cluster client unless
 * `retryDelayOnFailover` is 0 as well) may run it twice.
 * A rotate, touch or destroy sent twice is as one. A commit sent twice is
 * answered by a conflict with itself: merged keys come out the same, but an
 * `update()` may count twice. A create sent twice answers `false`.
 *
 * **Whose sessions.** A subject's sessions are found by an index that is written in the same
 * step as they are. `list()` and `destroyAll()` go through it a hundred at a time, so that
 * nobody waits for them: ten thousand sessions are a hundred calls of about a millisecond each.
 * All of `destroyAll()` takes effect in its first step, which puts the index aside: from then on
 * no verb finds what is in it, and the other steps only remove what is left. A process that dies
 * in between leaves keys that last to their end, and nobody finds them. On a cluster whose keys
 * share no slot it closes one id after the other, until no other has come.
 *
 * **A server that evicts.** Nothing is kept for sure where `maxmemory-policy` is other than
 * `noeviction`. A session that was evicted is gone to every verb. An index that was evicted
 * would hide sessions that live on, so:
 *
 * - Every read, touch and write of a session looks for it in its index, in the same script. That
 *   keeps an index as warm as the warmest of its sessions: under an LRU or LFU policy it goes
 *   last. (On a cluster whose keys share no slot a read looks once a minute, beside the answer.)
 * - One that is missing there, as its index was lost, enters it again.
 * - `destroyAll()` leaves a mark in the index, for 400 days. A session that is missing beside a
 *   mark was ended when nobody could find it: it is gone to its next visit. (On that cluster, to
 *   the visit after.)
 *
 * What remains: until a session is used again, `list()` does not have it and `destroyAll()` does
 * not count it, if its index was evicted. One of which the index *and* the note of whose it is
 * were evicted, but not the session itself, is entered again by its text, into which the core
 * writes the subject (`$websession.subject`). In texts of your own, on the bare store, there is no
 * such witness: it is found again only when it is next written. That takes a policy that picks at random, or another program (connect-redis) that reads our
 * sessions and keeps them warm alone. And where the mark is evicted, too, a session that was not
 * used since lives again; under LRU the session, which is the older, goes first.
 * And an id of a subject's that has ended by itself, and begins again for nobody, is still
 * counted as that subject's, and ended with them: ids that are drawn at random never do.
 *
 * An index has an end: 400 days after the last that entered it, or that of a session in it where
 * it is later. So a `volatile-` policy may evict it as well. Without an end it could not, but then
 * the indexes of everybody who ever logged in would stay for ever, and fill such a server with
 * what it cannot evict. Choose `noeviction` (a full server then refuses logins and changes; reads
 * and logouts go on), or `volatile-ttl`, under which an index is the last to go. A large index is
 * freed in one step unless `lazyfree-lazy-eviction` and `lazyfree-lazy-expire` are `yes`.
 *
 * **Several stores in one Redis.** Each needs a prefix of its own, and one may begin with another
 * (`sess:` and `sess:adm:`). Stores note their prefixes in the sorted set `@by:`, once a minute as
 * long as they are used, and `all()`, `length()` and `clear()` pass by what belongs to a longer
 * one. With a `keyPrefix` of the client, this holds for stores that have the same. `clear()` takes
 * the prefix back until it is used again, and so does `ZREM` for one that nobody will use again.
 *
 * **Users of the server (ACL).** Beside `sess:*` the store keeps `@of:*` (whose session it is)
 * and `@by:*` (a subject's sessions, and the prefixes in use), the first only for sessions with
 * a subject; its scripts look at them for every session.
 *
 * @module
 */
import type { RedisSessionStore } from "./redis/session_store.ts";
import type { WatchableStore } from "../watchable_store.ts";
import type { RedisStoreClient } from "./redis/clients.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import { linkTo } from "./redis/clients.ts";
import { Names } from "./redis/names.ts";
import { Notices, noticesBy } from "./redis/notices.ts";
import { Runner } from "./redis/runner.ts";
import { ScriptStore } from "./redis/store.ts";
import type { RedisSubscriber } from "./redis/subscription.ts";
import { checkKnown } from "./shared/known_options.ts";
import { checkNow, checkTtl, checkWhole } from "./shared/option_checks.ts";

export type {
  CommandClient,
  IoredisClient,
  NodeRedisClient,
  RedisStoreClient,
  RestClient,
} from "./redis/clients.ts";
export type { GlideStoreClient } from "./redis/glide.ts";
export type {
  IoredisSubscriber,
  NodeRedisSubscriber,
  RedisSubscriber,
} from "./redis/subscription.ts";

export type { RedisSessionStore } from "./redis/session_store.ts";

const OPTIONS = ["client", "subscriber", "prefix", "ttl", "scanCount", "wait", "now"];

/** Options of `redisStore()`. */
export interface RedisStoreOptions {
  /**
   * The client, connected by the application, which also closes it. One of Valkey GLIDE gives up
   * on a command after 250 ms, and refuses more than 1,000 at a time, unless it is told otherwise
   * (`requestTimeout`, `inflightRequestsLimit`).
   */
  client: RedisStoreClient;
  /**
   * A second connection, as `client.duplicate()` makes one, connected by the application. With
   * it every process is told at once when a session ends or moves (`watch`, for
   * `session.signal`): the scripts that do it publish it as well, in the same step, and this
   * connection hears it. Give it to every process of the application, be it only for them to tell.
   *
   * @default {undefined}, nobody is told, and nothing is published
   */
  subscriber?: RedisSubscriber;
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
   * the call, and the write may then last or not. Not possible over REST, or
   * with Valkey GLIDE. Other commands on the same connection wait as well.
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

/**
 * Makes a store on a Redis or Valkey server.
 *
 * @param options The client and how to use it; see {@linkcode RedisStoreOptions}.
 * @returns A store that is atomic, slides, iterates and knows its subjects.
 * @throws {TypeError} If there is no such option, one has the wrong type, or the client is unknown.
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
export function redisStore(
  options: RedisStoreOptions & { subscriber: RedisSubscriber },
): RedisSessionStore & WatchableStore;
/** Makes a store on a Redis or Valkey server. */
export function redisStore(options: RedisStoreOptions): RedisSessionStore;
export function redisStore(options: RedisStoreOptions): RedisSessionStore {
  checkKnown(options, OPTIONS);
  const { client, prefix = "sess:", ttl = 86_400, scanCount = 100, wait, now = systemClock.now } =
    options;
  const link = linkTo(client);
  if (link === undefined) {
    throw new TypeError(
      'Option "client" must be a client of node-redis, ioredis, Valkey GLIDE, Bun or Upstash, not ' +
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
      throw new TypeError(
        'Option "wait" needs a client that can wait on the connection it has written on, as ' +
          "those of node-redis, ioredis and Bun",
      );
    }
  }
  const names = new Names(prefix, link.keyPrefix);
  const runner = new Runner(link, wait);
  const notices = noticesBy(options.subscriber, runner, names);
  if (notices !== undefined && options.subscriber as unknown === client) {
    throw new TypeError(
      'Option "subscriber" must be a second connection, not the client itself: client.duplicate()',
    );
  }
  const store = new ScriptStore(link, names, runner, {
    ttl: ttl * 1000,
    scanCount,
    now,
    parses: link.parses,
    notices,
  });
  if (notices === undefined) return store;
  const { watch, announce } = Notices.prototype;
  return Object.assign(store, { watch: watch.bind(notices), announce: announce.bind(notices) });
}
