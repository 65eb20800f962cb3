/** How many keys clear() asks a private Redis server for: fewer where its table is nearly empty. */
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const MANY = 4_000;

interface Step {
  /** How many keys the server had before it. */
  readonly keys: number;
  readonly count: number;
}

describe.skipIf(skipRedis)("clear() of a Redis store (redis-server)", () => {
  let server: RedisServer;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    server = await startRedis();
    client = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await client.connect();
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  /** Fills a store, empties it, and tells of each step of SCAN. */
  async function stepsOfClear(scanCount?: number): Promise<Step[]> {
    const record = { json: '{"cookie":{}}', expires: Date.now() + 3_600_000, subject: "ada" };
    const writer = redisStore({ client });
    await Promise.all(Array.from({ length: MANY }, (_, at) => writer.create(`id-${at}`, record)));
    const steps: Step[] = [];
    const noting = {
      async send(command: string, args: string[]) {
        const keys = await client.dbSize();
        if (/^(clear|owners)$/.test(args[6] ?? "")) steps.push({ keys, count: Number(args[5]) });
        return await client.sendCommand([command, ...args]);
      },
    };
    await redisStore({ client: noting, ...(scanCount && { scanCount }) }).clear();
    expect(await client.keys("sess:*")).toEqual([]);
    expect(await client.keys("@*")).toEqual([]);
    return steps;
  }

  test("full pages first; a tenth once fewer than a quarter of the keys are left", async () => {
    const steps = await stepsOfClear();
    // Owners and an index go with the sessions; the rest of them is found by themselves.
    const most = Math.max(...steps.map(({ keys }) => keys));
    const [full, sparse] = [most / 4 + 300, most / 4 - 300];
    const counts = (some: Step[]) => [...new Set(some.map(({ count }) => count))];
    expect(counts(steps.filter(({ keys }) => keys > full))).toEqual([100]);
    expect(counts(steps.filter(({ keys }) => keys < sparse))).toEqual([10]);
    expect(steps.filter(({ keys }) => keys < sparse).length).toBeGreaterThan(10);
  });

  test("of a page of a size that was asked for it is a tenth as well, and never nothing", async () => {
    const counts = new Set((await stepsOfClear(5)).map(({ count }) => count));
    expect([...counts]).toEqual([5, 1]);
  });

  test("beside many keys of others the table is not empty, and pages stay full", async () => {
    const others = Array.from({ length: MANY }, (_, at) => [`other:${at}`, "1"]).flat();
    await client.sendCommand(["MSET", ...others]);
    const counts = new Set((await stepsOfClear()).map(({ count }) => count));
    expect([...counts]).toEqual([100]);
    await client.flushAll();
  });

  test("who may not ask how many keys there are goes by full pages", async () => {
    await client.aclSetUser("modest", ["on", ">modest", "~*", "+@all", "-dbsize"]);
    const modest = createClient({
      url: `redis://127.0.0.1:${server.port}`,
      username: "modest",
      password: "modest",
    });
    await modest.connect();
    try {
      const store = redisStore({ client: modest });
      const record = { json: '{"cookie":{}}', expires: Date.now() + 3_600_000, subject: "ada" };
      for (const id of ["one", "two"]) await store.create(id, record);
      await store.clear();
      expect(await client.dbSize()).toBe(0);
    } finally {
      modest.destroy();
    }
  });
});
