/**
 * Files for tools that know no `exports` (Jest 27, Parcel, webpack 4): in the
 * tarball each subpath is a folder or a file as well. They are written before it
 * is packed, and removed afterwards.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { npmExports } from "./entries.ts";
import { NOT_PUBLISHED, PAPERS } from "./papers.ts";

interface Files {
  readonly types: string;
  readonly default: string;
}

/** The text of each file, by its path in the package. */
export function subpathFiles(): Record<string, string> {
  const files: Record<string, string> = {};
  const exports = npmExports();
  for (const [subpath, target] of Object.entries(exports)) {
    // What names a file of its own serves under the bare name as well.
    if (typeof target === "string" || subpath === "." || `${subpath}.js` in exports) continue;
    const path = subpath.slice(2);
    const { require, esm } = "require" in target
      ? { require: target.require as Files, esm: target.import as Files }
      : { require: target as Files, esm: undefined };
    const from = (folders: number) => (file: string) => `${"../".repeat(folders)}${file.slice(2)}`;
    const depth = path.split("/").length;
    if (path.endsWith(".js")) {
      const file = from(depth - 1)(require.default);
      files[path] = `"use strict";\nmodule.exports = require("${file}");\n`;
      files[`${dirname(path)}/package.json`] = json({ type: "commonjs" });
      continue;
    }
    const up = from(depth);
    files[`${path}/package.json`] = json({
      main: up(require.default),
      ...esm && { module: up(esm.default) },
      types: up(require.types),
      sideEffects: false,
    });
  }
  return files;
}

/** The folders they are in. */
export function subpathFolders(): string[] {
  return [...new Set(Object.keys(subpathFiles()).map((path) => path.split("/")[0]!))].sort();
}

/** What package.json's `files` must be; npm takes itself, README.md and LICENSE along. */
export function publishedFiles(): string[] {
  return ["dist", ...subpathFolders(), ...PAPERS, ...NOT_PUBLISHED.map((path) => `!${path}`)];
}

function json(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("../", import.meta.url));
  for (const folder of subpathFolders()) {
    rmSync(join(root, folder), { recursive: true, force: true });
  }
  if (!process.argv.includes("--remove")) {
    for (const [path, text] of Object.entries(subpathFiles())) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
  }
}
