/** Installs what makes the site, where its lock is not what is installed. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

/** Runs `npm ci` in the site's folder, without any package's scripts. */
export function install(folder: string): void {
  const lock = readFileSync(join(folder, "package-lock.json"), "utf8");
  const note = join(folder, "node_modules/.installed");
  if (existsSync(note) && readFileSync(note, "utf8") === lock) return;
  const quiet = ["--no-audit", "--no-fund", "--loglevel", "error"];
  const { status } = spawnSync(
    "npm",
    ["ci", "--ignore-scripts", "--prefer-offline", ...quiet],
    { cwd: folder, stdio: "inherit", shell: process.platform === "win32" },
  );
  if (status !== 0) {
    throw new Error(
      "What makes the site could not be installed: npm ci failed",
    );
  }
  writeFileSync(note, lock);
}
