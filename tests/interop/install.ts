/** Three installs of one application: with the real express-session, with ours under its name, and with both. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
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

export interface Folders {
  /** With express-session. */
  readonly real: string;
  /** `npm i express-session@npm:websession`. */
  readonly alias: string;
  /** `npm i websession`, where stores bring express-session along. */
  readonly beside: string;
}

/** The folders of the three. The programs in them are this checkout's. */
export async function install(): Promise<Folders> {
  const manifest = join(app, "package.json");
  const lock = join(app, "package-lock.json");
  const base = join(cache, `interop-${digest(manifest, lock)}`);
  const real = await once(join(base, "real"), async () => {
    for (const file of [manifest, lock]) cpSync(file, join(base, "real", file.slice(app.length)));
    await run("npm", ["ci", ...QUIET], join(base, "real"));
  });
  const file = await tarball();
  const withOurs = (kind: string, name: string) => {
    const to = join(base, `${kind}-${digest(file)}`);
    return once(to, async () => {
      copy(join(real, "node_modules"), join(to, "node_modules"));
      const place = join(to, "node_modules", name);
      rmSync(place, { recursive: true, force: true });
      await run("tar", ["-xzf", file, "-C", to]);
      renameSync(join(to, "package"), place);
      // What npm would put there: our one dependency.
      mkdirSync(join(place, "node_modules"));
      cpSync(join(root, "node_modules", "cookie"), join(place, "node_modules", "cookie"), {
        recursive: true,
      });
    });
  };
  const alias = await withOurs("alias", "express-session");
  const beside = await withOurs("beside", "websession");
  const programs = readdirSync(app).filter((name) => name.endsWith(".cjs"));
  for (const folder of [real, alias, beside]) {
    for (const program of programs) cpSync(join(app, program), join(folder, program));
  }
  return { real, alias, beside };
}

/** A folder with the frameworks that examples/frameworks are written for, and ours as npm would install it. */
export async function installFrameworks(): Promise<string> {
  const lock = join(root, "tests", "interop", "frameworks");
  const files = ["package.json", "package-lock.json"];
  const base = join(cache, `frameworks-${digest(...files.map((name) => join(lock, name)))}`);
  const installed = await once(join(base, "packages"), async () => {
    for (const name of files) cpSync(join(lock, name), join(base, "packages", name));
    // What they bring for single platforms is found in the root, or not needed.
    const online = QUIET.filter((flag) => flag !== "--prefer-offline");
    await run("npm", ["ci", "--omit=optional", ...online], join(base, "packages"));
  });
  const file = await tarball();
  return await once(join(base, `ours-${digest(file)}`), async () => {
    const to = join(base, `ours-${digest(file)}`);
    copy(join(installed, "node_modules"), join(to, "node_modules"));
    await run("tar", ["-xzf", file, "-C", to]);
    const place = join(to, "node_modules", "websession");
    renameSync(join(to, "package"), place);
    cpSync(join(root, "node_modules", "cookie"), join(place, "node_modules", "cookie"), {
      recursive: true,
    });
  });
}
