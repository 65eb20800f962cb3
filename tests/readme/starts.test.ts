/** README's starts run as they stand there: in an empty folder, from the packed tarball, on every runtime they are for. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { startWorkerd } from "../servers/workerd.ts";
import { fencesOf } from "./fences.ts";
import { commandOf, counts, type NewUser, newUser, RUNTIMES, SECRET, serves } from "./new_user.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

let user: NewUser;
let files: string[];

/** The example at the top, which any fetch server serves. */
const TOP = "first.ts";
const ON_NODE = `import { serve } from "@hono/node-server";
import app from "./first.ts";
serve({ fetch: app.fetch, port: Number(process.env.PORT) });
`;

beforeAll(async () => {
  user = await newUser(
    ...["express", "redis", "@hono/node-server", "pg", "hono"],
    ...["@types/express", "@types/node", "@types/pg"],
  );
  const fences = fencesOf(user.packed("README.md"));
  user.write(TOP, fences[0]!.code);
  user.write("first_on_node.ts", ON_NODE);
  files = fences.flatMap(({ file, code }) => {
    if (file !== undefined) user.write(file, code);
    return file ?? [];
  });
  await user.compile("express.ts", "node.ts", TOP, "first_on_node.ts");
});
afterAll(() => user?.remove());

test("it has the starts that are run here", () => {
  expect(files.sort()).toEqual(["bun.ts", "deno.ts", "express.ts", "node.ts", "worker.ts"]);
});

describe("the first example", () => {
  test.each(["Node 20", "Node 24"] as const)("on %s, behind @hono/node-server", async (runtime) => {
    await serves(user.folder, await commandOf(runtime, "first_on_node.ts"));
  });
  test("on Bun", async () => serves(user.folder, await commandOf("Bun", TOP)));
  test("on Deno", async () => {
    const [deno] = await commandOf("Deno", TOP);
    await serves(user.folder, [deno, "serve", "-A", "--no-check", "--port", "PORT", TOP]);
  });
});

test("Deno, with Deno KV", async () => serves(user.folder, await commandOf("Deno", "deno.ts")));

test("Bun, with SQLite", async () => serves(user.folder, await commandOf("Bun", "bun.ts")));

describe.skipIf(skipRedis)("Express with Redis", () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  test.each(RUNTIMES)("on %s", async (runtime) => {
    const REDIS = `redis://127.0.0.1:${redis.port}`;
    await serves(user.folder, await commandOf(runtime, "express.ts"), { REDIS });
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Node with Postgres", () => {
  let postgres: PostgresServer;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(() => postgres?.stop());

  test.each(RUNTIMES)("on %s", async (runtime) => {
    await serves(user.folder, await commandOf(runtime, "node.ts"), { POSTGRES: postgres.url });
  });
});

test("Workers, with Hono and a Durable Object", async () => {
  const miniflare = await startWorkerd(join(user.folder, "worker.ts"), {
    bindings: { SECRET },
    className: "SessionObject",
  });
  try {
    const { origin } = await miniflare.ready;
    await counts((path, init) => fetch(origin + path, init));
  } finally {
    await miniflare.dispose();
  }
});
