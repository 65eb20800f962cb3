/** Every way in, as one: a request with a cookie, a handler with a session, a cookie back. */
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { createSessions } from "../../mod.ts";
import type { Clock } from "../../src/clock.ts";
import session, { logout, MemoryStore, toExpressStore, update } from "../../src/express/mod.ts";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { Gate } from "./gate.ts";

// deno-lint-ignore no-explicit-any
export type Any = any;

/** What a handler is given. */
export interface Scene {
  /** The session as it is now: `regenerate()` may have replaced it. */
  readonly session: Any;
  /** What the Express entry has as functions, and the Web as methods. */
  update(change: (data: Any) => unknown): Promise<unknown>;
  logout(): Promise<void>;
  /** Destroys by the store's own method, not by the session's. */
  destroyInStore(id: string): Promise<void>;
  /** Starts to answer: headers leave, the end comes later. */
  startStreaming(): void;
}

export type Handler = (scene: Scene) => Promise<unknown> | unknown;

export interface Door {
  readonly gate: Gate;
  readonly discarded: string[];
  /** Runs a request and says which cookie its response sets; `undefined`: none. */
  request(cookie: string | undefined, handler: Handler): Promise<string | undefined>;
  /** Everything stored, by id. */
  records(): Map<string, Any>;
}

export interface DoorOptions {
  readonly rolling?: boolean;
  readonly resave?: boolean;
}

export type MakeDoor = (options?: DoorOptions) => Door;

const SECRET = "a secret of more than thirty-two bytes";
const MAX_AGE = 3_600_000;

/** Pauses between retries cost no time here, and nothing ever times out: runs can be repeated. */
const CLOCK: Clock = {
  now: () => Date.now(),
  after(ms, act) {
    if (ms > 1000) return () => {};
    const pause = setImmediate(act);
    return () => clearImmediate(pause);
  },
};

/** Our cookie's value in a Set-Cookie text; a removed cookie is none. */
function valueIn(fields: readonly string[]): string | undefined {
  const field = fields.find((text) => text.startsWith("sid="));
  return /^sid=([^;]+)/.exec(field ?? "")?.[1];
}

/** The id a cookie value holds. */
export function idOf(cookie: string): string {
  const text = decodeURIComponent(cookie);
  return text.slice(2, text.lastIndexOf("."));
}

function expressDoor(
  gate: Gate,
  store: Any,
  records: () => Map<string, Any>,
  options: DoorOptions = {},
): Door {
  const discarded: string[] = [];
  const middleware = session({
    secret: SECRET,
    name: "sid",
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: MAX_AGE },
    store,
    clock: CLOCK,
    ...options,
  });
  middleware.on("discarded", ({ reason }) => discarded.push(reason));
  return {
    gate,
    discarded,
    records,
    request: (cookie, handler) =>
      new Promise((resolve, reject) => {
        const { req, res, sent } = exchange(cookie);
        res.once("finish", () => resolve(valueIn(setCookies(sent()))));
        middleware(req, res, (error?: unknown) => {
          if (error) return reject(error);
          const scene: Scene = {
            get session() {
              return (req as Any).session;
            },
            update: (change) => update(req, change),
            logout: () => logout(req),
            destroyInStore: (id) =>
              new Promise((done, failed) => {
                (req as Any).sessionStore.destroy(
                  id,
                  (error: unknown) => error ? failed(error) : done(),
                );
              }),
            startStreaming: () => void res.write("begun "),
          };
          Promise.resolve(handler(scene)).then(() => res.end("done"), reject);
        });
      }),
  };
}

/** Node's own request and response, on a socket of paper. */
function exchange(cookie: string | undefined) {
  let text = "";
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  }) as unknown as Socket;
  const req = new IncomingMessage(socket);
  req.url = "/";
  req.method = "GET";
  if (cookie !== undefined) req.headers.cookie = `sid=${cookie}`;
  const res = new ServerResponse(req);
  res.assignSocket(socket);
  return { req, res, sent: () => text };
}

function setCookies(text: string): string[] {
  const head = text.slice(0, text.indexOf("\r\n\r\n"));
  return [...head.matchAll(/^Set-Cookie: (.*)$/gim)].map(([, field]) => field!);
}

function parsed(texts: Iterable<[string, string]>): Map<string, Any> {
  return new Map(Array.from(texts, ([id, text]) => [id, JSON.parse(text)]));
}

function nativeRecords(store: ReturnType<typeof memoryStore>): Map<string, Any> {
  return parsed(store.ids().map((id) => [id, store.peek(id)!.json]));
}

/** As a store on another machine: it cannot tell without waiting that a record is gone. */
function remote<S extends SessionStore>(store: S): S {
  return new Proxy(store, {
    has: (target, name) => name !== "isGone" && name in target,
    get: (target, name) => name === "isGone" ? undefined : Reflect.get(target, name, target),
  });
}

export const DOORS: Record<string, MakeDoor> = {
  "Express entry, MemoryStore": (options) => {
    const store = new MemoryStore();
    return expressDoor(new Gate(), store, () => parsed(Object.entries(store.sessions)), options);
  },
  "Express entry, native store": (options) => {
    const gate = new Gate();
    const memory = memoryStore({ sweepInterval: 0 });
    const store = toExpressStore(remote(gate.native(memory)));
    return expressDoor(gate, store, () => nativeRecords(memory), options);
  },
  "Express entry, callback store": (options) => {
    const gate = new Gate();
    const { store, texts } = gate.callbackStore();
    return expressDoor(gate, store, () => parsed(texts), options);
  },
  "fetch entry, native store": (options) => {
    const gate = new Gate();
    const memory = memoryStore({ sweepInterval: 0 });
    const discarded: string[] = [];
    const sessions = createSessions<Any>({
      secret: SECRET,
      name: "sid",
      cookie: { maxAge: MAX_AGE },
      store: remote(gate.native(memory)),
      clock: CLOCK,
      ...options,
    });
    sessions.on("discarded", ({ reason }) => discarded.push(reason));
    return {
      gate,
      discarded,
      records: () => nativeRecords(memory),
      async request(cookie, handler) {
        const headers: Record<string, string> = cookie === undefined
          ? {}
          : { cookie: `sid=${cookie}` };
        const handle = sessions.wrap(async (_request, opened) => {
          await handler({
            session: opened,
            update: (change) => opened.update(change),
            logout: () => opened.logout(),
            destroyInStore: (id) => sessions.revoke(id),
            startStreaming: () => {},
          });
          return new Response("done");
        });
        const response = await handle(new Request("https://example.com/", { headers }));
        return valueIn(response.headers.getSetCookie());
      },
    };
  },
};

/** A session somebody is logged in to. */
export async function loggedIn(door: Door): Promise<string> {
  const cookie = await door.request(undefined, ({ session }) => {
    session.user = "anna";
  });
  if (cookie === undefined) throw new Error("no cookie for a new session");
  return cookie;
}

/** Who a cookie says one is. */
export async function whoIs(door: Door, cookie: string): Promise<unknown> {
  let user: unknown;
  await door.request(cookie, ({ session }) => {
    user = session.user;
  });
  return user;
}

/** A point in a handler that waits for the test's word. */
export function waiting(): {
  arrived: Promise<void>;
  release: () => void;
  here: () => Promise<void>;
} {
  let arrive!: () => void;
  let release!: () => void;
  const arrived = new Promise<void>((resolve) => arrive = resolve);
  const released = new Promise<void>((resolve) => release = resolve);
  return { arrived, release, here: () => (arrive(), released) };
}
