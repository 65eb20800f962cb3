/** Whether an option is a store: said at construction, not when a visitor comes. */
import { kindOf } from "../errors.ts";
import type { SealedStore } from "../sealed_store.ts";
import type { SessionStore } from "../store.ts";

const VERBS = ["create", "read", "commit", "touch", "rotate", "destroy"];

/** Refuses a store that keeps nothing, or lacks a verb, naming it. */
export function checkStore(store: unknown): asserts store is SessionStore {
  if (typeof store !== "object" || store === null) {
    throw new TypeError(`Option "store" must be a session store, not ${kindOf(store)}`);
  }
  checkVerbs(store, VERBS);
}

/** Refuses a store that lacks a verb, naming it. */
function checkVerbs(store: object, verbs: readonly string[]): void {
  for (const verb of verbs) {
    if (typeof (store as Record<string, unknown>)[verb] !== "function") {
      throw new TypeError(
        `Option "store" must be a session store: it has no method "${verb}"${hintFor(store)}`,
      );
    }
  }
}

/** What was probably meant. */
export function hintFor(store: object): string {
  const has = (name: string) => typeof (store as Record<string, unknown>)[name] === "function";
  if (has("then")) return ". It is a promise: await it";
  // Clients of Redis have all of a store's.
  if (["get", "set", "destroy"].every(has) && !has("sendCommand")) {
    return ". A store of express-session's kind goes through fromExpressStore()";
  }
  return ["query", "sendCommand", "prepare"].some(has)
    ? ". A client goes to its store's function, as in redisStore({ client })"
    : "";
}

/** Whether the browser is to have the sessions. */
export function isSealed(store: SessionStore | SealedStore | undefined): store is SealedStore {
  return (store as Partial<SealedStore> | null | undefined)?.sealed === true;
}

/** Refuses a sealed store that lacks a verb, and a secret beside one. */
export function checkSealed(store: SealedStore, secret: unknown): void {
  const verbs = ["seal", "find", "rotate", "revoke", "revokeAll", "split", "leftovers"];
  checkVerbs(store, [...verbs, "transport"]);
  if (secret === undefined) return;
  throw new TypeError('Option "secret" does nothing with a sealed store: that has its own');
}
