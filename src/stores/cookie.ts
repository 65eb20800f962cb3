/**
 * The whole session in the cookie, encrypted: no server, no store.
 *
 * What that costs, before you choose it:
 *
 * - **A copied cookie works until it expires.** Without an `epoch` a logout
 *   removes the cookie from this browser and nothing else.
 * - **Parallel responses overwrite each other**: the last one wins, whole. The
 *   promises about parallel requests need a store that is atomic.
 * - **It is small**: about 2.8 KB of JSON in one cookie, 5.7 KB in two, sent
 *   with every request.
 * - **Whoever has the secret has every session**, past ones included.
 * - The length of the cookie tells the length of the data.
 *
 * It is for the Web entries (`createSessions()`, Hono); the Express entry refuses it.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession";
 * import { cookieStore } from "@websession/websession/stores/cookie";
 *
 * const secret = "an example of a secret with 32 bytes or more";
 * const sessions = createSessions<{ views: number }>({ store: cookieStore({ secret }) });
 * const handler = sessions.wrap((_request, session) => {
 *   session.views = (session.views ?? 0) + 1;
 *   return new Response(`${session.views} views`);
 * });
 * const response = await handler(new Request("https://example.com/"));
 * if (!response.headers.has("set-cookie")) throw new Error("no cookie");
 * ```
 *
 * @module
 */
import type { OpenedSession, SealedStore, SealedTransport } from "../sealed_store.ts";
import type { EpochStore } from "./cookie/epoch.ts";
import { systemClock } from "../clock.ts";
import { kindOf } from "../errors.ts";
import { MAX_COOKIES } from "./cookie/chunks.ts";
import { Sealer } from "./cookie/sealer.ts";
import { CookieStore } from "./cookie/store.ts";
import { sealedTransport as transport } from "../web/sealed_transport.ts";
import { checkNow, checkTtl, checkWhole } from "./shared/option_checks.ts";
import { checkKnown } from "./shared/known_options.ts";

export { type EpochStore, epochStore } from "./cookie/epoch.ts";
export type { OpenedSession, SealedStore, SealedTransport };

/** What a sealed store of your own has as its `transport`: the Web entries serve its sessions by it. */
export const sealedTransport: SealedTransport = transport;

/** A secret of 32 bytes or more; a string counts in UTF-8. */
export type CookieSecret = string | Uint8Array;

/** A `CryptoKey` for AES-GCM, whichever library describes it: not every project has the DOM's. */
export interface SealingKey {
  /** What the key is for. */
  readonly algorithm: { readonly name: string };
  /** `"secret"`. */
  readonly type: string;
  /** Whether it can be exported; nothing here asks for it. */
  readonly extractable: boolean;
  /** `"encrypt"` and `"decrypt"`. */
  readonly usages: readonly string[];
}

/** What `cookieStore()` makes: a sealed store whose tokens can be looked into. */
export interface CookieSessionStore extends SealedStore {
  /**
   * Opens a token. `undefined`: expired, revoked, of another name or secret, or
   * no token at all. Rejects only when the epoch could not be asked.
   */
  open(name: string, token: string): Promise<OpenedSession | undefined>;
  /** The tokens that a request's cookies may hold: all of the parts, or no token. */
  join(name: string, cookies: Iterable<readonly [name: string, value: string]>): string[];
}

/** Options of `cookieStore()`: either `secret` or `keys`. */
export interface CookieStoreOptions {
  /**
   * What the key is derived from (HKDF-SHA-256). Of several the first seals and
   * all open, so that a new one can be put in front. One secret is good for
   * four billion cookies: renew it before.
   */
  secret?: CookieSecret | readonly CookieSecret[];
  /** AES-GCM keys of your own instead; the first seals and all open. */
  keys?: readonly SealingKey[];
  /**
   * How many cookies a session may be spread over, 1 to 9. Many servers refuse
   * a Cookie header of more than 8 KiB, which is two.
   *
   * @default {2}
   */
  maxCookies?: number;
  /**
   * Seconds that a session lives after it was sealed last when its cookie names
   * no end. The browser still drops such a cookie when it closes.
   *
   * @default {86_400}
   */
  ttl?: number;
  /**
   * Lets `revoke()` and `revokeAll()` end sessions, at the price of one lookup
   * when a session is opened and one when it is sealed again. Each login and
   * logout leaves a line there for 401 days, longer than any token is accepted.
   *
   * @default {undefined}
   */
  epoch?: EpochStore;
  /**
   * The clock: milliseconds since the epoch.
   *
   * @default {() => Date.now()}
   */
  now?: () => number;
}

const MIN_SECRET_BYTES = 32;

/**
 * Makes a store that keeps sessions in encrypted cookies (AES-256-GCM).
 *
 * @param options The secret and the limits; see {@linkcode CookieStoreOptions}.
 * @returns The store; see {@linkcode CookieSessionStore}.
 * @throws {TypeError} If an option does not exist or has the wrong type, or a secret has fewer than 32 bytes.
 *
 * @example
 * ```ts
 * import { cookieStore } from "@websession/websession/stores/cookie";
 *
 * const store = cookieStore({ secret: "an example of a secret with 32 bytes or more" });
 * const token = await store.seal("sid", { json: '{"cookie":{},"views":1}', expires: null });
 * const opened = await store.open("sid", token!);
 * if (opened?.json !== '{"cookie":{},"views":1}') throw new Error("not sealed");
 * ```
 */
export function cookieStore(options: CookieStoreOptions): CookieSessionStore {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`cookieStore() needs options, a secret at least, not ${kindOf(options)}`);
  }
  checkKnown(options, ["secret", "keys", "maxCookies", "ttl", "epoch", "now"]);
  const { maxCookies = 2, ttl = 86_400, epoch, now = systemClock.now } = options;
  checkWhole("maxCookies", maxCookies, MAX_COOKIES);
  checkTtl(ttl);
  if (epoch !== undefined && typeof epoch?.read !== "function") {
    throw new TypeError(`Option "epoch" must be an epoch store, not ${kindOf(epoch)}`);
  }
  checkNow(now);
  return new CookieStore(new Sealer(material(options)), maxCookies, ttl * 1000, epoch, now);
}

function material({ secret, keys }: CookieStoreOptions): readonly (Uint8Array | CryptoKey)[] {
  if ((secret === undefined) === (keys === undefined)) {
    throw new TypeError('Option "secret" or option "keys" must be given, and not both');
  }
  if (keys !== undefined) {
    const areKeys = Array.isArray(keys) && keys.length > 0 &&
      keys.every((key: SealingKey) => Object(key?.algorithm).name === "AES-GCM");
    if (!areKeys) throw new TypeError('Option "keys" must be an array of AES-GCM keys');
    return [...keys];
  }
  const secrets = (Array.isArray(secret) ? secret : [secret]) as unknown[];
  if (secrets.length === 0) throw new TypeError('Option "secret" must not be an empty array');
  return secrets.map((one) => {
    if (typeof one !== "string" && !(one instanceof Uint8Array)) {
      throw new TypeError(`Option "secret" must be a string or bytes, not ${kindOf(one)}`);
    }
    const bytes = typeof one === "string" ? new TextEncoder().encode(one) : one.slice();
    if (bytes.length >= MIN_SECRET_BYTES) return bytes;
    throw new TypeError(`Option "secret" must have at least ${MIN_SECRET_BYTES} bytes`);
  });
}
