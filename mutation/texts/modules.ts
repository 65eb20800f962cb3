/** Loads the stores with one module broken, in a process that has loaded them before. */
import { registerHooks } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";

const STORES = new URL("../../src/stores/", import.meta.url).href;

let serial = 0;
let broken: { readonly path: string; readonly source: string } | undefined;

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const [, round] = context.parentURL?.split("?round=") ?? [];
    if (round === undefined || !found.url.startsWith(STORES)) return found;
    return { ...found, url: `${found.url}?round=${round}` };
  },
  load(url, context, next) {
    const [plain, round] = url.split("?round=") as [string, string | undefined];
    if (round === undefined || fileURLToPath(plain) !== broken?.path) {
      return next(url, context);
    }
    return {
      format: "module-typescript",
      source: broken.source,
      shortCircuit: true,
    };
  },
});

/** The exports of a store's entry (`redis.ts`) as they are if a module's source is another. */
export async function load<T>(
  entry: string,
  path?: string,
  source: string = "",
): Promise<T> {
  broken = path === undefined ? undefined : { path, source };
  return await import(`${STORES}${entry}?round=${++serial}`) as T;
}

// A mutant may reject where nobody waits any more.
process.on("unhandledRejection", () => {});
process.on("uncaughtException", () => {});
