/** The publishable tarball, packed once per state of the sources, and scratch projects around it. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const cache: string = join(root, "node_modules", ".cache", "websession");
const execute = promisify(execFile);

/** Runs a program and returns what it printed; a failure carries all of it. */
export async function run(
  command: string,
  args: readonly string[],
  cwd: string = root,
  env: Record<string, string> = {},
): Promise<string> {
  try {
    const { stdout } = await execute(command, args, {
      cwd,
      // The programs of this checkout first: Node 24, Deno and Bun.
      env: { ...process.env, ...env, PATH: `${root}node_modules/.bin:${process.env["PATH"]}` },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 280_000,
    });
    return stdout;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & Record<string, string>;
    throw new Error(`${message}\n${stdout}${stderr}`);
  }
}

/** Does `make` once for all test files and runs that ask for `folder`. */
export async function once(folder: string, make: () => Promise<void>): Promise<string> {
  const done = join(folder, ".done");
  const lock = `${folder}.lock`;
  mkdirSync(dirname(folder), { recursive: true });
  for (;;) {
    if (existsSync(done)) return folder;
    try {
      mkdirSync(lock);
      break;
    } catch {
      // Another test file is at it; one that died is not waited for.
      const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
      if (age > 600_000) rmSync(lock, { recursive: true, force: true });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  try {
    if (existsSync(done)) return folder;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    await make();
    writeFileSync(done, "");
    return folder;
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** The path of the tarball `npm pack` makes of this checkout. */
export async function tarball(): Promise<string> {
  const files = ["src", "docs", "examples", "bench/results"].flatMap((folder) => {
    return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .map((file) => join(folder, file));
  });
  const hash = createHash("sha256");
  const others = [
    "mod.ts",
    "package.json",
    "scripts/build.ts",
    "scripts/build_cli.ts",
    "scripts/npm_names.ts",
    "scripts/papers.ts",
    "scripts/reachable_types.ts",
    "scripts/subpath_files.ts",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "tsconfig.json",
  ];
  for (const file of [...files, ...others].sort()) {
    const stat = statSync(join(root, file), { throwIfNoEntry: false });
    if (stat?.isFile()) hash.update(`${file} ${stat.size} ${stat.mtimeMs}\n`);
  }
  const folder = join(cache, `pack-${hash.digest("hex").slice(0, 16)}`);
  await once(folder, async () => {
    await run("npm", ["pack", "--pack-destination", folder, "--loglevel", "error"]);
  });
  return join(folder, readdirSync(folder).find((file) => file.endsWith(".tgz"))!);
}

/** What npm is told everywhere: no scripts, no chatter, the cache first. */
export const QUIET = [
  ..."--prefer-offline --ignore-scripts --no-audit --no-fund --loglevel error".split(" "),
];

export interface Scratch {
  readonly folder: string;
  write(file: string, text: string): void;
  install(...packages: string[]): Promise<string>;
  run(command: string, ...args: string[]): Promise<string>;
  remove(): void;
}

/** An empty project outside this checkout. */
export function scratch(manifest: Record<string, unknown> = {}): Scratch {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "websession-"));
  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  write("package.json", JSON.stringify({ name: "app", private: true, ...manifest }));
  return {
    folder,
    write,
    install: (...packages) => run("npm", ["install", ...QUIET, ...packages], folder),
    run: (command, ...args) => run(command, args, folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Programs of other Node lines than the one the tests run on, by major version. */
export async function nodes(majors: readonly number[]): Promise<Map<number, string>> {
  // The packages that npm's `node` installs; by themselves they need no script.
  const name = `node-${process.platform}-${process.arch}`;
  const folder = await once(join(cache, `nodes-${majors.join("-")}`), async () => {
    const to = join(cache, `nodes-${majors.join("-")}`);
    writeFileSync(join(to, "package.json"), JSON.stringify({ name: "nodes", private: true }));
    const specs = majors.map((major) => `node${major}@npm:${name}@${major}`);
    await run("npm", ["install", ...QUIET, ...specs], to);
  });
  return new Map(majors.map((major) => {
    return [major, join(folder, "node_modules", `node${major}`, "bin", "node")];
  }));
}
