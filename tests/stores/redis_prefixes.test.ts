/** Stores in one Redis whose prefixes contain each other. */
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type RedisSessionStore,
  redisStore,
  type RedisStoreClient,
} from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

function record(subject?: string) {
  return {
    json: JSON.stringify({ cookie: { originalMaxAge: HOUR }, serial: ++serial }),
    expires: Date.now() + HOUR,
    subject,
  };
}

async function idsOf(store: RedisSessionStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const [id] of store.all()) ids.push(id);
  return ids.sort();
}

describe.skipIf(skipRedis)("redisStore (redis-server): prefixes that contain each other", () => {
  let server: RedisServer;
  let admin: ReturnType<typeof createClient>;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    server = await startRedis();
    admin = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await admin.connect();
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await admin.flushAll();
  });
  afterAll(async () => {
    admin?.destroy();
    await server?.stop();
  });

  const clients: Record<string, () => RedisStoreClient> = {
    "node-redis": () => admin,
    "ioredis with keyPrefix": () => {
      const client = new Redis(server.port, "127.0.0.1", { keyPrefix: "app:" });
      closing.push(() => client.quit());
      return client;
    },
  };
  const pairs: [outer: string, inner: string][] = [
    ["sess:", "sess:adm:"],
    ["s", "sess"],
    ["a*", "a*[b]"],
    ["@at:", "@at:by:"],
    ["{sess}:", "{sess}:adm:"],
    ["sess", "sess{a}:"],
  ];

  for (const [name, connect] of Object.entries(clients)) {
    for (const [outerPrefix, innerPrefix] of pairs) {
      test(`${name}: "${outerPrefix}" and "${innerPrefix}" never see or touch each other's sessions`, async () => {
        const client = connect();
        const outer = redisStore({ client, prefix: outerPrefix });
        const inner = redisStore({ client, prefix: innerPrefix });
        // What the outer index of the one subject would be called is the inner one's, and back.
        const rest = innerPrefix.slice(outerPrefix.length);
        const [mine, theirs] = [`${rest}bob`, "bob"];
        for (const id of ["a", "b"]) {
          await outer.create(`outer-${id}`, record(mine));
          await inner.create(`inner-${id}`, record(theirs));
          await outer.create(`nobody-${id}`, record());
          await inner.create(`nobody-${id}`, record());
        }
        const outerIds = ["nobody-a", "nobody-b", "outer-a", "outer-b"];
        const innerIds = ["inner-a", "inner-b", "nobody-a", "nobody-b"];
        const bothStand = async () => {
          expect(await idsOf(outer)).toEqual(outerIds);
          expect(await idsOf(inner)).toEqual(innerIds);
          expect(await outer.length()).toBe(4);
          expect(await inner.length()).toBe(4);
          expect((await outer.list(mine)).sort()).toEqual(["outer-a", "outer-b"]);
          expect((await inner.list(theirs)).sort()).toEqual(["inner-a", "inner-b"]);
          expect(await outer.list(theirs)).toEqual([]);
          expect(await inner.list(mine)).toEqual([]);
        };
        await bothStand();
        // Nobody's sessions end, and no index is pruned.
        expect(await outer.destroyAll(theirs)).toBe(0);
        expect(await inner.destroyAll(mine)).toBe(0);
        await bothStand();
        for (let logins = 0; logins < 5; logins++) {
          for (const store of [outer, inner]) {
            for (const subject of [mine, theirs]) {
              await store.create("short", record(subject));
              await store.destroy("short");
            }
          }
        }
        await bothStand();
        expect(await outer.destroyAll(mine)).toBe(2);
        expect((await inner.list(theirs)).sort()).toEqual(["inner-a", "inner-b"]);
        await outer.clear();
        expect(await outer.length()).toBe(0);
        expect(await idsOf(inner)).toEqual(innerIds);
        expect((await inner.list(theirs)).sort()).toEqual(["inner-a", "inner-b"]);
        await outer.create("outer-c", record(mine));
        await inner.clear();
        expect(await inner.length()).toBe(0);
        expect(await idsOf(outer)).toEqual(["outer-c"]);
        expect(await outer.list(mine)).toEqual(["outer-c"]);
        for (const store of [outer, inner]) await store.clear();
        expect(await admin.keys("*")).toEqual([]);
      });
    }
  }

  test("a store that another process uses, and that only reads, is known within a minute", async () => {
    let time = Date.now();
    const now = () => time;
    const outer = redisStore({ client: admin, now });
    const inner = redisStore({ client: admin, now, prefix: "sess:adm:" });
    await inner.create("an-id", record());
    // As an evicting server would: the list of prefixes is gone.
    expect(await admin.del("@by:")).toBe(1);
    time += 60_000;
    await inner.read("an-id");
    await expect.poll(() => outer.length()).toBe(0);
    await outer.clear();
    expect(await inner.read("an-id")).toBeDefined();
  });

  test("a prefix that is no longer used hides nothing: clear() takes it back, and so can ZREM", async () => {
    const outer = redisStore({ client: admin });
    const inner = redisStore({ client: admin, prefix: "sess:adm:" });
    for (const forget of [() => inner.clear(), () => admin.zRem("@by:", "sess:adm:")]) {
      await inner.create("an-id", record());
      expect(await outer.length()).toBe(0);
      await forget();
      await outer.create("adm:its-own", record());
      expect(await idsOf(outer)).toContain("adm:its-own");
      await admin.flushAll();
    }
  });

  test("which prefix is in use is said once a minute, beside the call and not before it", async () => {
    let time = Date.now();
    const calls: string[] = [];
    const client = {
      async send(command: string, args: string[]): Promise<unknown> {
        if (command === "EVALSHA") calls.push(args[2]!);
        return await admin.sendCommand([command, ...args]);
      },
    };
    const store = redisStore({ client, now: () => time });
    await store.create("an-id", record());
    expect(calls).toEqual(["@by:", "sess:an-id"]);
    for (let visits = 0; visits < 10; visits++) await store.readAndTouch("an-id", HOUR);
    expect(calls.splice(0).filter((key) => key === "@by:")).toEqual(["@by:"]);
    time += 60_000;
    await store.read("an-id");
    await store.read("an-id");
    expect(calls.filter((key) => key === "@by:")).toEqual(["@by:"]);
  });

  test("a user of the server who may not keep the list of prefixes has a store all the same", async () => {
    await admin.sendCommand(
      ["ACL", "SETUSER", "narrow", "on", ">narrow", "~sess:*", "~@of:*", "~@by:5*", "+@all"],
    );
    const narrow = createClient({
      url: `redis://127.0.0.1:${server.port}`,
      username: "narrow",
      password: "narrow",
    });
    await narrow.connect();
    closing.push(() => narrow.destroy(), () => admin.sendCommand(["ACL", "DELUSER", "narrow"]));
    const store = redisStore({ client: narrow });
    expect(await store.create("an-id", record("ada"))).toBe(true);
    expect(await store.read("an-id")).toBeDefined();
    expect(await store.list("ada")).toEqual(["an-id"]);
    expect(await store.destroyAll("ada")).toBe(1);
  });
});
