/** One way to talk to a server, whichever client the application has. */
import { SessionError } from "../../errors.ts";
import {
  type CallbackMemcachedClient,
  isCallbackClient,
  type MemcachedCallback,
  type MemcachedStoreClient,
  type PromiseMemcachedClient,
} from "./client.ts";

/** An item of the server. */
export interface Item {
  /** What the client makes of it. */
  readonly value: unknown;
  /** The mark for `cas()`; `undefined` of what the client cannot read. */
  readonly cas: string | undefined;
}

/** The one shape the store talks to. */
export interface Link {
  /** What the client puts before every key by itself. */
  readonly namespace: string;
  /** Reads an item with its mark. */
  get(key: string): Promise<Item | undefined>;
  /** Stores an item that is not there; `false`: it is. */
  add(key: string, value: Record<string, unknown>, seconds: number): Promise<boolean>;
  /** Stores an item that still has this mark; `false`: it has another one now, or is gone. */
  cas(key: string, value: Record<string, unknown>, cas: string, seconds: number): Promise<boolean>;
  /** Removes an item; `false`: there was none. */
  remove(key: string): Promise<boolean>;
}

/** So often an item is removed that is there afterwards: others may add it again. */
const MAX_REMOVALS = 10;

/** Wraps a client that was checked. */
export function linkTo(client: MemcachedStoreClient): Link {
  return isCallbackClient(client) ? callbackLink(client) : promiseLink(client);
}

/** A server without marks answers 0, and would take every write for one that has won. */
function marked(cas: unknown): string {
  if (typeof cas === "string" && cas !== "" && cas !== "0") return cas;
  throw new SessionError(
    "STORE_UNSUPPORTED",
    "The memcached server cannot compare and set: start it without -C (--disable-cas)",
  );
}

function callbackLink(client: CallbackMemcachedClient): Link {
  const { namespace } = client as { namespace?: unknown };
  const prefix = typeof namespace === "string" ? namespace : "";
  const link: Link = {
    namespace: prefix,
    async get(key) {
      const answer = await called((done) => client.gets(key, done));
      // Nothing is undefined; false is what it makes of an error of the server.
      if (answer === undefined) return undefined;
      if (typeof answer !== "object" || answer === null) throw refusedBy("gets");
      const { [prefix + key]: value, cas } = answer as Record<string, unknown>;
      return { value, cas: marked(cas) };
    },
    async add(key, value, seconds) {
      const answer = await called((done) => client.add(key, value, seconds, done))
        .catch((error: { notStored?: unknown }) => {
          if (error.notStored === true) return "not stored";
          throw error;
        });
      if (answer !== true && answer !== "not stored") throw refusedBy("add");
      return answer === true;
    },
    cas: async (key, value, cas, seconds) =>
      await called((done) => client.cas(key, value, cas, seconds, done)) === true,
    async remove(key) {
      for (let attempt = 0; attempt < MAX_REMOVALS; attempt++) {
        if (await called((done) => client.del(key, done)) === true) return true;
        // It was not there, or the server answered with an error: the client says the same of both.
        if (await link.get(key) === undefined) return false;
      }
      throw refusedBy("delete");
    },
  };
  return link;
}

/** Its errors come alone, as a text, or in a list that it empties right afterwards. */
function called(call: (done: MemcachedCallback) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    call((error, answer) => {
      const first: unknown = Array.isArray(error) ? error[0] : error;
      if (first === undefined || first === null || first === false) resolve(answer);
      else reject(sayingWhy(first instanceof Error ? first : new Error(String(first))));
    });
  });
}

function refusedBy(command: string): Error {
  return new Error(`The memcached server answered "${command}" with an error`);
}

/** What its errors say that is an answer. */
const ANSWERS = ["NOT_STORED", "EXISTS", "NOT_FOUND"];

function promiseLink(client: PromiseMemcachedClient): Link {
  const done = (command: Promise<unknown>): Promise<boolean> =>
    command.then(() => true, (error: { message?: unknown }) => {
      if (ANSWERS.includes(String(error?.message))) return false;
      throw sayingWhy(error);
    });
  return {
    namespace: "",
    async get(key) {
      try {
        const answer = await client.gets(key) as { value: unknown; casUniq: unknown } | undefined;
        return answer && { value: answer.value, cas: marked(answer.casUniq) };
      } catch (error) {
        // Said to be JSON, and none: there is something, but no session.
        if ((error as Error | null)?.name !== "SyntaxError") throw error;
        return { value: undefined, cas: undefined };
      }
    },
    add: (key, value, lifetime) => done(client.add(key, value, { lifetime })),
    cas: (key, value, casUniq, lifetime) => done(client.cas(key, value, { lifetime, casUniq })),
    remove: (key) => done(client.delete(key)),
  };
}

/** The server's word for an item that is too large, or the client's. */
function sayingWhy(error: { readonly message?: unknown }): unknown {
  if (!/too large|length of the value/.test(String(error?.message))) return error;
  const text = "memcached keeps no item so large: see its option -I, and the client's maxValue";
  return new SessionError("SESSION_TOO_LARGE", text, { cause: error });
}
