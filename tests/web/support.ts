/** What the tests of the Web entries share. */
import { vi } from "vitest";
import {
  createSessions,
  type SessionOptions,
  type Sessions,
  type SessionStore,
} from "../../mod.ts";
import { type MemorySessionStore, memoryStore } from "../../src/stores/memory.ts";

export const SECRET = "a secret of the tests, 32 bytes+";
export const URL_OF_APP = "https://app.test/";

// deno-lint-ignore no-explicit-any
export type Any = Record<string, any>;

const VERBS = ["create", "read", "commit", "touch", "rotate", "destroy"] as const;

/** A memory store that writes down which verbs it was asked. */
export function countingStore(): MemorySessionStore & { calls: string[] } {
  const calls: string[] = [];
  const store = memoryStore() as MemorySessionStore & { calls: string[] };
  for (const verb of [...VERBS, "readAndTouch"] as const) {
    const original = store[verb].bind(store) as (...args: unknown[]) => unknown;
    Object.defineProperty(store, verb, {
      value: (...args: unknown[]) => (calls.push(verb), original(...args)),
    });
  }
  store.calls = calls;
  return store;
}

/** A store whose verbs first do what the test says, and only then what they should. */
export function withVerb(
  store: SessionStore,
  verb: (typeof VERBS)[number],
  before: () => unknown,
): SessionStore {
  const plain = Object.fromEntries(
    VERBS.map((name) => [name, (store[name] as (...args: unknown[]) => unknown).bind(store)]),
  );
  const original = plain[verb]!;
  plain[verb] = async (...args: unknown[]) => (await before(), await original(...args));
  return { atomic: store.atomic, ...plain } as unknown as SessionStore;
}

export function makeSessions(
  options: Partial<SessionOptions> = {},
): { sessions: Sessions<Any>; store: MemorySessionStore } {
  const store = memoryStore();
  const sessions = createSessions<Any>({ secret: SECRET, store, ...options });
  return { sessions, store };
}

export function request(cookie?: string, url = URL_OF_APP): Request {
  return new Request(url, cookie === undefined ? {} : { headers: { cookie } });
}

/** The `name=value` the browser would send back for a response's session cookie. */
export function cookieOf(response: Response, name = "__Host-session"): string {
  const found = setCookieOf(response, name);
  if (found === undefined) throw new Error(`no cookie ${name} in this response`);
  return found.split(";")[0]!;
}

export function setCookieOf(response: Response, name = "__Host-session"): string | undefined {
  return response.headers.getSetCookie().find((each) => each.startsWith(`${name}=`));
}

/** Runs one request and returns the browser's cookie and the answer's text. */
export async function visit(
  sessions: Sessions<Any>,
  cookie: string | undefined,
  act: (session: Any) => unknown,
): Promise<{ cookie: string | undefined; response: Response; result: unknown }> {
  let result: unknown;
  const response = await sessions.wrap(async (_request, session) => {
    result = await act(session);
    return new Response("done");
  })(request(cookie));
  const set = setCookieOf(response);
  if (set === undefined) return { cookie, response, result };
  const pair = set.split(";")[0]!;
  return { cookie: pair.endsWith("=") ? undefined : pair, response, result };
}

/** Every use of Web Crypto that costs something. */
export function spyOnCrypto(): { calls(): number; restore(): void } {
  const spies = [
    vi.spyOn(crypto.subtle, "sign"),
    vi.spyOn(crypto.subtle, "verify"),
    vi.spyOn(crypto.subtle, "importKey"),
    vi.spyOn(crypto.subtle, "digest"),
    vi.spyOn(crypto, "getRandomValues"),
  ];
  // Bun keeps a spy on the platform's objects, and what it has seen, after it was restored.
  spies.forEach((spy) => spy.mockClear());
  return {
    calls: () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0),
    restore: () => spies.forEach((spy) => spy.mockRestore()),
  };
}

/** A promise with its handles: gates a race by hand. */
export function gate(): { wait: Promise<void>; open(): void } {
  let open = (): void => {};
  const wait = new Promise<void>((resolve) => open = resolve);
  return { wait, open };
}
