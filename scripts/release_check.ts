/**
 * `npm run release:check`: everything a release does, short of publishing.
 *
 * `--tag v1.2.3`: the tag it is released by; `--tarball FILE`: one that is packed already.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { unnamed } from "./placeholders.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (name: string) => readFileSync(join(root, name), "utf8");
const manifest = JSON.parse(read("package.json"));
const failed: string[] = [];

function check(name: string, problems: readonly string[]): void {
  console.log(`${problems.length === 0 ? "ok  " : "FAIL"} ${name}`);
  for (const problem of problems) console.log(`     ${problem}`);
  if (problems.length > 0) failed.push(name);
}

/** Runs a program of this checkout; what it prints matters only if it fails. */
function run(command: string): string[] {
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true,
    cwd: root,
    encoding: "utf8",
    // Deno brings its own certificates unless told otherwise.
    env: { DENO_TLS_CA_STORE: "system", ...process.env },
  });
  return status === 0 ? [] : `${stdout}${stderr}`.trim().split("\n").slice(-20);
}

const { values: { tag, tarball: packed } } = parseArgs({
  options: { tag: { type: "string" }, tarball: { type: "string" } },
});
check(
  "the tag names the version",
  tag === undefined || tag === `v${manifest.version}` ? [] : [
    `the tag is ${tag}, the version ${manifest.version}`,
  ],
);
check(
  "the changelog tells of this version",
  read("CHANGELOG.md").includes(`## ${manifest.version}`) ? [] : ["it has no chapter for it"],
);
check(
  "JSR's manifest has the same version",
  JSON.parse(read("jsr.json")).version === manifest.version ? [] : ["run npm run manifests"],
);

/** What the registries' own checks say of a tarball. */
function checkTarball(tarball: string): void {
  check("publint has nothing to say", run(`publint run "${tarball}" --strict`));
  check("its types resolve wherever it is imported", run(`attw --format ascii "${tarball}"`));
}

if (packed !== undefined) checkTarball(packed);
else {
  const folder = mkdtempSync(join(tmpdir(), "websession-release-"));
  try {
    check("npm packs it", run(`npm pack --silent --pack-destination "${folder}"`));
    const file = readdirSync(folder)[0];
    if (file !== undefined) checkTarball(join(folder, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
check("JSR would take it", run("deno publish --dry-run -c jsr.json --allow-dirty --quiet"));

const missing = unnamed(manifest);
if (missing.length > 0) {
  console.log("note Publishing itself is refused until these are named:");
  for (const line of missing) console.log(`     ${line}`);
}
if (failed.length > 0) {
  console.error(`Not ready: ${failed.join(", ")}`);
  process.exit(1);
}
console.log(`Version ${manifest.version} can be released, as far as can be told from here`);
