/** Bundles the command-line tool, with the packages it stands on, into one file. */
import { chmodSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** The first line of the file that `npx websession` runs, and what its CommonJS packages ask for. */
const HEAD = `#!/usr/bin/env node
import { createRequire as makeRequire } from "node:module";
const require = makeRequire(import.meta.url);`;

/** Writes the program, and beside it the licences of what is in it. */
export async function buildCli(root: string, folder: string): Promise<void> {
  const program = join(folder, "websession.js");
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["src/cli/main.ts"],
    outfile: program,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    banner: { js: HEAD },
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
  });
  chmodSync(program, 0o755);
  const packages = packagesIn(Object.keys(metafile.inputs));
  writeFileSync(join(folder, "LICENSES.txt"), noticesOf(root, packages));
}

/** The folders of the packages that files are of. */
function packagesIn(files: readonly string[]): string[] {
  const folders = files.map((file) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

function noticesOf(root: string, packages: readonly string[]): string {
  const notices = packages.map((folder) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, folder, "package.json"), "utf8"),
    );
    const file = readdirSync(join(root, folder)).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${name} has no text of its licence to hand on`);
    const text = readFileSync(join(root, folder, file), "utf8").trim();
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  return `websession.js contains, beside websession itself:\n\n${notices.join("\n---\n\n")}`;
}
