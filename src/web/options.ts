/**
 * The options of the Web entries: every default, check and refusal, once, at construction.
 *
 * @module
 */
import { type Clock, type ClockOption, completeClock } from "../clock.ts";
import type { CookieOptions } from "../cookie/cookie_attributes.ts";
import { kindOf } from "../errors.ts";
import { generateSessionId } from "../core/session_id.ts";
import type { SealedStore } from "../sealed_store.ts";
import { checkSealed, checkStore, isSealed } from "../core/check_store.ts";
import { type DataOptions, type DataSchema, resolveSchema } from "../core/data_schema.ts";
import type { BeforeCreate } from "../core/before_create.ts";
import { resolveMaxSessions } from "../core/session_cap.ts";
import { type OnStoreError, resolveOnStoreError } from "../core/on_store_error.ts";
import { checkCookie } from "../cookie/cookie_options.ts";
import type { LifecycleRules } from "../core/lifecycle.ts";
import { amount, callable, checkOptions, flag, idAge, limit, pause } from "../option_checks.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import { defaultName, withDefaults } from "./cookie_defaults.ts";
import { resolveSecrets } from "./secrets.ts";
import { checkedGenid } from "./genid.ts";
import { checkNames } from "../core/known_options.ts";

/** Options of the Web entries. Times are milliseconds, sizes bytes. */
export interface SessionOptions extends DataOptions {
  /**
   * Signs the cookie: at least 32 bytes. Of an array the first signs and all
   * verify; a cookie signed with an older one is signed anew.
   */
  secret: string | readonly string[];
  /**
   * The cookie's name.
   *
   * @default {"__Host-session"}, or `"session"` where the cookie's attributes
   * rule the prefix out (a domain, another path, not always Secure)
   */
  name?: string | undefined;
  /**
   * The cookie's attributes, or a function of the request that gives them.
   *
   * @default {{ httpOnly: true, path: "/", sameSite: "lax", secure: true }}
   */
  cookie?: CookieOptions | ((request: Request) => CookieOptions) | undefined;
  /** Where sessions are kept. @default {memoryStore()} */
  store?: SessionStore | undefined;
  /** Draws the id of a new session: 1 to 128 of `A–Z a–z 0–9 - _`. @default {generateSessionId} */
  genid?: ((request: Request) => string) | undefined;
  /** Sends the cookie with every response, so that it ends `maxAge` after the last visit. @default {false} */
  rolling?: boolean | undefined;
  /** Stores a session that did not change. @default {false} */
  resave?: boolean | undefined;
  /** Stores a new session nobody wrote to. @default {false} */
  saveUninitialized?: boolean | undefined;
  /** Believes `X-Forwarded-Proto`: only behind a proxy that sets it. @default {false} */
  proxy?: boolean | undefined;
  /** Stores changes though the handler failed (it threw, or the status is 500 or more). @default {false} */
  saveOnError?: boolean | undefined;
  /**
   * Marks responses to visitors who are logged in `Cache-Control: no-store`, unless the
   * handler says otherwise: the way back after a logout must not show their pages. @default {true}
   */
  noStore?: boolean | undefined;
  /**
   * The longest silence between two visits; `Infinity`: no limit. Ends are counted
   * in small steps: a session may end 5 % of it, at most a minute, earlier.
   *
   * @default 24 hours for sessions whose cookie has no `maxAge`; with one, that is the limit
   */
  idleTimeout?: number | undefined;
  /**
   * The longest life of a session since its last login, or where there was none,
   * since it began: no visit and no change extends it. `Infinity`: no limit.
   *
   * @default 30 days, or the cookie's `maxAge` where that is longer
   */
  absoluteTimeout?: number | undefined;
  /**
   * How old an id becomes: the next visit replaces it, and its response brings the new one.
   * Requests with the old one reach the session for 30 seconds more, and not beyond a
   * login. At least 60,000. @default {Infinity}
   */
  rotateAfter?: number | undefined;
  /**
   * How often a session whose signal was asked for is looked for in the store, in milliseconds:
   * how late this process learns of its end in another one. Needs no store with `watch`, which
   * tells of it at once. @default {Infinity}, never but at its own end
   */
  recheckInterval?: number | undefined;
  /**
   * The most sessions of one subject: a login ends the oldest beyond them; of logins in one
   * millisecond any, and the same one in every process. Needs a store that keeps subjects,
   * and asks it for them at each login. @default any number
   */
  maxSessions?: number | undefined;
  /**
   * Is asked once for each request that is about to store a new session, before the store
   * is: never for one that is there already, and not where it takes a new id. `false`, or a
   * throw, refuses: `save()` rejects with `SESSION_REFUSED`, and so does the response, where
   * the handler has left data in the session.
   */
  beforeCreate?: BeforeCreate<Request> | undefined;
  /** How long the store may take to answer; `0`: for ever. @default {10_000} */
  ioTimeout?: number | undefined;
  /**
   * What becomes of a request whose session could not be loaded because the store
   * failed: `"fail"`, the error in place of an answer, or `"anonymous"`, an empty
   * session to which nothing can be written. A function decides for each request; a
   * `Response` it returns is the answer. @default {"fail"}
   */
  onStoreError?: OnStoreError<Request, Response> | undefined;
  /** The most bytes of data in one session. @default {65_536} */
  maxBytes?: number | undefined;
  /**
   * Says on the console what keeps sessions from working, once for each reason and process:
   * why no cookie was sent, above all. Who listens to the event of it, if there is one, hears that instead. @default {true}
   */
  warn?: boolean | undefined;
  /** The clock, for tests: its `now()` is the time; `after()`, if it has one, the timer. */
  clock?: ClockOption | undefined;
}

