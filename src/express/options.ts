/** The options of the Express entry: express-session's, read once. */
import { webcrypto } from "node:crypto";
import { type Clock, type ClockOption, completeClock } from "../clock.ts";
import type { CookieOptions } from "../cookie/cookie.ts";
import { kindOf } from "../errors.ts";
import { type DataOptions, type DataSchema, resolveSchema } from "../core/data_schema.ts";
import type { BeforeCreate } from "../core/before_create.ts";
import { resolveMaxSessions } from "../core/session_cap.ts";
import { type LifecycleRules, NO_LIMITS } from "../core/lifecycle.ts";
import { type OnStoreError, resolveOnStoreError } from "../core/on_store_error.ts";
import { amount, callable, checkOptions, flag, idAge, limit, pause } from "../option_checks.ts";
import { provideRandomSource } from "../core/random_source.ts";
import { generateSessionId } from "../core/session_id.ts";
import type { MaybePromise, SessionStore } from "../store.ts";
import { type Warn, warner, warnOfSeconds } from "../warnings.ts";
import { isPlainCookie, resolveCookie, unknownAttributes } from "./cookie_option.ts";
import { deprecate } from "./deprecate.ts";
import { idShapeOf } from "./id_shape.ts";
import { resolveStore } from "./resolve_store.ts";
import { nativeOf } from "./to_express_store.ts";
import type { Secret } from "./node_signer.ts";
import { resolveSecrets } from "./secrets.ts";
import type { Store } from "./store.ts";
import type { SessionRequest } from "./types.ts";

/** Options of `session()`: those of express-session, and ours. Times are milliseconds. */
export interface SessionOptions extends DataOptions {
  /**
   * Signs the cookie. Of an array the first signs and all verify; the array is
   * read at each request, so keys can be added and removed at run time.
   */
  secret?: Secret | Secret[] | undefined;
  /** The cookie's attributes, or a function of the request that gives them. */
  // deno-lint-ignore no-explicit-any
  cookie?: CookieOptions | ((req: any) => CookieOptions) | undefined;
  /**
   * Draws the id of a new session: at most 256 characters, without slashes,
   * backslashes and control characters.
   * @default 192 random bits, as 32 base64url characters
   */
  // deno-lint-ignore no-explicit-any
  genid?: ((req: any) => string) | undefined;
  /** The cookie's name. @default {"connect.sid"} */
  name?: string | undefined;
  /** The same as `name`. */
  key?: string | undefined;
  /** Whether to believe `X-Forwarded-Proto`; left out: Express' "trust proxy". */
  proxy?: boolean | undefined;
  /** Stores a session that did not change. @default {true}, deprecated; false with `compat: "v2"` */
  resave?: boolean | undefined;
  /** Sends the cookie with every response. @default {false} */
  rolling?: boolean | undefined;
  /** Stores a new session nobody wrote to. @default {true}, deprecated; false with `compat: "v2"` */
  saveUninitialized?: boolean | undefined;
  /** Where sessions are kept: a callback store, or a native one. @default a MemoryStore */
  store?: Store | SessionStore | undefined;
  /** What `req.session = null` does to the stored session. @default {"keep"} */
  unset?: "destroy" | "keep" | undefined;
  /** Whose rules are followed: express-session 1.x, or its unreleased 2.x. @default {"v1"} */
  compat?: "v1" | "v2" | undefined;
  /** Removes the browser's cookie when a session is destroyed. @default {false} */
  clearCookie?: boolean | undefined;
  /**
   * The longest silence between two visits. A store is told of it in small steps: a
   * session may end 5 % of it, at most a minute, earlier. @default {Infinity}
   */
  idleTimeout?: number | undefined;
  /**
   * The longest life of a session since its last login, or where there was none,
   * since it began: no visit and no change extends it. @default {Infinity}
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
   * throw, refuses: `save()` is `SESSION_REFUSED`, and so is what `next()` hears in place of
   * the response, where the handler has left data in the session.
   */
  // deno-lint-ignore no-explicit-any
  beforeCreate?: BeforeCreate<any> | undefined;
  /** How long the store may take to answer; `0`: for ever. @default {30_000} */
  ioTimeout?: number | undefined;
  /**
   * What becomes of a request whose session could not be loaded because the store
   * failed, or has said `disconnect`: `"fail"`, `next(error)`, or `"anonymous"`, an empty
   * session to which nothing can be written. A function decides for each request; what
   * it throws is for `next()`.
   * @default as express-session: `"fail"`, but no `req.session` while the store is disconnected
   */
  // deno-lint-ignore no-explicit-any
  onStoreError?: OnStoreError<any> | undefined;
  /** The most bytes of data in one session. @default {Infinity} */
  maxBytes?: number | undefined;
  /**
   * Says on the console what keeps sessions from working, once for each reason and process:
   * why no cookie was sent, above all. Who listens to the event of it, if there is one, hears that instead. @default {true}
   */
  warn?: boolean | undefined;
  /** The clock, for tests: its `now()` is the time; `after()`, if it has one, the timer. */
  clock?: ClockOption | undefined;
}

