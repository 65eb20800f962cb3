/** Builds the npm package into dist/: ES modules, CommonJS, the Express entry of src/npm, the tool. */
import { spawnSync } from "node:child_process";
import { cpSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCli } from "./build_cli.ts";
import { NPM_FILES } from "./entries.ts";
import { renameExamples } from "./npm_names.ts";
import { dropUnreachableTypes } from "./reachable_types.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

rmSync(dist, { recursive: true, force: true });
for (const pass of ["esm", "cjs"]) {
  const { status } = spawnSync(process.execPath, [tsc, "-p", `tsconfig.build.${pass}.json`], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
renameExamples(dist);
writeFileSync(join(dist, "cjs", "package.json"), `${JSON.stringify({ type: "commonjs" })}\n`);
for (const file of NPM_FILES) {
  cpSync(join(root, "src", "npm", file), join(dist, "cjs", "src", "npm", file));
}
dropUnreachableTypes(root, dist);
await buildCli(root, join(dist, "cli"));
