/** Sessions by a framework's own cookies, where no response is at hand that could carry ours. */
import type { MaybePromise } from "../store.ts";
import { openedSession, openSession } from "./open_session.ts";
import type { RequestSession } from "./request_session.ts";
import type { WebAdapter } from "./web_adapter.ts";

/** The attributes a jar is given with a cookie, as the package `cookie` has them. */
export interface JarAttributes {
  /** The path below which the browser sends it. */
  path: string;
  /** The domain that also receives it. */
  domain?: string;
  /** When it ends. */
  expires?: Date;
  /** The same in seconds from now. */
  maxAge?: number;
  /** Hidden from scripts. */
  httpOnly?: boolean;
  /** Only sent over https. */
  secure?: boolean;
  /** Whether other sites' requests carry it. */
  sameSite?: "lax" | "strict" | "none";
  /** Kept per top-level site. */
  partitioned?: boolean;
  /** What a full jar drops last. */
  priority?: "low" | "medium" | "high";
}

/**
 * A framework's cookies of one request: Next's `cookies()`, SvelteKit's and Astro's `cookies`.
 * Values come and go as they are: the jar encodes and decodes them.
 */
export interface CookieJar {
  /** The value of a cookie, or what has it as `value`. */
  get(name: string): MaybePromise<string | { readonly value: string } | null | undefined>;
  /** Sends a cookie with the response to come. */
  set(name: string, value: string, attributes: JarAttributes): unknown;
}

/** Whether it is a jar and no `Request`. */
export function isJar(where: unknown): where is CookieJar {
  const { get, set } = Object(where) as Partial<CookieJar>;
  return typeof get === "function" && typeof set === "function";
}

/** The requests that jars stand for, until their cookies change: loaders beside each other share a session. */
const requests = new WeakMap<CookieJar, Promise<Request>>();
const jars = new WeakMap<RequestSession, CookieJar>();

/** Where nobody says what was asked for: so Secure cookies are the framework's business. */
const ANYWHERE = "https://localhost/";

/** Finds the session that a jar's cookies lead to, or begins one. */
export async function openJar(
  adapter: WebAdapter,
  jar: CookieJar,
  request: Request | undefined,
): Promise<RequestSession> {
  // A failure of the store is no way around what a route requires of the session.
  const own = request && openedSession(adapter, request);
  if (own?.admit !== undefined && own.state.failure !== undefined) throw own.state.failure;
  let standing = requests.get(jar);
  if (standing === undefined) {
    standing = requestOf(adapter, jar, request);
    requests.set(jar, standing);
  }
  const opened = await openSession(adapter, await standing);
  jars.set(opened, jar);
  return opened;
}

/** Stores what has to be stored, and leaves the cookies that are due in the session's jar. */
export async function commitToJar(opened: RequestSession): Promise<void> {
  const jar = jars.get(opened);
  if (jar === undefined) {
    throw new TypeError("commit() needs a response where open() was given a Request");
  }
  const texts = await opened.finish(false, () => true);
  opened.sent = opened.sent.concat(texts);
  // Whoever opens the jar again finds the cookies that are in it by then.
  if (opened.isCommitted) requests.delete(jar);
  for (const text of texts) {
    const set = jar.set(...cookieOf(text));
    // Fastify's reply is a thenable that waits for its own end.
    if (set instanceof Promise) await set;
  }
}

async function requestOf(
  { options: { name, store } }: WebAdapter,
  jar: CookieJar,
  request: Request | undefined,
): Promise<Request> {
  const names = "sealed" in store ? [name, ...PARTS.map((part) => `${name}.${part}`)] : [name];
  const pairs: string[] = [];
  for (const each of names) {
    const found = await jar.get(each);
    const value = typeof found === "object" ? found?.value : found;
    if (typeof value === "string") pairs.push(`${each}=${encodeURIComponent(value)}`);
  }
  const headers = new Headers(request?.headers);
  headers.set("cookie", pairs.join("; "));
  const { url = ANYWHERE, signal = null } = request ?? {};
  return new Request(url, { headers, signal });
}

/** A sealed session may be spread over so many. */
const PARTS = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** What a Set-Cookie text of ours says. */
function cookieOf(text: string): [name: string, value: string, attributes: JarAttributes] {
  const [pair = "", ...rest] = text.split("; ");
  const at = pair.indexOf("=");
  const attributes: Record<string, unknown> = { path: "/" };
  for (const each of rest) {
    const [key = "", ...value] = each.split("=");
    const name = key.charAt(0).toLowerCase() + key.slice(1).replace("-", "");
    attributes[name] = attributeOf(name, value.join("="));
  }
  const value = decodeURIComponent(pair.slice(at + 1));
  return [pair.slice(0, at), value, attributes as unknown as JarAttributes];
}

function attributeOf(name: string, text: string): unknown {
  if (name === "expires") return new Date(text);
  if (name === "maxAge") return Number(text);
  if (name === "path" || name === "domain") return text;
  return text === "" ? true : text.toLowerCase();
}
