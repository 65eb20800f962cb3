/** What walks over every key of a private Redis server goes a page at a time, there and here. */
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { watched } from "./redis_watch.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const MANY = 10_000;
/** Keys that one step looks at: a step may go on to the end of the bucket it is in. */
const PAGE = 100 + 20;

/** The most that any `Set` holds of what `act` adds: one that grows moves all of it at once. */
async function largestSet(act: () => Promise<unknown>): Promise<number> {
  const plain = Set.prototype.add;
  let largest = 0;
  Set.prototype.add = function (value) {
    const set = plain.call(this, value) as Set<unknown>;
    largest = Math.max(largest, set.size);
    return set;
  };
  try {
    await act();
  } finally {
    Set.prototype.add = plain;
  }
  return largest;
}

describe.skipIf(skipRedis)(
  `redisStore (redis-server) with ${MANY} sessions`,
  () => {
    let server: RedisServer;
    let client: ReturnType<typeof createClient>;
    const ids: string[] = [];
    beforeAll(async () => {
      server = await startRedis();
      client = createClient({ url: `redis://127.0.0.1:${server.port}` });
      await client.connect();
      const store = redisStore({ client });
      const record = {
        json: '{"cookie":{}}',
        expires: Date.now() + 3_600_000,
        subject: "ada",
      };
      while (ids.length < MANY) {
        const some = Array.from({ length: 500 }, () => crypto.randomUUID());
        await Promise.all(some.map((id) => store.create(id, record)));
        ids.push(...some);
      }
    });
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
    });

    const found = {
      length: async (store: ReturnType<typeof redisStore>) => await store.length(),
      all: async (store: ReturnType<typeof redisStore>) => {
        const seen: string[] = [];
        for await (const [id] of store.all()) seen.push(id);
        expect(seen.sort()).toEqual(ids.sort());
        return seen.length;
      },
    };

    test.each(["length", "all"] as const)(
      "%s() keeps the ids it has met apart, so that none of what it knows is moved at once",
      async (verb) => {
        const largest = await largestSet(async () => {
          expect(await found[verb](redisStore({ client }))).toBe(MANY);
        });
        console.log(`${verb}() of ${MANY}: ${largest} ids in one set`);
        expect(largest).toBeLessThan(MANY / 40);
      },
    );

    test.each(["length", "all"] as const)(
      "%s() looks at a page of keys in each step",
      async (verb) => {
        const watch = watched(client, server.pid());
        await watch.reset();
        expect(await found[verb](redisStore({ client: watch.client }))).toBe(
          MANY,
        );
        console.log(`${verb}() of ${MANY}: ${await watch.times()}`);
        // Of each key its kind and its text, when it ends, whose it is, and whether its index has it.
        expect(watch.commands).toBeLessThanOrEqual(6 * PAGE);
      },
    );

    test("clear() drops a page of keys in each step, and what begins meanwhile stays or goes, but is still its subject's", async () => {
      const watch = watched(client, server.pid());
      await watch.reset();
      const writer = redisStore({ client });
      const expires = Date.now() + 3_600_000;
      let isOver = false;
      const cleared = redisStore({ client: watch.client }).clear().then(() => isOver = true);
      let late = 0;
      while (!isOver) {
        const subject = `of late ${++late}`;
        await writer.create(`late ${late}`, {
          json: '{"cookie":{}}',
          expires,
          subject,
        });
      }
      await cleared;
      console.log(`clear() of ${MANY}: ${await watch.times()}`);
      // To look for the next page, to drop each of its keys, and what the other did meanwhile.
      expect(watch.commands).toBeLessThanOrEqual(2 * PAGE + 200);
      const left = (await client.keys("sess:*")).map((key) => key.slice("sess:".length));
      expect(left.filter((id) => !id.startsWith("late"))).toEqual([]);
      expect(left.length).toBeGreaterThan(0);
      expect(late).toBeGreaterThan(left.length);
      for (const id of left) {
        await writer.destroyAll(`of ${id}`);
        expect(await writer.read(id), id).toBeUndefined();
      }
    });
  },
);
