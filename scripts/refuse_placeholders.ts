/** `prepublishOnly`: refuses to publish a package that does not say whose it is. */
import { readFileSync } from "node:fs";
import { unnamed } from "./placeholders.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const found = unnamed(manifest);
for (const line of found) console.error(`${line}: publishing is refused`);
process.exit(found.length === 0 ? 0 : 1);
