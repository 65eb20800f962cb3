/** The names of the modules on npm: examples are written with those of JSR. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const QUOTED = /(["'])@websession\/websession(\/[\w/-]+)?\1/g;

/** The text with npm's names; JSR's `.` is npm's `./web`. */
export function withNpmNames(text: string): string {
  return text.replace(
    QUOTED,
    (_, quote: string, subpath = "/web") => `${quote}websession${subpath}${quote}`,
  );
}

/** Gives the examples in a built folder npm's names, and says in how many files. */
export function renameExamples(folder: string): number {
  let renamed = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (!/\.[cm]?[jt]s$/.test(name)) continue;
    const file = join(folder, name);
    const text = readFileSync(file, "utf8");
    const npm = withNpmNames(text);
    if (npm === text) continue;
    writeFileSync(file, npm);
    renamed++;
  }
  return renamed;
}
