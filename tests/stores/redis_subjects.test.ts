/** Many sessions of one subject, and an index that was lost, on a private Redis server. */
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type RedisSessionStore, redisStore } from "../../src/stores/redis.ts";
import type { StoredSession } from "../../src/store.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { watched } from "./redis_watch.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
const INDEX = "@by:5:sess:ada";
/** No script is to look at more sessions than this. */
const BATCH = 100;
let serial = 0;

function record(subject: string | undefined = "ada") {
  const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR).toISOString() };
  const json = JSON.stringify({ cookie, serial: ++serial });
  return { json, expires: Date.now() + HOUR, subject };
}

describe.skipIf(skipRedis)("redisStore (redis-server): a subject's sessions", () => {
  let server: RedisServer;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    server = await startRedis();
    client = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await client.connect();
  });
  afterEach(() => client.flushAll());
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  async function login(store: RedisSessionStore, count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, (_, at) => `id-${at}`);
    for (let at = 0; at < count; at += 500) {
      await Promise.all(ids.slice(at, at + 500).map((id) => store.create(id, record())));
    }
    return ids;
  }

  // Not where hundreds of runs are made of this file (mutation/).
  for (const count of process.env["RUNS"] === undefined ? [10_000, 100_000] : []) {
    test(`list() and destroyAll() of ${count} sessions go in batches`, async () => {
      const ids = await login(redisStore({ client }), count);
      const watch = watched(client, server.pid());
      const store = redisStore({ client: watch.client });
      await watch.reset();
      expect((await store.list("ada")).sort()).toEqual(ids.sort());
      console.log(`list() of ${count}: ${await watch.times()}`);
      // What a script does for each session is the end, the owner, and no more than two others.
      expect(watch.commands).toBeLessThanOrEqual(4 * BATCH);
      await watch.reset();
      expect(await store.destroyAll("ada")).toBe(count);
      console.log(`destroyAll() of ${count}: ${await watch.times()}`);
      expect(watch.commands).toBeLessThanOrEqual(4 * BATCH);
      expect(watch.keys).toBeLessThanOrEqual(2 * BATCH + 2);
      expect(await store.list("ada")).toEqual([]);
      expect(await client.keys("sess:*")).toEqual([]);
    });
  }

  /** Uses a session in every way there is; what it is told when there is none. */
  const uses: Record<string, (store: RedisSessionStore, id: string, of: StoredSession) => unknown> =
    {
      read: async (store, id) => await store.read(id) ?? "gone",
      readAndTouch: async (store, id) => await store.readAndTouch(id, HOUR) ?? "gone",
      "readAndTouch of another lifetime": async (store, id) =>
        await store.readAndTouch(id, HOUR / 2) ?? "gone",
      touch: async (store, id) => await store.touch(id, Date.now() + HOUR) || "gone",
      commit: async (store, id, of) => (await store.commit(id, record(), of.version)).status,
      rotate: async (store, id, of) =>
        (await store.rotate(id, "rotated", record(), of.version)).status,
    };

  for (const [verb, use] of Object.entries(uses)) {
    test(`a session whose index was lost is found again after ${verb}()`, async () => {
      const store = redisStore({ client });
      await store.create("an-id", record());
      await store.create("another", record());
      const version = (await store.read("an-id"))!;
      expect(await client.del(INDEX)).toBe(1);
      expect(await use(store, "an-id", version)).not.toBe("gone");
      const id = verb === "rotate" ? "rotated" : "an-id";
      expect(await store.list("ada")).toEqual([id]);
      expect(await client.pExpireTime(INDEX)).toBeGreaterThan(Date.now() + 24 * HOUR);
      expect(await store.destroyAll("ada")).toBe(1);
      expect(await store.read(id)).toBe(undefined);
    });

    test(`a session that destroyAll() could not find, as its index was lost, is gone to ${verb}()`, async () => {
      const store = redisStore({ client });
      await store.create("an-id", record());
      const version = (await store.read("an-id"))!;
      await client.del(INDEX);
      expect(await store.destroyAll("ada")).toBe(0);
      expect(await use(store, "an-id", version)).toBe("gone");
      expect(await store.read("an-id")).toBe(undefined);
      expect(await store.read("rotated")).toBe(undefined);
      // A later login is a session like any other.
      expect(await store.create("an-id", record())).toBe(true);
      expect(await use(store, "an-id", (await store.read("an-id"))!)).not.toBe("gone");
    });

    test(`a session that destroyAll() has not come to yet is gone to ${verb}(), and counted`, async () => {
      const store = redisStore({ client });
      const ids = await login(store, 3 * BATCH);
      const version = (await store.read(ids.at(-1)!))!;
      const { held, gate } = holdAfterFirst(client);
      const destroyed = redisStore({ client: gate }).destroyAll("ada");
      const resume = await held;
      expect(await client.exists(`sess:${ids.at(-1)}`)).toBe(1);
      expect(await use(store, ids.at(-1)!, version)).toBe("gone");
      const late = record();
      expect(await store.create("late", late)).toBe(true);
      expect(await store.list("ada")).toEqual(["late"]);
      expect(await store.length()).toBe(1);
      for await (const [id] of store.all()) expect(id).toBe("late");
      resume();
      expect(await destroyed).toBe(ids.length);
      expect((await store.read("late"))?.json).toBe(late.json);
      expect(await client.keys("sess:*")).toEqual(["sess:late"]);
    });
  }

  test("a commit that takes the subject off does not save a session that destroyAll() has ended", async () => {
    const store = redisStore({ client });
    await store.create("an-id", record());
    const version = (await store.read("an-id"))?.version;
    await client.del(INDEX);
    await store.destroyAll("ada");
    const logout = { ...record(), subject: undefined };
    expect(await store.commit("an-id", logout, version)).toEqual({ status: "gone" });
    expect(await store.rotate("an-id", "to", logout, version)).toEqual({ status: "gone" });
    expect(await store.create("an-id", logout)).toBe(true);
  });

  test("destroyAll() keeps the session it is to keep, whether its index was lost or not", async () => {
    const store = redisStore({ client });
    const ids = await login(store, BATCH + 10);
    expect(await store.destroyAll("ada", ids[3])).toBe(BATCH + 9);
    expect(await store.list("ada")).toEqual([ids[3]]);
    await client.del(INDEX);
    expect(await store.destroyAll("ada", ids[3])).toBe(0);
    expect(await store.read(ids[3]!)).toBeDefined();
    expect(await store.list("ada")).toEqual([ids[3]]);
    await client.del(INDEX);
    expect(await store.destroyAll("ada")).toBe(0);
    // It is over, and asking to keep it does not bring it back.
    expect(await store.destroyAll("ada", ids[3])).toBe(0);
    expect(await store.read(ids[3]!)).toBe(undefined);
  });

  test("sessions that rotate all the while do not outrun destroyAll() of many", async () => {
    const store = redisStore({ client });
    for (let round = 0; round < 5; round++) {
      await login(store, 3 * BATCH);
      const chased = Promise.all(Array.from({ length: 16 }, async (_, at) => {
        let id = `id-${at}`;
        for (let hops = 0; hops < 10_000; hops++) {
          const found = await store.read(id);
          const to = `to-${++serial}`;
          const result = await store.rotate(id, to, record(), found?.version);
          if (result.status !== "committed") return result.status;
          id = to;
        }
        return "outran it";
      }));
      expect(await store.destroyAll("ada")).toBe(3 * BATCH);
      expect(await chased).toEqual(Array(16).fill("gone"));
      expect(await store.length()).toBe(0);
    }
  });

  test("list() page by page misses no session that rotates meanwhile", async () => {
    const store = redisStore({ client });
    await login(store, 3 * BATCH);
    const { held, gate } = holdAfterFirst(client);
    const listed = redisStore({ client: gate }).list("ada");
    const resume = await held;
    const last = `id-${3 * BATCH - 1}`;
    const version = (await store.read(last))?.version;
    expect((await store.rotate(last, "rotated", record(), version)).status).toBe("committed");
    resume();
    const ids = await listed;
    expect(ids).toContain("rotated");
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBe(3 * BATCH);
  });

  test("destroyAll() that is sent twice counts what is left and ends nothing that began since", async () => {
    const store = redisStore({ client });
    await login(store, 3 * BATCH);
    const { held, gate } = holdAfterFirst(client, true);
    const destroyed = redisStore({ client: gate }).destroyAll("ada");
    const resume = await held;
    await store.create("late", record());
    resume();
    expect(await destroyed).toBe(2 * BATCH);
    expect(await store.list("ada")).toEqual(["late"]);
    expect(await client.keys("sess:*")).toEqual(["sess:late"]);
  });

  test("an id that begins anew before destroyAll() has come to it is the new session's", async () => {
    const store = redisStore({ client });
    const ids = await login(store, 3 * BATCH);
    const { held, gate } = holdAfterFirst(client);
    const destroyed = redisStore({ client: gate }).destroyAll("ada");
    const resume = await held;
    const anew = record();
    expect(await store.create(ids.at(-1)!, anew)).toBe(true);
    resume();
    expect(await destroyed).toBe(ids.length - 1);
    expect((await store.read(ids.at(-1)!))?.json).toBe(anew.json);
    expect(await store.list("ada")).toEqual([ids.at(-1)]);
  });

  test("an id of a session that destroyAll() has ended, and not found, is free for another", async () => {
    const store = redisStore({ client });
    for (const subject of [undefined, "ada", "bob"]) {
      await store.create("an-id", record());
      await client.del(INDEX);
      await store.destroyAll("ada");
      const anew = { ...record(), subject };
      expect(await store.create("an-id", anew)).toBe(true);
      expect(await store.create("an-id", anew)).toBe(false);
      expect((await store.read("an-id"))?.json).toBe(anew.json);
      for (const each of ["ada", "bob"]) {
        expect(await store.list(each)).toEqual(each === subject ? ["an-id"] : []);
      }
      await store.destroy("an-id");
    }
  });

  test("an index lasts as long as each session in it, and a mark 400 days", async () => {
    const store = redisStore({ client });
    const days = (count: number) => Date.now() + count * 24 * HOUR;
    await store.create("an-id", record());
    expect(await client.pExpireTime(INDEX)).toBeGreaterThan(days(399));
    const version = (await store.read("an-id"))?.version;
    const long = { ...record(), expires: days(500) };
    expect((await store.commit("an-id", long, version)).status).toBe("committed");
    expect(await client.pExpireTime(INDEX)).toBeGreaterThanOrEqual(long.expires);
    // What it ended may come back as late as that.
    await store.destroyAll("ada");
    expect(await client.pExpireTime(INDEX)).toBeGreaterThanOrEqual(long.expires);
    await store.destroyAll("bob");
    expect(await client.pExpireTime("@by:5:sess:bob")).toBeGreaterThan(days(399));
    expect(await client.pExpireTime("@by:5:sess:bob")).toBeLessThan(days(401));
  });

  test("list() comes to an end where more sessions than a page has entered in one moment", async () => {
    const store = redisStore({ client });
    await login(store, 3 * BATCH);
    const entries = await client.zRangeWithScores(INDEX, 0, -1);
    await client.zAdd(INDEX, entries.map(({ value }) => ({ value, score: 1 })));
    await store.create("late", record());
    const ids = await store.list("ada");
    expect(ids).toContain("late");
    expect(await store.destroyAll("ada")).toBe(3 * BATCH + 1);
  });

  test("an index is not rewritten by commits of a session it has", async () => {
    const store = redisStore({ client });
    await store.create("an-id", record());
    const score = await client.zScore(INDEX, "an-id");
    const version = (await store.read("an-id"))?.version;
    expect((await store.commit("an-id", record(), version)).status).toBe("committed");
    expect(await client.zScore(INDEX, "an-id")).toBe(score);
  });
});

/** A client whose second script waits; with `twice` the first is sent again after it. */
function holdAfterFirst(client: ReturnType<typeof createClient>, twice = false) {
  let reach = (_resume: () => void) => {};
  const held = new Promise<() => void>((resolve) => (reach = resolve));
  let scripts = 0;
  const send = async (command: string, args: string[]): Promise<unknown> => {
    // By text: no digest that the server may not know yet counts as a script.
    if (command === "EVALSHA") throw new Error("NOSCRIPT No matching script");
    const answer = (scripts++ === 1)
      ? await new Promise<void>((resume) => reach(resume))
      : undefined;
    void answer;
    return await client.sendCommand([command, ...args]);
  };
  if (!twice) return { held, gate: { send } };
  let first: [string, string[]] | undefined;
  return {
    held,
    gate: {
      async send(command: string, args: string[]): Promise<unknown> {
        if (command === "EVALSHA") throw new Error("NOSCRIPT No matching script");
        if (first === undefined) {
          first = [command, args];
          await client.sendCommand([command, ...args]);
          await new Promise<void>((resume) => reach(resume));
        }
        return await client.sendCommand([command, ...args]);
      },
    },
  };
}
