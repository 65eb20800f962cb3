/**
 * Builds the documentation's site as static files, and checks every link of it.
 *
 *     npm run site                     into site/dist
 *     npm run site -- --check          and runs every snippet that the pages show
 *     npm run site -- --out FOLDER     somewhere else
 *     npm run site -- --links          builds nothing, and checks the links of what is there
 *     npm run site -- --base /docs/    to be served below a path
 *
 * There is no second copy of any text: README.md, docs/, examples/ and the modules are the source.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { deadLinks } from "./dead_links.ts";
import { install } from "./install.ts";
import { layOut } from "./lay_out.ts";
import { writeReference } from "./reference.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    out: { type: "string", default: here("dist") },
    base: { type: "string", default: "/" },
    links: { type: "boolean", default: false },
  },
});
const out = resolve(values.out);
process.chdir(root);

function run(
  words: readonly string[],
  environment: Record<string, string> = {},
): void {
  const { status } = spawnSync(process.execPath, words, {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** Whether a folder may be emptied: it is ours, has nothing in it, or holds what was built before. */
function mayBeEmptied(folder: string): boolean {
  if (folder === here("dist") || !existsSync(folder)) return true;
  return readdirSync(folder).length === 0 ||
    existsSync(resolve(folder, "hashmap.json"));
}

function build(): void {
  if (!mayBeEmptied(out)) {
    console.error(
      `${out} has something in it that is no site: nothing was changed`,
    );
    process.exit(1);
  }
  install(here("."));
  const pages = layOut(here(".tmp"));
  rmSync(out, { recursive: true, force: true });
  const vitepress = here("node_modules/vitepress/bin/vitepress.js");
  run([vitepress, "build", here(".")], {
    SITE_OUT: out,
    SITE_BASE: values.base,
  });
  writeReference(resolve(out, "reference"), here(".tmp/reference"));
  console.log(`${pages.length + 1} pages and the reference are in ${out}`);
}

if (!values.links) build();
const dead = deadLinks(out, values.base);
for (const { page, link } of dead) {
  console.error(`${page} has a dead link: ${link}`);
}
if (dead.length > 0) process.exit(1);
console.log("No link is dead");
if (values.check) {
  const tests = ["tests/readme", "tests/interop/frameworks.test.ts", "tests/interop/next.test.ts"];
  run(["node_modules/vitest/vitest.mjs", "run", ...tests]);
  run(["scripts/check_docs.ts"]);
}