/**
 * Options of the Web entries where the browser has the whole session, sealed:
 * as `cookieStore({ secret })` does it. What that costs is said in
 * `./stores/cookie`; and of what a session can do,
 *
 * - `update()` and `take()` are serialisable within their request only;
 * - changes leave with the response or not at all: `save()` after it rejects
 *   with `SESSION_COMMITTED`, and so does a logout;
 * - a session that is too large for its cookies is `SESSION_TOO_LARGE` from
 *   `save()`, `login()` or the response;
 * - without `rolling`, a visit that changes nothing moves no end: neither the
 *   browser's nor the session's.
 */
export interface SealedSessionOptions extends Omit<SessionOptions, "secret" | "store"> {
  /** Seals the sessions; it has the secret. The clock that ends them is the store's. */
  store: SealedStore;
  /** The store has it: one here would do nothing and is refused. */
  secret?: undefined;
}

/** Every option with its value. */
export interface ResolvedOptions {
  readonly secrets: readonly string[];
  readonly name: string;
  readonly cookie: (request: Request) => CookieOptions;
  /** Each request may have others, which are checked at once. */
  readonly cookieVaries: boolean;
  readonly store: SessionStore | SealedStore;
  readonly genid: (request: Request) => string;
  readonly rolling: boolean;
  readonly resave: boolean;
  readonly saveUninitialized: boolean;
  readonly unsetDestroys: boolean;
  readonly proxy: boolean;
  readonly saveOnError: boolean;
  readonly noStore: boolean;
  readonly rules: LifecycleRules;
  readonly schema: DataSchema | undefined;
  readonly maxSessions: number | undefined;
  readonly beforeCreate: BeforeCreate<Request> | undefined;
  readonly ioTimeout: number;
  readonly onStoreError: (error: unknown, request: Request) => MaybePromise<unknown>;
  readonly maxBytes: number;
  readonly warn: boolean;
  readonly clock: Clock;
}

const DAY = 24 * 60 * 60 * 1000;
const DEFAULT_LIMITS = { idleTimeout: DAY, absoluteTimeout: 30 * DAY };

/**
 * Gives every option its value.
 *
 * @param others Options that are not for sessions: they are nobody's mistake.
 * @throws {TypeError} If an option has the wrong type, or contradicts another.
 * @throws {RangeError} If a number is outside its range.
 */
export function resolveOptions(
  options: SessionOptions | SealedSessionOptions,
  makeStore: (() => SessionStore) | undefined,
  others: object = {},
): ResolvedOptions {
  checkOptions(options);
  const { cookie } = options;
  const genid = callable("genid", options.genid);
  const staticCookie = typeof cookie === "function" ? undefined : withDefaults(cookie);
  const name = options.name ?? defaultName(staticCookie);
  if (typeof name !== "string" || name === "") {
    const what = name === "" ? "empty" : kindOf(name);
    throw new TypeError(`Option "name" must be a string of cookie characters, not ${what}`);
  }
  if (staticCookie !== undefined) checkCookie(name, staticCookie);
  const store = options.store === undefined ? makeStore?.() : options.store;
  if (isSealed(store)) checkSealed(store, options.secret);
  else checkStore(store);
  const schema = resolveSchema(options);
  const resolved: Omit<ResolvedOptions, "secrets"> = {
    schema,
    name,
    cookie: typeof cookie === "function"
      ? (request) => {
        const attributes = withDefaults(cookie(request) ?? {});
        checkCookie(name, attributes);
        return attributes;
      }
      : () => staticCookie!,
    cookieVaries: staticCookie === undefined,
    store,
    genid: genid === undefined ? generateSessionId : checkedGenid(genid),
    rolling: flag("rolling", options.rolling),
    resave: flag("resave", options.resave),
    saveUninitialized: flag("saveUninitialized", options.saveUninitialized),
    unsetDestroys: false,
    proxy: flag("proxy", options.proxy),
    saveOnError: flag("saveOnError", options.saveOnError),
    noStore: flag("noStore", options.noStore ?? true),
    rules: {
      idleTimeout: limit("idleTimeout", options.idleTimeout),
      absoluteTimeout: limit("absoluteTimeout", options.absoluteTimeout),
      rotateAfter: idAge(options.rotateAfter, isSealed(store)),
      recheckInterval: pause(options.recheckInterval, isSealed(store)),
      defaults: DEFAULT_LIMITS,
      name,
      dataVersion: schema?.version || undefined,
      notesBeginning: true,
    },
    maxSessions: resolveMaxSessions(options.maxSessions, store),
    beforeCreate: callable("beforeCreate", options.beforeCreate),
    ioTimeout: amount("ioTimeout", options.ioTimeout, 10_000),
    onStoreError: resolveOnStoreError(options.onStoreError),
    maxBytes: amount("maxBytes", options.maxBytes, 65_536),
    warn: flag("warn", options.warn ?? true),
    clock: completeClock(options.clock),
  };
  const unresolved = { secret: 0, schemaVersion: 0, migrate: 0 };
  checkNames(options, { ...resolved, ...resolved.rules, ...unresolved, ...others });
  // Last: who calls it otherwise is told so, and not that it is missing.
  return { ...resolved, secrets: isSealed(store) ? [] : resolveSecrets(options.secret) };
}
