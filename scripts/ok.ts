/** `npm run check`: everything but the tests. `npm run ok`: that and the tests. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const publish = "deno publish --dry-run -c jsr.json --allow-dirty --quiet";
const checks: Readonly<Record<string, string>> = {
  format: "deno fmt --check --quiet",
  lint: "deno lint --quiet",
  imports: "node scripts/check_imports.ts",
  types: "tsc -p .",
  examples: "node scripts/check_docs.ts",
  "documented exports": "node scripts/check_exports.ts",
  "JSR publish": publish,
};

const steps = process.argv.includes("--tests") ? { ...checks, tests: "npm test" } : checks;
const failed: string[] = [];
for (const [name, command] of Object.entries(steps)) {
  const began = Date.now();
  const { status } = spawnSync(command, {
    shell: true,
    stdio: "inherit",
    cwd: fileURLToPath(new URL("../", import.meta.url)),
    // Deno brings its own certificates unless told otherwise.
    env: { DENO_TLS_CA_STORE: "system", ...process.env },
  });
  if (status !== 0) failed.push(name);
  console.log(
    `${status === 0 ? "ok  " : "FAIL"} ${name} (${((Date.now() - began) / 1000).toFixed(1)} s)`,
  );
}
if (failed.length > 0) {
  console.error(`Not ok: ${failed.join(", ")}`);
  process.exit(1);
}
