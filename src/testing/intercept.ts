/** Puts a function in front of every verb of a store. */
import type { SessionStore } from "../store.ts";

/** A verb of a store, the optional ones included. */
export type StoreVerb =
  | "create"
  | "read"
  | "readAndTouch"
  | "commit"
  | "touch"
  | "rotate"
  | "destroy"
  | "length"
  | "clear"
  | "sweep"
  | "list"
  | "destroyAll";

/** One call of a verb. */
export interface StoreCall {
  /** The verb that was called. */
  readonly verb: StoreVerb;
  /** 1 for the first call of this verb. */
  readonly number: number;
  /** What it was called with. */
  readonly args: readonly unknown[];
}

/** Every verb. */
export const VERBS: ReadonlySet<string> = new Set<StoreVerb>([
  "create",
  "read",
  "readAndTouch",
  "commit",
  "touch",
  "rotate",
  "destroy",
  "length",
  "clear",
  "sweep",
  "list",
  "destroyAll",
]);

/**
 * The same store with `around` between the caller and each verb. Everything
 * else (`atomic`, `all()`, a store's own extras) passes through.
 */
export function intercept<S extends SessionStore>(
  store: S,
  around: (call: StoreCall, proceed: () => unknown) => unknown,
): S {
  const counts = new Map<StoreVerb, number>();
  return new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name, target) as unknown;
      // The class of a store is what it is called by.
      if (typeof value !== "function" || name === "constructor") return value;
      const method = value as (...args: unknown[]) => unknown;
      if (!VERBS.has(name as string)) return method.bind(target);
      const verb = name as StoreVerb;
      return (...args: unknown[]) => {
        const number = (counts.get(verb) ?? 0) + 1;
        counts.set(verb, number);
        return around({ verb, number, args }, () => method.apply(target, args));
      };
    },
  });
}
