/** The reference: every public module, by `deno doc --html`. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import process from "node:process";
import { mendReference } from "./mend_reference.ts";

/**
 * Writes the reference of the repository it runs in. Deno names modules as the configuration of the
 * folder it stands in exports them: this one is made of jsr.json, so that they have their public names.
 */
export function writeReference(output: string, folder: string): void {
  const { name, exports, imports } = JSON.parse(
    readFileSync("jsr.json", "utf8"),
  );
  const { compilerOptions } = JSON.parse(readFileSync("deno.json", "utf8"));
  const up = relative(folder, ".").split(sep).join("/");
  const modules = Object.entries<string>(exports)
    .map(([entry, file]) => [entry, `./${up}/${file.slice(2)}`] as const);
  mkdirSync(folder, { recursive: true });
  const config = {
    ...{ name, exports: Object.fromEntries(modules), imports, compilerOptions },
    // Nothing is installed for it: the types of other packages stand by their names.
    ...{ lock: false, nodeModulesDir: "manual" },
  };
  writeFileSync(join(folder, "deno.json"), JSON.stringify(config));
  const deno = join(process.cwd(), "node_modules/.bin/deno");
  const { status } = spawnSync(
    deno,
    ["doc", "--html", "--name=websession", `--output=${output}`, "--quiet"]
      .concat(modules.map(([, file]) => file)),
    { cwd: folder, stdio: "inherit", shell: process.platform === "win32" },
  );
  if (status !== 0) throw new Error("The reference could not be made: deno doc failed");
  mendReference(output, name);
}
