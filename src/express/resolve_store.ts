/** The option `store`: a callback store as it is, a native one with the callback face. */
import type { SessionStore } from "../store.ts";
import { isProduction } from "./environment.ts";
import { MemoryStore } from "./memory_store.ts";
import type { Store } from "./store.ts";
import { toExpressStore } from "./to_express_store.ts";

export function resolveStore(store: unknown): Store {
  if (!store) {
    if (isProduction) warnAboutMemory();
    return new MemoryStore();
  }
  const { on, commit, create, sealed } = store as Record<string, unknown>;
  if (typeof on !== "function") {
    // A sealed store is refused there, in words that say why.
    if (sealed || (typeof commit === "function" && typeof create === "function")) {
      return toExpressStore(store as SessionStore);
    }
    throw new TypeError("store.on is not a function");
  }
  if (isProduction && store instanceof (MemoryStore as unknown as new () => Store)) {
    warnAboutMemory();
  }
  return store as Store;
}

function warnAboutMemory(): void {
  console.warn(
    "Warning: the session MemoryStore is not meant for production:\n" +
      "its sessions end with the process, are not shared with another,\n" +
      "and the least recently used ones make room for new ones.",
  );
}
