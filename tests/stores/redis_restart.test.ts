/** A server that is killed and started again while sessions are written. */
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore, type RedisStoreClient } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { Load } from "./redis_load.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipRedis)("redisStore (redis-server with appendonly)", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis("--appendonly", "yes", "--appendfsync", "always");
  });
  afterAll(() => server?.stop());

  const clients: Record<string, () => Promise<[client: RedisStoreClient, close: () => void]>> = {
    "node-redis": async () => {
      const client = createClient({
        url: `redis://127.0.0.1:${server.port}`,
        socket: { reconnectStrategy: 50 },
      });
      client.on("error", () => undefined);
      await client.connect();
      return [client, () => client.destroy()];
    },
    ioredis: () => {
      const client = new Redis(server.port, "127.0.0.1", { retryStrategy: () => 50 });
      client.on("error", () => undefined);
      return Promise.resolve([client, () => client.disconnect()]);
    },
  };

  for (const [name, connect] of Object.entries(clients)) {
    test(`no acknowledged write is lost and nothing is revived by three kills (${name})`, async () => {
      const open = await Promise.all(Array.from({ length: 4 }, connect));
      const stores = open.map(([client]) => redisStore({ client, prefix: `${name}:` }));
      const load = new Load();
      load.start(stores, 16);
      for (let kills = 0; kills < 3; kills++) {
        const before = load.acknowledged;
        await expect.poll(() => load.acknowledged - before, { timeout: 120_000 }).toBeGreaterThan(
          500,
        );
        await server.kill();
        await server.start();
      }
      const before = load.acknowledged;
      await expect.poll(() => load.acknowledged - before, { timeout: 120_000 }).toBeGreaterThan(
        500,
      );
      await load.stop();
      const verdict = await load.verdict(stores[0]!);
      console.log(`${name}, three kills:`, JSON.stringify(verdict));
      expect(verdict).toMatchObject({ lost: 0, revived: 0 });
      for (const [, close] of open) close();
    });
  }
});
