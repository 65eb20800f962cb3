/** Starts the conformance apps on every runtime, as separate processes on random ports. */
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { findBinary, freePort, startServer } from "../servers/process.ts";
import { startWorkerd } from "../servers/workerd.ts";
import type { Power } from "../conformance/scenarios.ts";

export type Runtime = "node24" | "node20" | "deno" | "bun" | "workerd";
export type Door = "fetch" | "hono" | "express4" | "express5";

export interface AppServer {
  readonly base: string;
  stop(): Promise<void>;
}

const EXPRESS: readonly Power[] = ["crumbs"];
const WEB: readonly Power[] = [...EXPRESS, "fetch", "drops"];
const SOCKETS: readonly Power[] = [...WEB, "socket"];

/** Every door on every runtime it is made for. */
export const matrix: readonly { runtime: Runtime; door: Door; powers: readonly Power[] }[] = [
  ...(["node24", "node20"] as const).flatMap((runtime) => [
    ...(["fetch", "hono"] as const).map((door) => ({ runtime, door, powers: WEB })),
    ...(["express4", "express5"] as const).map((door) => ({ runtime, door, powers: EXPRESS })),
  ]),
  ...(["deno", "bun"] as const).flatMap((runtime) => [
    ...(["fetch", "hono"] as const).map((door) => ({ runtime, door, powers: SOCKETS })),
    { runtime, door: "express5" as const, powers: EXPRESS },
  ]),
  ...(["fetch", "hono"] as const).map((door) => ({
    runtime: "workerd" as const,
    door,
    powers: SOCKETS.filter((power) => power !== "crumbs"),
  })),
];

const root = join(import.meta.dirname, "../..");
const here = (file: string) => join(import.meta.dirname, file);
const bin = (name: string) => join(root, "node_modules/.bin", name);

/** The Node of the machine, where its major version is 20. */
export const node20: string | undefined = [findBinary("node", ["/usr/bin"])].find((path) =>
  path !== undefined &&
  spawnSync(path, ["--version"], { encoding: "utf8" }).stdout.startsWith("v20.")
);

let bundled: Promise<string> | undefined;
/** Node 20 reads no TypeScript. */
const bundleForNode20 = () =>
  bundled ??= (async () => {
    const outfile = join(mkdtempSync(join(tmpdir(), "websession-node20-")), "serve.mjs");
    await build({
      entryPoints: [here("serve_node.ts")],
      outfile,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      banner: {
        js: "import { createRequire } from 'node:module';" +
          "const require = createRequire(import.meta.url);",
      },
    });
    return outfile;
  })();

/** Starts one app; `STORE` in `env` names the Redis that keeps its sessions. */
export async function startApp(
  runtime: Runtime,
  door: Door,
  env: Record<string, string> = {},
): Promise<AppServer> {
  if (runtime === "workerd") return await startWorker(door);
  const port = await freePort();
  // Express speaks node:http on every runtime.
  const own = (name: string) => door.startsWith("express") ? "node" : name;
  const commands: Record<Exclude<Runtime, "workerd">, () => Promise<[string, string[]]>> = {
    node24: async () => [bin("node"), [here("serve_node.ts")]],
    node20: async () => [node20!, [await bundleForNode20()]],
    deno: async () => [bin("deno"), ["run", "-A", "--no-check", here(`serve_${own("deno")}.ts`)]],
    bun: async () => [bin("bun"), [here(`serve_${own("bun")}.ts`)]],
  };
  const [command, args] = await commands[runtime]();
  const options = { cwd: root, env: { ...process.env, NODE_ENV: "test", ...env } };
  const server = await startServer(command, [...args, door, String(port)], port, options);
  return { base: `http://127.0.0.1:${port}`, stop: () => server.stop() };
}

async function startWorker(door: Door): Promise<AppServer> {
  const miniflare = await startWorkerd(here("worker.ts"), { bindings: { DOOR: door } });
  const { origin } = await miniflare.ready;
  return { base: origin, stop: () => miniflare.dispose() };
}
