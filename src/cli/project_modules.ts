/** Modules of the project that the tool is run in. */
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { Failure, wordsOf } from "./failure.ts";

/** A client that was found, and by which name. */
export interface Loaded {
  readonly name: string;
  readonly module: unknown;
}

/**
 * Loads the first of several clients that the project has. It is the application's own, in the
 * version that it runs: the tool brings none.
 *
 * @throws {Failure} If it has none; the message says what to install.
 */
export function loadClient(folder: string, names: readonly string[], what: string): Loaded {
  const require = createRequire(join(folder, "package.json"));
  for (const name of names) {
    try {
      return { name, module: require(name) };
    } catch (error) {
      if (isMissing(error, name)) continue;
      throw new Failure(`${name} could not be loaded: ${wordsOf(error)}`);
    }
  }
  const [first, ...others] = names;
  const instead = others.length === 0 ? "" : ` (or ${others.join(", ")})`;
  throw new Failure(
    `${what} needs a client, and this project has none: npm install ${first}${instead}`,
  );
}

/** What a file of the project exports, run as Node runs it; of CommonJS, what it required gives. */
export async function loadFile(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const require = createRequire(file);
    const found = require.resolve(file);
    if (found.endsWith(".json")) return { default: require(found) };
    // Not by require(), which refuses modules with an await at their top.
    return await import(pathToFileURL(found).href);
  } catch (error) {
    throw new Failure(`${file} could not be loaded: ${wordsOf(error)}`);
  }
}

/** A module of Node itself that not every version has, without the warning that it is new. */
export function loadBuiltin(name: "node:sqlite"): typeof import("node:sqlite") | undefined {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return process.getBuiltinModule?.(name);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isMissing(error: unknown, name: string): boolean {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  return code === "MODULE_NOT_FOUND" && String(message).includes(`'${name}'`);
}
