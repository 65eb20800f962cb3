/** Checks that every exported symbol is documented and names public types only. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { jsrEntries } from "./entries.ts";

/** Types of npm's hono, which the check takes for private ones of ours. */
const foreign = /^error\[private-type-ref\]: .* private type '(Context|Env|MiddlewareHandler)'$/;

const { stderr, error } = spawnSync("deno", ["doc", "--lint", ...Object.values(jsrEntries)], {
  cwd: fileURLToPath(new URL("../", import.meta.url)),
  env: { ...process.env, NO_COLOR: "1", DENO_TLS_CA_STORE: "system" },
  encoding: "utf8",
});
if (error !== undefined) throw error;
const findings = [...stderr.matchAll(/^error\[.*\n.*$/gm)].map(([text]) => text)
  .filter((each) => !foreign.test(each.split("\n")[0]!));
// No finding and no file looked at would be silence for the wrong reason.
const looked = /Checked \d+ files?|Found \d+ documentation lint errors?/.test(stderr);
if (!looked) console.error(stderr);
for (const finding of findings) console.error(finding);
console.log(`${findings.length} undocumented exports`);
process.exit(findings.length === 0 && looked ? 0 : 1);
