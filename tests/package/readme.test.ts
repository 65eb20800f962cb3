/** The README's starts run as they stand there, each on its runtime and with its store. */
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, describe, expect, test, vi } from "vitest";
import { freePort, startServer } from "../servers/process.ts";
import { postgresBinary, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";
import { writeSnippets } from "../testing/page_snippets.ts";
import { root } from "./pack.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const SECRET = "a secret of the tests, 32 bytes+";
const page = writeSnippets("../README.md");
afterAll(() => page.remove());

/** It counts a visitor's visits, and begins a session for another. */
async function counts(ask: (headers: Record<string, string>) => Promise<Response>): Promise<void> {
  const first = await ask({});
  expect(await first.text()).toBe("1 views");
  const cookie = first.headers.getSetCookie()[0]!.split(";")[0]!;
  expect(await (await ask({ cookie })).text()).toBe("2 views");
  expect(await (await ask({})).text()).toBe("1 views");
}

/** Starts a snippet as its line in the README does, and visits it on localhost. */
async function serves(
  program: string,
  args: (file: string) => string[],
  env: Record<string, string> = {},
): Promise<void> {
  const port = await freePort();
  const server = await startServer(
    join(root, "node_modules/.bin", program),
    args(page.folder),
    port,
    {
      cwd: page.folder,
      env: {
        ...process.env,
        SECRET,
        PORT: String(port),
        DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`,
        ...env,
      },
    },
  );
  try {
    await counts((headers) => fetch(`http://127.0.0.1:${port}/`, { headers }));
  } finally {
    await server.stop();
  }
}

test("it has the starts that are run here", () => {
  expect(page.names).toEqual(["bun.ts", "deno.ts", "express.ts", "node.ts", "worker.ts"]);
});

test("Deno, with Deno KV", () =>
  serves(
    "deno",
    (folder) => ["run", "-A", "--no-check", "--unstable-kv", join(folder, "deno.ts")],
    {
      DENO_DIR: join(page.folder, ".deno"),
    },
  ));

test("Bun, with SQLite", () => serves("bun", (folder) => [join(folder, "bun.ts")]));

describe.skipIf(skipRedis)("Express", () => {
  test("with Redis", async () => {
    const redis = await startRedis();
    try {
      await serves("node", (folder) => [join(folder, "express.ts")], {
        REDIS: `redis://127.0.0.1:${redis.port}`,
      });
    } finally {
      await redis.stop();
    }
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Node", () => {
  test("with Postgres", async () => {
    const postgres = await startPostgres();
    try {
      await serves("node", (folder) => [join(folder, "node.ts")], { POSTGRES: postgres.url });
    } finally {
      await postgres.stop();
    }
  });
});

test("Workers, with Hono and a Durable Object", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(page.folder, "worker.ts")],
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const miniflare = new Miniflare(convertV4MiniflareOptions({
    host: "127.0.0.1",
    cf: false,
    log: new Log(LogLevel.ERROR),
    modules: true,
    script: outputFiles[0]!.text,
    compatibilityDate: "2026-01-01",
    bindings: { SECRET },
    durableObjects: { SESSIONS: { className: "SessionObject", useSQLite: true } },
  }));
  try {
    const { origin } = await miniflare.ready;
    await counts((headers) => fetch(`${origin}/`, { headers }));
  } finally {
    await miniflare.dispose();
  }
});
