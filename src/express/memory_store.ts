/** express-session's MemoryStore, with a limit to its size. */
import { expiryOf } from "../expiry.ts";
import type { SessionStore, StoredSession } from "../store.ts";
import { type MemorySessionStore, memoryStore, type MemoryStoreOptions } from "../stores/memory.ts";
import { iteration, sessionOf, verbs } from "./to_express_store.ts";
import type { SessionData } from "./session.ts";
import { defineMethods, NATIVE, Store } from "./store.ts";

/** Sessions in the memory of this process, with express-session's methods. */
export interface MemoryStore extends Store {
  /** The stored texts by id; assigning and deleting works as on a plain object. */
  sessions: Record<string, string>;
  /** Finds a session. */
  // deno-lint-ignore no-explicit-any
  get(id: string, callback: (error: any, session?: SessionData | null) => void): void;
  /** Stores a session. */
  // deno-lint-ignore no-explicit-any
  set(id: string, session: SessionData, callback?: (error?: any) => void): void;
  /** Removes a session. */
  // deno-lint-ignore no-explicit-any
  destroy(id: string, callback?: (error?: any) => void): void;
  /** Rewrites the cookie of a session that is there. */
  touch(id: string, session: SessionData, callback?: () => void): void;
  /** Every live session, by id. */
  // deno-lint-ignore no-explicit-any
  all(callback: (error: any, sessions?: { [id: string]: SessionData } | null) => void): void;
  /** How many sessions are live. */
  // deno-lint-ignore no-explicit-any
  length(callback: (error: any, length?: number) => void): void;
  /** Removes every session. */
  // deno-lint-ignore no-explicit-any
  clear(callback?: (error?: any) => void): void;
}

/** The constructor of {@linkcode MemoryStore}, callable without `new`. */
export interface MemoryStoreConstructor {
  /** Makes a store. */
  new (options?: MemoryStoreOptions): MemoryStore;
  /** Makes a store of an object that inherits from it, as older classes do. */
  (this: unknown, options?: MemoryStoreOptions): void;
  /** The methods. */
  readonly prototype: MemoryStore;
}

const OWN: unique symbol = Symbol("websession.memory");
type Owner = MemoryStore & { [OWN]?: MemorySessionStore };

function MemoryStoreBase(this: Owner, options?: MemoryStoreOptions): void {
  (Store as unknown as (this: Store) => void).call(this);
  own(this, options);
}

/** Made when first needed: a subclass may never call the constructor. */
function own(store: Owner, options: MemoryStoreOptions = {}): MemorySessionStore {
  const known = store[OWN];
  if (known !== undefined) return known;
  // A subclass hands on options of its own.
  const { max, sweepInterval, now } = options;
  const memory = memoryStore({ max, sweepInterval, now } as MemoryStoreOptions);
  Object.defineProperty(store, OWN, { value: memory });
  return memory;
}

Object.setPrototypeOf(MemoryStoreBase.prototype, Store.prototype as object);
Object.defineProperty(MemoryStoreBase, "name", { value: "MemoryStore" });
defineMethods(MemoryStoreBase.prototype, { ...verbs, ...iteration });
Object.defineProperty(MemoryStoreBase.prototype, NATIVE, {
  get(this: Owner): SessionStore {
    return own(this);
  },
});
Object.defineProperty(MemoryStoreBase.prototype, "sessions", {
  get(this: Owner): Record<string, string> {
    return textsOf(own(this));
  },
  set(this: Owner, texts: Record<string, string>) {
    const memory = own(this);
    memory.clear();
    Object.assign(textsOf(memory), texts);
  },
});

/** A plain object of texts to whoever looks: tests and scripts read and write `sessions`. */
function textsOf(memory: MemorySessionStore): Record<string, string> {
  const read = (id: string | symbol): string | undefined => {
    const stored = typeof id === "string" ? memory.peek(id) : undefined;
    return stored && withExpiry(stored);
  };
  return new Proxy(Object.create(null) as Record<string, string>, {
    get: (_, id) => read(id),
    has: (_, id) => read(id) !== undefined,
    set(_, id, json: string) {
      memory.destroy(id as string);
      return memory.create(id as string, { json, expires: expiryOfText(json) });
    },
    deleteProperty(_, id) {
      memory.destroy(id as string);
      return true;
    },
    ownKeys: () => memory.ids(),
    getOwnPropertyDescriptor(_, id) {
      const value = read(id);
      if (value === undefined) return undefined;
      return { value, writable: true, enumerable: true, configurable: true };
    },
  });
}

function withExpiry(stored: StoredSession): string {
  const { json, expires } = stored;
  return expiryOfText(json) === expires ? json : JSON.stringify(sessionOf(stored));
}

function expiryOfText(json: string): number | null {
  try {
    return expiryOf((JSON.parse(json) as SessionData).cookie);
  } catch {
    return null;
  }
}

/** The store that is used when none is given; see the interface of the same name. */
export const MemoryStore: MemoryStoreConstructor =
  MemoryStoreBase as unknown as MemoryStoreConstructor;
