/** A new user's folder: empty but for what `npm install` brings, the packed tarball first. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { nodes, root, run, type Scratch, scratch, tarball } from "../package/pack.ts";
import { freePort, startServer } from "../servers/process.ts";

const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const bin = (name: string) => join(root, "node_modules", ".bin", name);

export const SECRET = "a secret of the tests, 32 bytes+";

/** As JSR has us: its name stands for what npm calls `websession/web`. */
const DENO = {
  nodeModulesDir: "manual",
  imports: {
    "@websession/websession": "npm:websession@^1.20.0/web",
    "@websession/websession/": "npm:/websession@^1.20.0/",
  },
};

export interface NewUser extends Scratch {
  /** A file of the installed package. */
  packed(path: string): string;
  /** What a user runs on Node 20, which knows no types: the program, compiled and checked by tsc. */
  compile(...files: string[]): Promise<void>;
}

/** Installs the tarball, and beside it the packages this checkout has under these names. */
export async function newUser(...packages: string[]): Promise<NewUser> {
  const app = scratch({ type: "module" });
  const versions = packages.map((name) => `${name}@${devDependencies[name]}`);
  await app.install(await tarball(), ...versions);
  app.write("deno.json", JSON.stringify(DENO));
  return {
    ...app,
    packed: (path) => readFileSync(join(app.folder, "node_modules", "websession", path), "utf8"),
    async compile(...files) {
      const compilerOptions = {
        ...{ strict: true, target: "es2022", module: "nodenext", types: ["node"], outDir: "out" },
        ...{ allowImportingTsExtensions: true, rewriteRelativeImportExtensions: true },
        ...{ skipLibCheck: true, rootDir: "." },
      };
      app.write("tsconfig.json", JSON.stringify({ compilerOptions, files }));
      await run(
        process.execPath,
        [join(root, "node_modules/typescript/bin/tsc"), "-p", "."],
        app.folder,
      );
    },
  };
}

/** How a program is started on each runtime. */
export type Runtime = "Node 20" | "Node 24" | "Bun" | "Deno";
export const RUNTIMES: readonly Runtime[] = ["Node 20", "Node 24", "Bun", "Deno"];

export async function commandOf(runtime: Runtime, file: string): Promise<[string, ...string[]]> {
  if (runtime === "Bun") return [bin("bun"), file];
  if (runtime === "Deno") return [bin("deno"), "run", "-A", "--no-check", "--unstable-kv", file];
  if (runtime === "Node 24") return [bin("node"), file];
  return [(await nodes([20, 22, 26])).get(20)!, join("out", file.replace(/\.tsx?$/, ".js"))];
}

export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** It counts a visitor's visits, begins a session for another and, where it has a logout, ends one. */
export async function counts(ask: Ask, logout?: string): Promise<void> {
  const first = await ask("/");
  expect(await first.text()).toBe("1 views");
  const cookie = first.headers.getSetCookie()[0]!.split(";")[0]!;
  const again = async () => await (await ask("/", { headers: { cookie } })).text();
  expect(await again()).toBe("2 views");
  expect(await (await ask("/")).text()).toBe("1 views");
  if (logout === undefined) return;
  const out = await ask(logout, { method: "POST", headers: { cookie }, redirect: "manual" });
  expect(out.headers.getSetCookie()[0]).toContain("Max-Age=0");
  expect(await again()).toBe("1 views");
}

/** Starts a server in a folder, and shows that it counts on localhost. */
export async function serves(
  folder: string,
  [command, ...args]: readonly [string, ...string[]],
  env: Record<string, string> = {},
  logout?: string,
): Promise<void> {
  const port = await freePort();
  const server = await startServer(
    command,
    args.map((arg) => arg.replace("PORT", `${port}`)),
    port,
    {
      cwd: folder,
      env: {
        ...process.env,
        SECRET,
        PORT: String(port),
        DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
        DENO_DIR: join(folder, ".deno"),
        ...env,
      },
    },
  );
  try {
    await counts((path, init) => fetch(`http://127.0.0.1:${port}${path}`, init), logout);
  } finally {
    await server.stop();
  }
}
