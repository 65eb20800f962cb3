/** Both entries as one: a request with a cookie, a handler with a session, a reply. */
import type { Clock } from "../../src/clock.ts";
import type { CookieOptions } from "../../src/cookie/cookie_attributes.ts";
import type { SessionEvents } from "../../src/events.ts";
import type { SessionStore } from "../../src/store.ts";

// deno-lint-ignore no-explicit-any
export type Any = any;

/** What a handler is given. */
export interface Scene {
  /** The session as it is now: `regenerate()` may have replaced it. */
  readonly session: Any;
  readonly subject: string | undefined;
  login(subject: string, options?: { keep?: boolean | string[] }): Promise<void>;
  logout(): Promise<void>;
  update<T>(change: (data: Any) => T): Promise<Awaited<T>>;
  take(key: string): Promise<unknown>;
  flash(type: string, message?: string): Any;
}

export type Handler = (scene: Scene) => unknown;

/** What came back. */
export interface Reply {
  readonly status: number;
  /** What the browser sends next time; `undefined`: it has no cookie. */
  readonly cookie: string | undefined;
  /** The Set-Cookie text of ours, if there was one. */
  readonly setCookie: string | undefined;
  /** What the framework was told. */
  readonly errors: readonly unknown[];
  /** What the handler returned. */
  readonly result: Any;
}

export interface RequestOptions {
  /** The status the handler answers with. @default {200} */
  readonly status?: number;
  /** The visitor goes away in the middle of the answer. */
  readonly aborts?: boolean;
  /** It came over https, as it always does on the Web. */
  readonly isSecure?: boolean;
}

export interface Entry {
  request(
    cookie: string | undefined,
    handler: Handler,
    options?: RequestOptions,
  ): Promise<Reply>;
  on<Name extends keyof SessionEvents>(
    name: Name,
    listener: (event: SessionEvents[Name]) => unknown,
  ): void;
  list(subject: string): Promise<string[]>;
  revokeAll(subject: string): Promise<number>;
}

export interface EntryOptions {
  readonly store: SessionStore;
  readonly clock?: Clock;
  readonly maxBytes?: number;
  readonly ioTimeout?: number;
  readonly rolling?: boolean;
  readonly cookie?: CookieOptions;
  readonly idleTimeout?: number;
  readonly absoluteTimeout?: number;
  readonly maxSessions?: number;
}

export type MakeEntry = (options: EntryOptions) => Entry;

export const SECRET = "a secret of more than thirty-two bytes";

/** Our cookie in Set-Cookie texts, and what the browser makes of it. */
export function readCookies(
  texts: readonly string[],
  sent: string | undefined,
): Pick<Reply, "cookie" | "setCookie"> {
  const setCookie = texts.find((text) => text.startsWith("sid="));
  if (setCookie === undefined) return { cookie: sent, setCookie };
  const value = /^sid=([^;]*)/.exec(setCookie)![1]!;
  return { cookie: value === "" ? undefined : value, setCookie };
}

/** A request that must be answered well. */
export async function visit(
  entry: Entry,
  cookie: string | undefined,
  handler: Handler,
  options?: RequestOptions,
): Promise<Reply> {
  const reply = await entry.request(cookie, handler, options);
  if (reply.status !== 200) throw reply.errors[0] ?? new Error(`status ${reply.status}`);
  return reply;
}

/** The cookie of a new session with these data, or with this login. */
export async function begin(
  entry: Entry,
  data: object,
  subject?: string,
  options?: RequestOptions,
): Promise<string> {
  const { cookie } = await visit(entry, undefined, async ({ session, login }) => {
    Object.assign(session, data);
    if (subject !== undefined) await login(subject);
  }, options);
  if (cookie === undefined) throw new Error("no cookie for a new session");
  return cookie;
}

/** The data a cookie leads to; `undefined`: to nothing. */
export async function dataOf(entry: Entry, cookie: string | undefined): Promise<Any> {
  const { result } = await visit(entry, cookie, ({ session }) => {
    const { cookie: _, ...data } = { ...session };
    return structuredClone(data);
  });
  return Object.keys(result).length === 0 ? undefined : result;
}

/** A point that waits for the test's word. */
export function stop(): { arrived: Promise<void>; release(): void; here(): Promise<void> } {
  let arrive!: () => void;
  let release!: () => void;
  const arrived = new Promise<void>((resolve) => arrive = resolve);
  const released = new Promise<void>((resolve) => release = resolve);
  return { arrived, release, here: () => (arrive(), released) };
}
