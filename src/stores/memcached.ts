/**
 * Sessions in memcached, as connect-memcached stores them.
 *
 * Works with the clients of npm that can compare and set: memcache-client, with one server, and memcached
 * (3rd-Eden), with one or several. memjs has no `cas()`, and memcache hands out no mark for its own: they
 * are refused. The server needs its CAS, which `-C` would take away.
 *
 * Atomic: every change reads the item with its mark (`gets`) and sets it if it still has that mark
 * (`cas`), or adds it where there is none (`add`). So a late write never brings a session back: `cas`
 * makes nothing. A read is one round trip, a change or `touch()` two. A version is the stored text.
 *
 * **A cache forgets.** A server that is full evicts what was used longest ago, and a restart or
 * `flush_all` leaves nothing: whoever had those sessions is logged out, and nobody else notices.
 * Give sessions a server of their own, with `-m` for all of them; `-M` refuses new ones instead.
 *
 * **Logins.** `rotate()` is two steps, as memcached knows no transactions: the new session first,
 * then the old one is ended if it still is the one `version` marks; otherwise the new one is taken
 * back. Nobody knows the new id before both are done, so the holder of the old id sees one step. A
 * process that dies in between leaves the old session as it was and a copy under an id nobody knows,
 * until its end.
 *
 * **No list.** memcached finds nothing but by its key: there is no index of subjects, so `list()`,
 * `revokeAll()`, `maxSessions` and `revoke()` by a handle are `STORE_UNSUPPORTED`, and no `all()`,
 * `length()` and `clear()`: `flush_all` would take everybody's keys.
 *
 * **Time.** A session is over to the millisecond by the end that is stored with it, and the server
 * drops it up to three seconds later. That end stands in the cookie's JSON, as `$websession`.
 *
 * **Several servers.** Each key has one. A server that fails is an error and logs nobody out; but
 * a client that moves its keys to the others meanwhile (`remove: true`) is refused, as a session
 * that was ended there would live again when the server returns. A change of the list of servers
 * logs out those whose keys move. Proxies that copy or move keys do the same harm, and are not seen.
 *
 * **Outages.** A failed call rejects. Where a connection breaks memcache-client says so; memcached never
 * answers what was under way, which the core's `ioTimeout` bounds. A server that has failed it takes for
 * dead for `retry` (30,000 ms), and after `failures` of these (5) for `reconnect` (5 hours), and then it
 * runs the program `ping`: a process ends for which there is none. Give it
 * `{ retry: 1_000, failures: 1e6, reconnect: 2 ** 31 - 1 }`.
 *
 * **From connect-memcached, and back.** Both store the same JSON by the same client, and either reads
 * what the other has stored; give this store the other's `prefix`, which is `""` by default there.
 * What it has encrypted (`secret`) is read by it alone. While both are in use, its late saves bring back
 * what was ended: it knows only `set`.
 *
 * @module
 */
import type { SlidingStore } from "../store.ts";
import { systemClock } from "../clock.ts";
import { checkClient, type MemcachedStoreClient } from "./memcached/client.ts";
import { isKeyPrefix, Keys } from "./memcached/key.ts";
import { linkTo } from "./memcached/link.ts";
import { MemcachedStore } from "./memcached/store.ts";
import { checkKnown } from "./shared/known_options.ts";
import { checkNow, checkTtl, checkWhole } from "./shared/option_checks.ts";

export type {
  CallbackMemcachedClient,
  MemcachedCallback,
  MemcachedStoreClient,
  PromiseMemcachedClient,
} from "./memcached/client.ts";

/** Options of `memcachedStore()`. */
export interface MemcachedStoreOptions {
  /** The client, made by the application, which also ends it. */
  client: MemcachedStoreClient;
  /**
   * What the key of a session begins with: printable ASCII without spaces and `$`, 206 characters at
   * most with the `namespace` of a client of memcached. `""` is connect-memcached's.
   *
   * @default {"sess:"}
   */
  prefix?: string;
  /**
   * Seconds a session lives on when its cookie names no end, from each write or touch.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * The most bytes of a session as JSON: what has more is refused with `SESSION_TOO_LARGE` before the
   * server is asked. A little less than the server's `-I`, which is 1 MiB.
   *
   * @default {1_000_000}
   */
  maxBytes?: number;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

/** The store that `memcachedStore()` makes. */
export interface MemcachedSessionStore extends SlidingStore {
  /** Every change is compared and set by the server. */
  readonly atomic: true;
}

/**
 * Makes a store on memcached.
 *
 * @param options The client and how to use it; see {@linkcode MemcachedStoreOptions}.
 * @returns A store that is atomic and slides. Its calls reject with `SESSION_TOO_LARGE` above `maxBytes`,
 * and with `STORE_UNSUPPORTED` where the server has no CAS.
 * @throws {TypeError} If there is no such option, one has the wrong type, or the client cannot compare
 * and set or would move keys between servers.
 *
 * @example
 * ```ts ignore
 * import { memcachedStore } from "@websession/websession/stores/memcached";
 * import { MemcacheClient } from "memcache-client";
 *
 * const client = new MemcacheClient({ server: "127.0.0.1:11211" });
 * const store = memcachedStore({ client });
 * await store.create("an-id", { json: '{"cookie":{}}', expires: Date.now() + 60_000 });
 * if ((await store.read("an-id")) === undefined) throw new Error("not stored");
 * client.shutdown();
 * ```
 */
export function memcachedStore(options: MemcachedStoreOptions): MemcachedSessionStore {
  checkKnown(options, ["client", "prefix", "ttl", "maxBytes", "now"]);
  const { client, prefix = "sess:", ttl = 86_400, maxBytes = 1_000_000, now = systemClock.now } =
    options;
  checkClient(client);
  const link = linkTo(client);
  if (typeof prefix !== "string" || !isKeyPrefix(link.namespace, prefix)) {
    throw new TypeError(
      'Option "prefix" must be printable ASCII without spaces and "$", ' +
        "206 characters at most with the client's namespace",
    );
  }
  checkTtl(ttl);
  checkWhole("maxBytes", maxBytes);
  checkNow(now);
  const keys = new Keys(link.namespace, prefix);
  return new MemcachedStore(link, keys, { ttl: ttl * 1000, maxBytes, now });
}
