/** Fails if a module of src imports that the table forbids, or in a circle. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { violations } from "./import_rules.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
  .map((file) => `src/${file.replaceAll("\\", "/")}`)
  .filter((file) => file.endsWith(".ts") && !file.startsWith("src/npm/"));
const sources = new Map(["mod.ts", ...files].map((file) => {
  return [file, readFileSync(root + file, "utf8")];
}));

const found = violations(sources);
for (const line of found) console.error(line);
if (found.length > 0) process.exit(1);
console.log(`${sources.size} modules keep to the table of imports`);
