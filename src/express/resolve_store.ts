/** The option `store`: a callback store as it is, a native one with the callback face. */
import type { SessionStore } from "../store.ts";
import type { Warn } from "../warnings.ts";
import { refuseClient } from "./client_mistakes.ts";
import { isProduction } from "./environment.ts";
import { MemoryStore } from "./memory_store.ts";
import type { Store } from "./store.ts";
import { toExpressStore } from "./to_express_store.ts";

export function resolveStore(store: unknown, warn: Warn<"express">): Store {
  if (!store) {
    if (isProduction) warn("memory");
    return new MemoryStore();
  }
  refuseClient(store);
  const { on, commit, create, sealed } = store as Record<string, unknown>;
  if (typeof on !== "function") {
    // A sealed store is refused there, in words that say why.
    if (sealed || (typeof commit === "function" && typeof create === "function")) {
      return toExpressStore(store as SessionStore);
    }
    throw new TypeError("store.on is not a function");
  }
  if (isProduction && store instanceof (MemoryStore as unknown as new () => Store)) {
    warn("memory");
  }
  return store as Store;
}
