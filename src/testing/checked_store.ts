/** Refuses what is no store where one is handed over, with what was wrong about it. */
import { kindOf } from "../errors.ts";
import { isPromise } from "../maybe_promise.ts";

const VERBS = ["create", "read", "commit", "touch", "rotate", "destroy"];

/** @throws {TypeError} If it is no store, a promise of one, or lacks one of the six verbs. */
export function checkStore(what: string, store: unknown): void {
  if (isPromise(store)) {
    // Nobody else waits for it.
    store.then(undefined, () => {});
    throw new TypeError(`${what} must be a session store, not a promise of one: await it`);
  }
  if (typeof store !== "object" || store === null) {
    throw new TypeError(`${what} must be a session store, not ${kindOf(store)}`);
  }
  const missing = VERBS.filter((verb) => !has(store, verb));
  if (missing.length === 0) return;
  throw new TypeError(
    `${what} must be a session store, but it has no ${missing.join("(), ")}()`,
  );
}

/** @throws {TypeError} If the store has no such verb: a plan for it would show nothing. */
export function checkVerb(what: string, store: object, verb: string): void {
  if (!has(store, verb)) {
    throw new TypeError(`${what} waits for ${verb}(), which the store has not`);
  }
}

/** @throws {TypeError} If `create()` of the kit handed over something else than it should. */
export function checkMade(name: string, made: unknown): void {
  const what = `create() of "${name}"`;
  if (typeof made !== "object" || made === null) {
    throw new TypeError(`${what} must answer { store }, not ${kindOf(made)}`);
  }
  const { store, peer, neighbour } = made as Record<string, unknown>;
  if (store === undefined && has(made, "read")) {
    throw new TypeError(`${what} must answer { store }, not the store itself`);
  }
  checkStore(`The store of ${what}`, store);
  if (peer !== undefined) checkStore(`The peer of ${what}`, peer);
  if (neighbour !== undefined) checkStore(`The neighbour of ${what}`, neighbour);
}

function has(store: object, verb: string): boolean {
  return typeof (store as Record<string, unknown>)[verb] === "function";
}
