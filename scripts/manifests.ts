/** Writes what package.json and jsr.json say of the entries, and the version of the latter. */
import { readFileSync, writeFileSync } from "node:fs";
import { jsrEntries, npmExports, typesVersions } from "./entries.ts";
import { NOT_PUBLISHED, PAPERS } from "./papers.ts";
import { publishedFiles } from "./subpath_files.ts";

const root = new URL("../", import.meta.url);

function rewrite(name: string, change: (manifest: Record<string, unknown>) => void): void {
  const file = new URL(name, root);
  const manifest = JSON.parse(readFileSync(file, "utf8"));
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest, null, 2) + "\n");
}

let version: unknown;
rewrite("package.json", (manifest) => {
  version = manifest["version"];
  manifest["exports"] = npmExports();
  manifest["typesVersions"] = typesVersions();
  manifest["files"] = publishedFiles();
});
rewrite("jsr.json", (manifest) => {
  manifest["version"] = version;
  manifest["exports"] = jsrEntries;
  const code = ["mod.ts", "src/**/*.ts", "jsr.json", "README.md", "LICENSE"];
  manifest["publish"] = {
    include: [...code, ...PAPERS],
    exclude: ["src/npm", "src/cli", ...NOT_PUBLISHED],
  };
});