/** Every option with its value. */
export interface ResolvedOptions {
  readonly secrets: readonly Secret[] | undefined;
  readonly cookie: (req: SessionRequest) => CookieOptions;
  readonly genid: (req: SessionRequest) => string;
  /** Whether an id is one that `genid` may have drawn: no other reaches the store. */
  readonly isId: (id: unknown) => id is string;
  readonly name: string;
  readonly store: Store;
  readonly proxy: boolean | undefined;
  readonly resave: boolean;
  readonly rolling: boolean;
  readonly saveUninitialized: boolean;
  readonly unsetDestroys: boolean;
  readonly readsParsedCookies: boolean;
  /** Making a session calls nothing of the application's, and cannot fail. */
  readonly isPlain: boolean;
  readonly clearCookie: boolean;
  readonly rules: LifecycleRules;
  readonly schema: DataSchema | undefined;
  readonly maxSessions: number | undefined;
  readonly beforeCreate: BeforeCreate<SessionRequest> | undefined;
  readonly ioTimeout: number;
  readonly onStoreError:
    | ((error: unknown, req: SessionRequest) => MaybePromise<unknown>)
    | undefined;
  readonly maxBytes: number;
  readonly warn: boolean;
  readonly clock: Clock;
}

/**
 * Gives every option its value. `says` is where its warnings go.
 *
 * @throws {TypeError} If an option has the wrong type.
 */
export function resolveOptions(
  given: SessionOptions | null | undefined,
  says: Warn<"express"> = warner("express"),
): ResolvedOptions {
  const options = given ?? {};
  checkOptions(options);
  const { unset, compat = "v1" } = options;
  provideRandomSource(webcrypto as Crypto);
  const genid = options.genid || generateSessionId;
  if (typeof genid !== "function") throw new TypeError("genid option must be a function");
  if (compat !== "v1" && compat !== "v2") throw new TypeError('compat option must be "v1" or "v2"');
  const isV1 = compat === "v1";
  const resave = options.resave ?? defaultTrue("resave", options.resave, isV1);
  const saveUninitialized = options.saveUninitialized ??
    (isV1
      ? defaultTrue("saveUninitialized", options.saveUninitialized, isV1)
      : options.saveUninitialized === undefined);
  if (unset && unset !== "destroy" && unset !== "keep") {
    throw new TypeError('unset option must be "destroy" or "keep"');
  }
  const warn = options.warn === false ? () => {} : says;
  const secrets = resolveSecrets(options.secret, isV1, warn);
  const name = options.name || options.key || "connect.sid";
  if (typeof name !== "string") {
    throw new TypeError(`name option must be a string, not ${kindOf(name)}`);
  }
  const schema = resolveSchema(options);
  const store = resolveStore(options.store, warn);
  const resolved: ResolvedOptions = {
    secrets,
    cookie: resolveCookie(name, options.cookie, warn),
    genid,
    isId: idShapeOf(genid),
    name,
    store,
    proxy: options.proxy,
    resave: Boolean(resave),
    rolling: Boolean(options.rolling),
    saveUninitialized: Boolean(saveUninitialized),
    unsetDestroys: unset === "destroy",
    readsParsedCookies: isV1,
    isPlain: genid === generateSessionId && isPlainCookie(options.cookie),
    clearCookie: flag("clearCookie", options.clearCookie),
    rules: rulesOf(name, options, schema),
    schema,
    maxSessions: resolveMaxSessions(options.maxSessions, nativeOf(store) ?? store),
    beforeCreate: callable("beforeCreate", options.beforeCreate),
    ioTimeout: amount("ioTimeout", options.ioTimeout, 30_000),
    onStoreError: options.onStoreError && resolveOnStoreError(options.onStoreError),
    maxBytes: amount("maxBytes", options.maxBytes, Infinity),
    warn: flag("warn", options.warn ?? true),
    clock: completeClock(options.clock),
  };
  lookAt(options, resolved, warn);
  return resolved;
}

/** What express-session does not say: there an option that does not exist is none. */
function lookAt(options: SessionOptions, resolved: ResolvedOptions, warn: Warn<"express">): void {
  const unresolved = ["secret", "key", "unset", "compat", "schemaVersion", "migrate"];
  const known = [...Object.keys(resolved), ...Object.keys(resolved.rules), ...unresolved];
  const unknown = Object.keys(options).filter((option) => !known.includes(option))
    .concat(unknownAttributes(options.cookie));
  if (unknown.length > 0) warn("unknown", unknown.map((option) => `"${option}"`).join(", "));
  const { idleTimeout, absoluteTimeout, cookie } = options;
  const { maxAge } = (cookie ?? {}) as CookieOptions;
  warnOfSeconds(warn, { idleTimeout, absoluteTimeout, "cookie.maxAge": maxAge });
}

/** Sessions have no limits but those asked for, as express-session's. */
function rulesOf(name: string, options: SessionOptions, schema?: DataSchema): LifecycleRules {
  const absoluteTimeout = limit("absoluteTimeout", options.absoluteTimeout);
  const rotateAfter = idAge(options.rotateAfter);
  return {
    ...NO_LIMITS,
    idleTimeout: limit("idleTimeout", options.idleTimeout),
    absoluteTimeout,
    rotateAfter,
    recheckInterval: pause(options.recheckInterval),
    name,
    dataVersion: schema?.version || undefined,
    notesBeginning: Boolean(schema?.version) || rotateAfter !== undefined ||
      (absoluteTimeout ?? Infinity) < Infinity,
  };
}

function defaultTrue(option: string, value: unknown, isV1: boolean): boolean {
  // `null` was always just another falsy value.
  if (value !== undefined || !isV1) return false;
  deprecate(`undefined ${option} option; provide ${option} option`);
  return true;
}
