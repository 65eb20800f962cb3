/** A subject's sessions on a real cluster, where no script reaches a session and its index. */
import { Cluster } from "ioredis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type IoredisClient, redisStore } from "../../src/stores/redis.ts";
import { type RedisCluster, skipRedis, startCluster } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
/** No script is to be told of, or to answer, more sessions than this. */
const BATCH = 100;
let serial = 0;

function record(subject?: string) {
  return {
    json: JSON.stringify({ cookie: { originalMaxAge: HOUR }, serial: ++serial }),
    expires: Date.now() + HOUR,
    subject,
  };
}

/** A client that notes the key of each script, and how long the lists are that go to and fro. */
function watched(cluster: Cluster) {
  const seen = { keys: [] as string[], longest: 0 };
  const lengthOf = (answer: unknown): number =>
    Array.isArray(answer) ? Math.max(answer.length, ...answer.map(lengthOf)) : 0;
  const client: IoredisClient & { isCluster: boolean } = {
    defineCommand: cluster.defineCommand,
    isCluster: true,
    eval: (script, count, ...rest) => cluster.eval(script, count, ...rest),
    async evalsha(sha, count, ...rest) {
      seen.keys.push(rest[0]!);
      const answer = await cluster.evalsha(sha, count, ...rest);
      seen.longest = Math.max(seen.longest, rest.length, lengthOf(answer));
      return answer;
    },
  };
  return { seen, client };
}

describe.skipIf(skipRedis)("redisStore (a cluster of three masters): a subject's sessions", () => {
  let servers: RedisCluster;
  let cluster: Cluster;
  beforeAll(async () => {
    servers = await startCluster();
    cluster = new Cluster([...servers.addresses]);
  });
  afterAll(async () => {
    cluster?.disconnect();
    await servers?.stop();
  });

  const fresh = (now?: () => number) => {
    const prefix = `subjects${++serial}:`;
    const watch = watched(cluster);
    return {
      prefix,
      index: `@by:${prefix.length}:${prefix}ada`,
      store: redisStore({ client: cluster, prefix }),
      // Its own process, as far as it knows.
      other: redisStore({ client: watch.client, prefix, ...(now && { now }) }),
      seen: watch.seen,
    };
  };

  test("list() and destroyAll() of 10,000 sessions go in batches", async () => {
    const { store, other, seen, prefix } = fresh();
    const ids = Array.from({ length: 10_000 }, (_, at) => `id-${at}`);
    for (let at = 0; at < ids.length; at += 500) {
      await Promise.all(ids.slice(at, at + 500).map((id) => store.create(id, record("ada"))));
    }
    const worst = () =>
      Math.max(
        ...servers.servers.map((server) => {
          const entries = server.cli("SLOWLOG", "GET", "-1").matchAll(/^\d+\n\d{10}\n(\d+)\n/gm);
          return Math.max(0, ...[...entries].map(([, micros]) => Number(micros) / 1_000));
        }),
      );
    for (const server of servers.servers) {
      server.cli("CONFIG", "SET", "slowlog-log-slower-than", "100");
      server.cli("CONFIG", "SET", "slowlog-max-len", "10000");
      server.cli("SLOWLOG", "RESET");
    }
    expect((await other.list("ada")).sort()).toEqual([...ids].sort());
    expect(await other.destroyAll("ada")).toBe(ids.length);
    console.log(`10,000 sessions: ${seen.keys.length} scripts, worst ${worst()} ms on a server`);
    expect(seen.longest).toBeLessThanOrEqual(BATCH + 5);
    expect(await store.list("ada")).toEqual([]);
    for (const server of servers.servers) {
      expect(server.cli("KEYS", `${prefix}*`).trim()).toBe("");
    }
  });

  test("a session whose index was lost is found again once it was read, and no call waits for it", async () => {
    let time = Date.now();
    const { store, other, seen, index, prefix } = fresh(() => time);
    await store.create("an-id", record("ada"));
    const visits: (() => Promise<unknown>)[] = [
      () => other.read("an-id"),
      () => other.readAndTouch("an-id", HOUR),
      () => other.readAndTouch("an-id", HOUR / 2),
    ];
    for (const visit of visits) {
      expect(await cluster.del(index)).toBe(1);
      // Looked for once a minute, however often the session is read.
      time += 60_000;
      seen.keys.length = 0;
      for (let times = 0; times < 5; times++) expect(await visit()).toBeDefined();
      await expect.poll(() => store.list("ada")).toEqual(["an-id"]);
      expect(seen.keys.filter((key) => key === index)).toEqual([index]);
      expect(seen.keys.filter((key) => key === `${prefix}an-id`).length).toBe(5);
    }
    expect(await store.destroyAll("ada")).toBe(1);
  });

  test("a session that destroyAll() could not find is ended by the visit after, and by its rotation", async () => {
    const { store, other, index } = fresh();
    const first = record("ada");
    for (const id of ["read", "rotated"]) await store.create(id, first);
    await cluster.del(index);
    expect(await store.destroyAll("ada")).toBe(0);
    // What it has seen is being looked for when the rotation comes.
    await other.read("rotated");
    const moved = await other.rotate("rotated", "to", record("ada"), first.json);
    expect(moved).toEqual({ status: "gone" });
    expect(await store.read("to")).toBe(undefined);
    await other.read("read");
    for (const id of ["read", "rotated"]) {
      await expect.poll(() => store.read(id)).toBe(undefined);
    }
    // A login since is a session like any other.
    expect(await store.create("new", record("ada"))).toBe(true);
    expect(await store.list("ada")).toEqual(["new"]);
    for (const each of [store, other]) expect(await each.read("new")).toBeDefined();
  });

  test("destroyAll() keeps the session it is to keep, whether its index was lost or not", async () => {
    const { store, other, index } = fresh();
    for (let at = 0; at < 2 * BATCH; at++) await store.create(`id-${at}`, record("ada"));
    expect(await store.destroyAll("ada", "id-7")).toBe(2 * BATCH - 1);
    expect(await store.list("ada")).toEqual(["id-7"]);
    await cluster.del(index);
    expect(await store.destroyAll("ada", "id-7")).toBe(0);
    expect(await other.read("id-7")).toBeDefined();
    expect(await store.list("ada")).toEqual(["id-7"]);
    expect(await store.destroyAll("ada")).toBe(1);
    expect(await other.read("id-7")).toBe(undefined);
  });

  test("stores whose prefixes contain each other never see or touch each other's sessions", async () => {
    const { store: outer, prefix } = fresh();
    const inner = redisStore({ client: cluster, prefix: `${prefix}adm:` });
    await outer.create("outer", record("adm:bob"));
    await inner.create("inner", record("bob"));
    const idsOf = async (store: typeof outer) => {
      const ids: string[] = [];
      for await (const [id] of store.all()) ids.push(id);
      return ids;
    };
    expect(await idsOf(outer)).toEqual(["outer"]);
    expect(await outer.length()).toBe(1);
    expect(await outer.list("adm:bob")).toEqual(["outer"]);
    expect(await outer.destroyAll("bob")).toBe(0);
    expect(await outer.destroyAll("adm:bob")).toBe(1);
    await outer.clear();
    expect(await idsOf(inner)).toEqual(["inner"]);
    expect(await inner.list("bob")).toEqual(["inner"]);
    await inner.clear();
    expect(await inner.length()).toBe(0);
  });
});
