/** Callback stores of every temper, which write down what they are asked. */
import { tolerates } from "./differences.ts";
import type { Any, Library } from "./libraries.ts";

export const STORE_KINDS = [
  "memory",
  "watched-memory",
  "async",
  "async-no-touch",
  "sync",
  "sync-no-touch",
  "enoent",
  "live",
  "dates",
  "failing-get",
  "failing-set",
  "failing-touch",
  "failing-destroy",
] as const;
export type StoreKind = (typeof STORE_KINDS)[number];

export interface Asked {
  readonly verb: string;
  readonly id: string;
  readonly session: string | undefined;
  readonly during: "handler" | "end";
  /** The store failed. */
  readonly refused?: boolean;
}

export interface WatchedStore {
  readonly store: Any;
  readonly log: Asked[];
  /** Whether the handler has called `res.end()`. */
  during: Asked["during"];
  /** The stored texts by id. */
  content(): Record<string, string>;
}

/** Makes a store of a kind on a library's base class. */
export function makeStore(kind: StoreKind, library: Library): WatchedStore {
  if (kind === "memory" || kind === "watched-memory") return memory(kind, library);
  const log: Asked[] = [];
  const texts: Record<string, string> = {};
  const alive: Record<string, Any> = {};
  const calls: Record<string, number> = {};
  const answer = (callback: Any, ...args: unknown[]) => {
    if (typeof callback !== "function") return;
    if (kind.startsWith("sync")) callback(...args);
    else setImmediate(callback, ...args);
  };
  const note = (verb: string, id: string, session?: unknown) => {
    calls[verb] = (calls[verb] ?? 0) + 1;
    log.push({
      verb,
      id,
      session: session === undefined ? undefined : JSON.stringify(session),
      during: watched.during,
      refused: fails(verb),
    });
  };
  /** Every second call of the verb fails. */
  const fails = (verb: string) => kind === `failing-${verb}` && calls[verb]! % 2 === 0;
  const store = new library.Store();
  const verbs: Record<string, Any> = {
    get(id: string, callback: Any) {
      note("get", id);
      if (fails("get")) return answer(callback, new Error("the disk is on fire"));
      // An ended session is none to ours, and to the stores people use. To express-session it is
      // what the store says: asked for one by a store that keeps it, the two would differ.
      const kept = kind === "live" ? alive[id] : JSON.parse(texts[id] ?? "{}");
      const ends = new Date(kept?.cookie?.expires || Number.NaN).getTime();
      const text = ends <= Date.now() && tolerates("ended-sessions") ? undefined : texts[id];
      if (text === undefined) {
        if (kind !== "enoent") return answer(callback);
        return answer(callback, Object.assign(new Error("no such file"), { code: "ENOENT" }));
      }
      if (kind === "live") return answer(callback, null, alive[id]);
      const session = JSON.parse(text);
      if (kind === "dates" && session.cookie.expires) {
        session.cookie.expires = new Date(session.cookie.expires);
      }
      answer(callback, null, session);
    },
    set(id: string, session: Any, callback: Any) {
      note("set", id, session);
      if (fails("set")) return answer(callback, new Error("the disk is full"));
      texts[id] = JSON.stringify(session);
      alive[id] = session;
      answer(callback);
    },
    destroy(id: string, callback: Any) {
      note("destroy", id);
      if (fails("destroy")) return answer(callback, new Error("the disk is locked"));
      delete texts[id];
      delete alive[id];
      answer(callback);
    },
    touch(id: string, session: Any, callback: Any) {
      note("touch", id, session);
      if (fails("touch")) return answer(callback, new Error("the disk is tired"));
      if (texts[id] !== undefined) {
        texts[id] = JSON.stringify({ ...JSON.parse(texts[id]), cookie: session.cookie });
        alive[id].cookie = session.cookie;
      }
      answer(callback);
    },
  };
  if (kind.endsWith("no-touch")) delete verbs["touch"];
  Object.assign(store, verbs);
  const watched: WatchedStore = { store, log, during: "handler", content: () => ({ ...texts }) };
  return watched;
}

function memory(kind: "memory" | "watched-memory", library: Library): WatchedStore {
  const store = new library.MemoryStore();
  const log: Asked[] = [];
  const content = () =>
    Object.fromEntries(Object.entries(store.sessions as Record<string, string>));
  const watched: WatchedStore = { store, log, during: "handler", content };
  // Ours asks its own store directly for as long as nobody has replaced a method.
  if (kind === "memory" && library.name === "websession") return watched;
  for (const verb of ["get", "set", "destroy", "touch"]) {
    const original = store[verb];
    store[verb] = function (id: string, ...rest: Any[]) {
      const session = typeof rest[0] === "function" ? undefined : JSON.stringify(rest[0]);
      log.push({ verb, id, session, during: watched.during });
      return original.call(this, id, ...rest);
    };
  }
  return watched;
}
