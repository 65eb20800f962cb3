/**
 * Sessions in Redis or Valkey, in the keys and values of connect-redis.
 *
 * Works with node-redis, ioredis, Bun's client and Upstash's REST client, on a
 * single server and on a cluster. Needs Redis 6.2 or later, or Valkey.
 *
 * Each verb is one Lua script and one round trip, so `commit()` and `rotate()`
 * compare and swap in one step. A version is the SHA-1 of the stored text,
 * which the server computes: nothing is added to the value.
 *
 * **Time.** A session ends at one absolute moment (`PXAT`), and it is over when
 * either clock has passed it: the server's, which removes the key, or the
 * caller's, which every script compares as well.
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
import { kindOf } from "../errors.ts";
import { toResult, toStored, unmark } from "./redis/answers.ts";
import { Apart } from "./redis/apart.ts";
import { type Link, linkTo } from "./redis/link.ts";
import { Names } from "./redis/names.ts";
import { Runner } from "./redis/runner.ts";
import * as scripts from "./redis/scripts.ts";

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
   * @default {Date.now}
   */
  now?: () => number;
}

/** The store that `redisStore()` makes. */
export interface RedisSessionStore extends SlidingStore, IterableStore, SubjectStore {
  /** Inserts a record; `false` when a live one has this id. */
  create(id: string, record: SessionRecord): Promise<boolean>;
  /** Finds a live record. */
  read(id: string): Promise<StoredSession | undefined>;
  /** Finds a live record and moves its end, in one round trip. */
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
  const { client, prefix = "sess:", ttl = 86_400, scanCount = 100, wait, now = Date.now } = options;
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
  if (typeof ttl !== "number" || !(ttl > 0)) {
    throw new TypeError('Option "ttl" must be a number of seconds, more than 0');
  }
  if (!Number.isInteger(scanCount) || scanCount < 1) {
    throw new TypeError('Option "scanCount" must be a whole number of at least 1');
  }
  if (typeof now !== "function") throw new TypeError('Option "now" must be a function');
  if (wait !== undefined) {
    if (!(Number.isInteger(wait?.replicas) && wait.replicas >= 1)) {
      throw new TypeError('Option "wait.replicas" must be a whole number of at least 1');
    }
    if (!(Number.isInteger(wait.timeoutMs) && wait.timeoutMs >= 1)) {
      throw new TypeError('Option "wait.timeoutMs" must be a whole number of milliseconds');
    }
    if (link.runAndWait === undefined) {
      throw new TypeError('Option "wait" needs a connection, which this client does not have');
    }
  }
  return new Redis(link, new Names(prefix, link.keyPrefix), new Runner(link, wait), {
    ttl: ttl * 1000,
    scanCount: String(scanCount),
    now,
  });
}

interface Settings {
  /** Milliseconds. */
  readonly ttl: number;
  readonly scanCount: string;
  readonly now: () => number;
}

/** The last moment a `Date` can name. */
const LAST = 8.64e15;

class Redis implements RedisSessionStore {
  readonly atomic = true;
  readonly #names: Names;
  readonly #runner: Runner;
  readonly #settings: Settings;
  /** Set where an index and a session are out of one script's reach. */
  readonly #apart: Apart | undefined;

  constructor(link: Link, names: Names, runner: Runner, settings: Settings) {
    this.#names = names;
    this.#runner = runner;
    this.#settings = settings;
    if (link.cluster && !names.oneSlot) this.#apart = new Apart(runner, names, () => this.#now());
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    const member = this.#names.member(id);
    if (record.subject !== undefined) {
      await this.#apart?.enlist(record.subject, member, this.#end(record.expires));
    }
    const keys = this.#keys(member, record.subject);
    const made = await this.#runner.write(scripts.CREATE, keys, this.#arguments(member, record));
    return typeof made === "string";
  }

