/** The snippets of a page of docs/, as files that run on this checkout. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { jsrEntries } from "../../scripts/entries.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const execute = promisify(execFile);

/** The files a page shows: fences whose first line is a comment with the name. */
function snippetsOf(page: string): Map<string, string> {
  const text = readFileSync(join(root, "docs", page), "utf8");
  const fences = text.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm);
  return new Map([...fences].map(([, name, code]) => [name!, code!]));
}

/** The same imports, of this checkout; what only a registry has is what Node brings. */
function local(code: string, folder: string): string {
  return code
    .replaceAll(/"(@websession\/)?websession((?:\/[\w-]+)*)"/g, (_, jsr, subpath: string) => {
      // npm's entry is Express', JSR's the Web's.
      const entry = subpath === "" && jsr === undefined ? "/express" : subpath;
      const source = jsrEntries[entry === "/web" || entry === "" ? "." : `.${entry}`]!;
      return JSON.stringify(relative(folder, join(root, source)));
    })
    .replace(
      'import { assertEquals } from "jsr:@std/assert";',
      'import { deepStrictEqual as assertEquals } from "node:assert";',
    );
}

/** A page's snippets in a folder of their own. */
export interface Snippets {
  readonly folder: string;
  readonly names: readonly string[];
  /** Runs a program there and answers all that it printed. */
  run(command: string, ...args: string[]): Promise<string>;
  remove(): void;
}

export function writeSnippets(page: string): Snippets {
  mkdirSync(join(root, ".tmp"), { recursive: true });
  const folder = mkdtempSync(join(root, ".tmp", "page-"));
  const snippets = snippetsOf(page);
  for (const [name, code] of snippets) writeFileSync(join(folder, name), local(code, folder));
  writeFileSync(join(folder, "vitest.config.ts"), "export default {};\n");
  return {
    folder,
    names: [...snippets.keys()].sort(),
    async run(command, ...args) {
      const PATH = `${join(root, "node_modules", ".bin")}:${process.env["PATH"]}`;
      // A vitest in a vitest is to know nothing of the outer one.
      const inherited = Object.entries(process.env).filter(([key]) => !key.includes("VITEST"));
      const env = { ...Object.fromEntries(inherited), PATH, NO_COLOR: "1" };
      const { stdout, stderr } = await execute(command, args, {
        cwd: folder,
        env,
        timeout: 240_000,
      });
      return stdout + stderr;
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
