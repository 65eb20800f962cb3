/** Checks the types of every example in the documentation comments, and runs them. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { jsrEntries } from "./entries.ts";

const root = new URL("../", import.meta.url);
const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));

// Examples import as users do: us by our JSR name, clients by theirs.
const imports: Record<string, string> = {};
for (const [subpath, source] of Object.entries(jsrEntries)) {
  imports[`@websession/websession${subpath.slice(1)}`] = new URL(source, root).href;
}
for (const [name, version] of Object.entries<string>(devDependencies)) {
  imports[name] = version.startsWith("npm:") ? version : `npm:${name}@${version}`;
  imports[`${name}/`] = `npm:/${name}@${version}/`;
}
imports["cookie"] = "npm:cookie@^1.1.1";

const sources = readdirSync(new URL("src/", root), { recursive: true, encoding: "utf8" })
  // The tool is a program: to load it is to run it.
  .filter((file) => file.endsWith(".ts") && !/^(npm|cli)\b/.test(file))
  .map((file) => `src/${file}`).concat("mod.ts")
  // Deno starts anew for each file it is given, also for the seven in eight without an example.
  .filter((file) => readFileSync(new URL(file, root), "utf8").includes("```"));

mkdirSync(new URL(".tmp/", root), { recursive: true });
const map = fileURLToPath(new URL(".tmp/doc_imports.json", root));
writeFileSync(map, JSON.stringify({ imports }));

const { status } = spawnSync(
  "deno",
  [
    ...[
      "test",
      "--doc",
      "-A",
      "--quiet",
      "--unstable-kv",
      "--no-lock",
      "--node-modules-dir=manual",
    ],
    ...["-c", "deno.json", "--import-map", map, ...sources],
  ],
  {
    cwd: fileURLToPath(root),
    stdio: "inherit",
    env: { ...process.env, DENO_TLS_CA_STORE: "system" },
  },
);
process.exit(status ?? 1);