  async read(id: string): Promise<StoredSession | undefined> {
    const [key] = this.#names.keys(this.#names.member(id));
    return toStored(await this.#runner.run(scripts.READ, [key], [this.#now()]));
  }

  async readAndTouch(id: string, maxAge: number): Promise<StoredSession | undefined> {
    const end = this.#end(this.#settings.now() + maxAge);
    const keys = this.#names.keys(this.#names.member(id));
    const answer = await this.#runner.run(scripts.TOUCH, keys, [this.#now(), end, "1"]);
    return toStored(answer, Number(end));
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const member = this.#names.member(id);
    const keys = this.#keys(member, record.subject);
    const args = [...this.#arguments(member, record), markOf(version)];
    const { subject } = record;
    const answer = await this.#runner.write(scripts.COMMIT, keys, [...args, this.#apart ? "0" : "1"]);
    if (this.#apart === undefined || subject === undefined || !isIndexFirst(answer)) {
      return toResult(answer);
    }
    await this.#apart.enlist(subject, member, this.#end(record.expires));
    return toResult(await this.#runner.write(scripts.COMMIT, keys, [...args, "1"]));
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    const keys = this.#names.keys(this.#names.member(id));
    const args = [this.#now(), this.#end(expires), "0"];
    return await this.#runner.run(scripts.TOUCH, keys, args) === 1;
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    if (from === to) return await this.commit(from, record, version);
    const [old, member] = [this.#names.member(from), this.#names.member(to)];
    const args = this.#arguments(member, record);
    if (this.#apart !== undefined) {
      if (record.subject !== undefined) {
        await this.#apart.enlist(record.subject, member, this.#end(record.expires));
      }
      return await this.#apart.rotate(old, member, markOf(version), args);
    }
    // The script wants an index in third place; nobody's sessions have one it will not touch.
    const keys = [...this.#keys(member, record.subject ?? ""), ...this.#names.keys(old)];
    return toResult(
      await this.#runner.write(scripts.ROTATE, keys, [...args, markOf(version), old]),
    );
  }

  async destroy(id: string): Promise<void> {
    const member = this.#names.member(id);
    if (this.#apart !== undefined) return void await this.#apart.remove(member);
    const args = [this.#now(), "", member, "0", ...this.#names.all, ""];
    await this.#runner.write(scripts.REMOVE, this.#names.keys(member), args);
  }

  async *all(): AsyncGenerator<[id: string, stored: StoredSession]> {
    const seen = new Set<string>();
    for await (const page of this.#scan("all")) {
      for (const [marked, ...answer] of page as [string, ...unknown[]][]) {
        const id = this.#names.id(marked.slice(1));
        const stored = toStored(answer);
        if (stored === undefined || seen.has(id)) continue;
        seen.add(id);
        yield [id, stored];
      }
    }
  }

  async length(): Promise<number> {
    // A scan may show a key twice.
    const seen = new Set<string>();
    for await (const page of this.#scan("ids")) for (const id of page) seen.add(String(id));
    return seen.size;
  }

  async clear(): Promise<void> {
    for (const pattern of this.#names.patterns()) {
      for await (const _page of this.#scan("clear", pattern));
    }
  }

  async list(subject: string): Promise<string[]> {
    const members = this.#apart === undefined
      ? unmark(
        await this.#runner.run(scripts.LIST, [this.#names.index(subject)], [
          this.#now(),
          ownerOf(subject),
          ...this.#names.all,
        ]),
      )
      : await this.#apart.list(subject);
    return members.map((member) => this.#names.id(member));
  }

  async destroyAll(subject: string, except?: string): Promise<number> {
    const kept = except === undefined ? undefined : this.#names.member(except);
    if (this.#apart !== undefined) return await this.#apart.removeAll(subject, kept);
    const args = [this.#now(), ownerOf(subject), ...this.#names.all];
    args.push(kept === undefined ? "" : `=${kept}`);
    const index = this.#names.index(subject);
    return Number(await this.#runner.write(scripts.REMOVE_ALL, [index], args));
  }

  /** Pages of every server, one step of its cursor each. */
  async *#scan(what: string, pattern = this.#names.patterns()[0]): AsyncGenerator<unknown[]> {
    const { scanCount } = this.#settings;
    const skip = new TextEncoder().encode(this.#names.all[0]).length;
    for (const run of await this.#runner.nodes()) {
      let cursor = "0";
      do {
        const args = [this.#now(), cursor, pattern, scanCount, what, String(skip)];
        const [next, page] = await run(scripts.PAGE, args) as [string, unknown[]];
        yield page;
        cursor = next.slice(1);
      } while (cursor !== "0");
    }
  }

  #keys(member: string, subject: string | undefined): string[] {
    const keys: string[] = this.#names.keys(member);
    if (this.#apart === undefined && subject !== undefined) keys.push(this.#names.index(subject));
    return keys;
  }

  /** What the scripts that store a record have in common. */
  #arguments(member: string, { json, expires, subject }: SessionRecord): string[] {
    return [
      this.#now(),
      json,
      this.#end(expires),
      ownerOf(subject),
      member,
      ...this.#names.all,
    ];
  }

  #now(): string {
    return String(Math.floor(this.#settings.now()));
  }

  #end(expires: number | null): string {
    const end = expires ?? this.#settings.now() + this.#settings.ttl;
    return String(Math.max(1, Math.min(Math.floor(end), LAST)));
  }
}

const ownerOf = (subject: string | undefined): string => subject === undefined ? "n" : `s${subject}`;

const markOf = (version: Version): string => typeof version === "string" && version || "none";

const isIndexFirst = (answer: unknown): boolean => Array.isArray(answer) && answer[0] === "index";
