/** The declarations of a build that nobody can get at are not packed: most are of what the core has to itself. */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importsOf } from "./import_rules.ts";

const DECLARATION = /\.d\.[cm]?ts$/;

/** Every declaration that leads from the entries to what their types are made of. */
export function reachableFrom(
  entries: readonly string[],
  read: (file: string) => string,
): Set<string> {
  const reached = new Set(entries);
  // A set is walked to what is added to it meanwhile.
  for (const file of reached) {
    for (const specifier of importsOf(read(file))) {
      if (!specifier.startsWith(".")) continue;
      const target = DECLARATION.test(specifier)
        ? specifier
        : specifier.replace(/\.([cm]?)[jt]s$/, ".d.$1ts");
      reached.add(resolve(dirname(file), target));
    }
  }
  return reached;
}

/** Drops the others from the folder of the build, and says how many. */
export function dropUnreachableTypes(root: string, folder: string): number {
  const manifest = readFileSync(join(root, "package.json"), "utf8");
  const named = manifest.match(/(?<=")\.\/[^"]+\.d\.[cm]?ts(?=")/g) ?? [];
  const reached = reachableFrom(
    named.map((path) => resolve(root, path)),
    (file) => readFileSync(file, "utf8"),
  );
  const others = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => resolve(folder, name))
    .filter((file) => DECLARATION.test(file) && !reached.has(file));
  for (const file of others) rmSync(file);
  return others.length;
}
