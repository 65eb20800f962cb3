/** A private Redis server that is short of memory and evicts what it likes. */
import { createClient } from "redis";
import { afterEach, describe, expect, test, vi } from "vitest";
import { type RedisSessionStore, redisStore } from "../../src/stores/redis.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

function record(subject?: string, size = 0) {
  const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR).toISOString() };
  const json = JSON.stringify({ cookie, serial: ++serial, text: "x".repeat(size) });
  return { json, expires: Date.now() + HOUR, subject };
}

describe.skipIf(skipRedis)("redisStore (redis-server, evicting)", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(policy: string) {
    const server = await startRedis(
      ...["--maxmemory", "8mb", "--maxmemory-policy", policy, "--maxmemory-samples", "10"],
    );
    closing.push(() => server.stop());
    const client = createClient({ url: `redis://127.0.0.1:${server.port}` });
    await client.connect();
    closing.push(() => client.destroy());
    const evicted = async () =>
      Number(/evicted_keys:(\d+)/.exec(String(await client.info("stats")))?.[1]);
    /** Stores visitors' sessions until so many keys were evicted. */
    const press = async (store: RedisSessionStore, keys: number, between: () => Promise<void>) => {
      const end = await evicted() + keys;
      while (await evicted() < end) {
        for (let each = 0; each < 100; each++) {
          await store.create(`visitor-${++serial}`, record(undefined, 2_000));
        }
        await between();
      }
    };
    return { client, press, evicted };
  }

  for (const policy of ["allkeys-lru", "volatile-lru", "allkeys-lfu"]) {
    test(`${policy}: of sessions in use none serves on after destroyAll(), and list() has each`, async () => {
      const { client, press, evicted } = await start(policy);
      const store = redisStore({ client });
      const subjects = Array.from({ length: 40 }, (_, at) => `user-${at}`);
      const mine = new Map(
        subjects.map((subject) => [subject, [1, 2, 3].map((n) => `${subject}-${n}`)]),
      );
      for (const [subject, ids] of mine) {
        for (const id of ids) await store.create(id, record(subject));
      }
      const ids = [...mine.values()].flat();
      const visit = async () => {
        for (const [at, id] of ids.entries()) {
          // Each kind of visit is to keep warm what belongs to the session.
          if (at % 3 === 0) await store.read(id);
          else if (at % 3 === 1) await store.readAndTouch(id, HOUR);
          else await store.touch(id, Date.now() + HOUR);
        }
      };
      // What was written once has been idle for seconds, in which the server counts, before it
      // is short of memory; what is visited has not.
      const idleFrom = Date.now();
      await expect.poll(async () => {
        await visit();
        return Date.now() - idleFrom;
      }, { interval: 200 }).toBeGreaterThan(4_000);
      await press(store, 6_000, visit);
      const indexes = (await client.keys("@by:*user-*")).length;
      // From here on the server has room, or it would go on evicting while we look.
      await client.configSet("maxmemory", "0");
      await visit();
      // Of a few even the note is gone whose they are: such a session is linked when it is written.
      for (const [subject, ids] of mine) {
        for (const id of ids) {
          const stored = await store.read(id);
          if (stored) await store.commit(id, { ...stored, subject }, stored.version);
        }
      }
      const verdict = {
        policy,
        evicted: await evicted(),
        alive: 0,
        indexes,
        found: 0,
        ended: 0,
        served: 0,
      };
      for (const [subject, ids] of mine) {
        const alive = [];
        for (const id of ids) if (await client.exists(`sess:${id}`)) alive.push(id);
        const found = await store.list(subject);
        verdict.alive += alive.length;
        verdict.found += found.length;
        verdict.ended += await store.destroyAll(subject);
        for (const id of ids) if (await store.read(id) !== undefined) verdict.served++;
      }
      console.log(JSON.stringify(verdict));
      expect(verdict).toMatchObject({ found: verdict.alive, ended: verdict.alive, served: 0 });
      // Enough of what was in use was left, or this would show nothing. How much, the server decides:
      // its clock for that counts in whole seconds, and it samples (58 to 120 of 120 were seen).
      expect(verdict.alive).toBeGreaterThan(20);
    });
  }

  for (const policy of ["allkeys-random", "volatile-random", "volatile-ttl"]) {
    test(`${policy}: a session that was evicted is gone to every verb, and one that was not is whole`, async () => {
      const { client, press } = await start(policy);
      const store = redisStore({ client });
      const records = Array.from({ length: 600 }, (_, at) => record(`user-${at % 200}`, 200));
      for (const [at, each] of records.entries()) await store.create(`id-${at}`, each);
      await press(store, 2_000, async () => {});
      const verdict = { policy, whole: 0, gone: 0 };
      for (const [at, { json, subject }] of records.entries()) {
        const id = `id-${at}`;
        const found = await store.read(id);
        if (found === undefined) {
          verdict.gone++;
          expect(await store.touch(id, Date.now() + HOUR)).toBe(false);
          expect(await store.readAndTouch(id, HOUR)).toBe(undefined);
          expect(await store.commit(id, record(subject), json)).toEqual({ status: "gone" });
          expect(await store.rotate(id, "to", record(subject), json)).toEqual({ status: "gone" });
          expect(await store.list(subject!)).not.toContain(id);
          // Nothing that was left of it speaks for another session of the same id.
          const other = record("somebody else");
          expect(await store.create(id, other)).toBe(true);
          expect(await store.list(subject!)).not.toContain(id);
          await store.destroyAll(subject!);
          const stands = await store.read(id);
          if (stands !== undefined) expect(stands.json).toBe(other.json);
          await store.destroy(id);
        } else {
          verdict.whole++;
          expect(found.json).toBe(json);
          const next = record(subject, 200);
          const { status } = await store.commit(id, next, found.version);
          // It may have been evicted just now.
          if (status === "committed") {
            expect([undefined, next.json]).toContain((await store.read(id))?.json);
          } else expect(status).toBe("gone");
          await store.destroyAll(subject!);
          expect(await store.read(id)).toBe(undefined);
        }
      }
      console.log(JSON.stringify(verdict));
      expect(verdict.gone).toBeGreaterThan(10);
    });
  }

  test("noeviction: a server that is full refuses what is new, and ends a subject's sessions all the same", async () => {
    const { client } = await start("noeviction");
    const store = redisStore({ client });
    for (let at = 0; at < 500; at++) await store.create(`id-${at}`, record("ada", 200));
    const version = (await store.read("id-0"))?.version;
    const full = async () => {
      for (;;) await store.create(`visitor-${++serial}`, record(undefined, 20_000));
    };
    await expect(full()).rejects.toThrow(/OOM/);
    await expect(store.commit("id-0", record("ada", 20_000), version)).rejects.toThrow(/OOM/);
    expect((await store.read("id-0"))?.version).toBe(version);
    expect((await store.readAndTouch("id-1", HOUR))?.json).toBeDefined();
    expect(await store.touch("id-1", Date.now() + HOUR)).toBe(true);
    expect((await store.list("ada")).length).toBe(500);
    expect(await store.destroyAll("nobody")).toBe(0);
    expect(await store.destroyAll("ada", "id-3")).toBe(499);
    expect(await store.list("ada")).toEqual(["id-3"]);
    await store.destroy("id-3");
    expect(await store.list("ada")).toEqual([]);
  });
});
