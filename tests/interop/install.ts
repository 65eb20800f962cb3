/** Two installs of one application: with the real express-session, and with ours under its name. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { cache, once, QUIET, root, run, tarball } from "../package/pack.ts";

const app = join(root, "tests", "interop", "app");
const digest = (...files: string[]) => {
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
};

/** Hard links where the system has them: this is a hundred megabytes. */
function copy(from: string, to: string): void {
  if (spawnSync("cp", ["-al", from, to]).status !== 0) cpSync(from, to, { recursive: true });
}

/** The folders of the two. The programs in them are this checkout's. */
export async function install(): Promise<{ real: string; ours: string }> {
  const manifest = join(app, "package.json");
  const lock = join(app, "package-lock.json");
  const base = join(cache, `interop-${digest(manifest, lock)}`);
  const real = await once(join(base, "real"), async () => {
    for (const file of [manifest, lock]) cpSync(file, join(base, "real", file.slice(app.length)));
    await run("npm", ["ci", ...QUIET], join(base, "real"));
  });
  const file = await tarball();
  const ours = await once(join(base, `ours-${digest(file)}`), async () => {
    const to = join(base, `ours-${digest(file)}`);
    copy(join(real, "node_modules"), join(to, "node_modules"));
    const alias = join(to, "node_modules", "express-session");
    rmSync(alias, { recursive: true });
    await run("tar", ["-xzf", file, "-C", to]);
    renameSync(join(to, "package"), alias);
    // What npm would put there: our one dependency.
    mkdirSync(join(alias, "node_modules"));
    cpSync(join(root, "node_modules", "cookie"), join(alias, "node_modules", "cookie"), {
      recursive: true,
    });
  });
  for (const folder of [real, ours]) {
    for (const program of ["server.cjs", "stores.cjs", "clients.cjs"]) {
      cpSync(join(app, program), join(folder, program));
    }
  }
  return { real, ours };
}
