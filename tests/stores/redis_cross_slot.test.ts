/** The scripts of a cluster whose keys share no slot, on one private server: it keeps all slots. */
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * HOUR;
const INDEX = "@by:5:sess:ada";
const OWNER = (id: string) => `@of:{sess:${id}}`;
/** The entry of an index that `destroyAll()` leaves. */
const MARK = "{~}";
/** The one beside it that says when. */
const isTime = (id: string) => /^\{~\}\d+$/.test(id);
let serial = 0;

function record(subject: string | undefined = "ada", expires = Date.now() + HOUR) {
  return { json: JSON.stringify({ cookie: {}, serial: ++serial }), expires, subject };
}

describe.skipIf(skipRedis)("redisStore (redis-server, told that it is a cluster)", () => {
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

  /** A store whose every process is another one, as far as it knows. */
  const cluster = (now?: () => number) =>
    redisStore({
      client: {
        evalSha: client.evalSha.bind(client),
        eval: client.eval.bind(client),
        masters: [0],
        nodeClient: () => Promise.resolve(client),
      } as never,
      ...(now && { now }),
    });
  const members = async () => (await client.zRange(INDEX, 0, -1)).filter((id) => !isTime(id));
  const scoreOf = async (id: string) => await client.zScore(INDEX, id);
  /** As if an entry had been made so long ago. */
  const age = async (id: string, ms: number) => {
    await client.zAdd(INDEX, { value: id, score: (Date.now() - ms) * 1000 });
  };

  test("each entry has two that are over a minute old looked at: the dead go, the living go to the end of the old", async () => {
    const store = cluster();
    for (const id of ["dead", "live", "third"]) await store.create(id, record());
    await client.del("sess:dead");
    await age("dead", 4 * MINUTE);
    await age("live", 3 * MINUTE);
    await age("third", 2 * MINUTE);
    await store.create("new", record());
    expect((await members()).sort()).toEqual(["live", "new", "third"]);
    const [live, third, fresh] = await Promise.all(["live", "third", "new"].map(scoreOf));
    expect(live).toBe(fresh! - 1000 * MINUTE);
    expect(live).toBeGreaterThan(third!);
  });

  test("an entry that is younger than a minute may be of a session that is still being made", async () => {
    const store = cluster();
    await store.create("an-id", record());
    // Another process has entered it, and has not come to make its session.
    await age("coming", MINUTE - 10_000);
    await store.create("new", record());
    expect((await members()).sort()).toEqual(["an-id", "coming", "new"]);
    expect((await store.list("ada")).sort()).toEqual(["an-id", "new"]);
    await store.destroyAll("ada");
    // It is closed for a minute, and its entry is left to whoever makes it.
    expect(await members()).toContain("coming");
    expect(await client.get(OWNER("coming"))).toBe("x");
    const left = await client.pTTL(OWNER("coming"));
    expect(left).toBeGreaterThan(MINUTE - 10_000);
    expect(left).toBeLessThanOrEqual(MINUTE);
    expect(await store.create("coming", record())).toBe(false);
  });

  test("destroyAll() takes entries that are over a minute old out of the index, and leaves a mark for 400 days", async () => {
    const store = cluster();
    for (const id of ["old", "young", "kept"]) await store.create(id, record());
    await age("old", 2 * MINUTE);
    expect(await store.destroyAll("ada", "kept")).toBe(2);
    expect((await members()).sort()).toEqual(["kept", "young", MARK].sort());
    expect(await scoreOf(MARK)).toBe(Infinity);
    const end = await client.pExpireTime(INDEX);
    expect(end).toBeGreaterThan(Date.now() + 399 * DAY);
    expect(end).toBeLessThan(Date.now() + 401 * DAY);
    expect(await store.list("ada")).toEqual(["kept"]);
  });

  test("a mark does not shorten the life of an index", async () => {
    const store = cluster();
    const long = record("ada", Date.now() + 500 * DAY);
    await store.create("an-id", long);
    expect(await client.pExpireTime(INDEX)).toBe(long.expires);
    await store.destroyAll("ada");
    expect(await client.pExpireTime(INDEX)).toBe(long.expires);
  });

  test("a mark is given its end also where there was no index", async () => {
    expect(await cluster().destroyAll("ada")).toBe(0);
    expect(await members()).toEqual([MARK]);
    const end = await client.pExpireTime(INDEX);
    expect(end).toBeGreaterThan(Date.now() + 399 * DAY);
    expect(end).toBeLessThan(Date.now() + 401 * DAY);
  });

  test("a server that is full, and may not evict, still ends a subject's sessions", async () => {
    const store = cluster();
    await store.create("an-id", record());
    await client.configSet("maxmemory", "1");
    try {
      expect(await store.destroyAll("ada")).toBe(1);
      expect(await store.read("an-id")).toBeUndefined();
    } finally {
      await client.configSet("maxmemory", "0");
    }
  });

  test("what is kept enters an index that was lost, but not beside a mark that has ended it", async () => {
    const store = cluster();
    await store.create("kept", record());
    await client.del(INDEX);
    await store.destroyAll("ada", "kept");
    expect((await members()).sort()).toEqual(["kept", MARK].sort());
    await client.zRem(INDEX, "kept");
    await store.destroyAll("ada", "kept");
    expect(await members()).toEqual([MARK]);
    expect(await store.destroyAll("ada")).toBe(0);
    expect(await members()).toEqual([MARK]);
  });

  test("whoever is read enters an index that was lost, once; one that a mark has ended is gone", async () => {
    const first = cluster();
    const mine = record();
    await first.create("an-id", mine);
    await client.del(INDEX);
    await cluster().read("an-id");
    await expect.poll(members).toEqual(["an-id"]);
    const score = await scoreOf("an-id");
    expect(score).toBeLessThanOrEqual((Date.now() + HOUR) * 1000);
    await cluster().read("an-id");
    await expect.poll(() => cluster().list("ada")).toEqual(["an-id"]);
    expect(await scoreOf("an-id")).toBe(score);
    // Entered again with no end of its own, the index lasts 400 days.
    expect(await client.pExpireTime(INDEX)).toBeGreaterThan(Date.now() + 399 * DAY);
    await client.del(INDEX);
    await client.zAdd(INDEX, { value: MARK, score: Infinity });
    await cluster().read("an-id");
    await expect.poll(() => client.exists("sess:an-id")).toBe(0);
    expect(await members()).toEqual([MARK]);
  });

  test("an entry made in vain is taken back, but not one of the session that stands there", async () => {
    const store = cluster();
    await store.create("an-id", record("ada"));
    expect(await store.create("an-id", record("ada"))).toBe(false);
    expect(await members()).toEqual(["an-id"]);
    expect(await store.create("an-id", record("bob"))).toBe(false);
    expect(await client.exists("@by:5:sess:bob")).toBe(0);
    expect(await store.list("ada")).toEqual(["an-id"]);
  });

  test("destroy() takes the entry along, however young it is", async () => {
    const store = cluster();
    await store.create("an-id", record());
    await store.create("another", record());
    await store.destroy("an-id");
    expect(await members()).toEqual(["another"]);
    expect(await client.exists(OWNER("an-id"))).toBe(0);
  });

  test("a rotation leaves a note of where to for a minute, and a second one of the same is told so", async () => {
    const store = cluster();
    const mine = record();
    await store.create("an-id", mine);
    const next = record();
    expect(await store.rotate("an-id", "to", next, mine.json))
      .toMatchObject({ status: "committed" });
    expect(await client.get(OWNER("an-id"))).toBe("rto");
    const left = await client.pTTL(OWNER("an-id"));
    expect(left).toBeGreaterThan(MINUTE - 10_000);
    expect(left).toBeLessThanOrEqual(MINUTE);
    expect(await members()).toEqual(["to"]);
    // Sent again by a client that has lost the answer.
    expect(await store.rotate("an-id", "to", next, mine.json))
      .toMatchObject({ status: "committed" });
    expect((await store.read("to"))?.json).toBe(next.json);
    expect(await store.rotate("an-id", "elsewhere", record(), mine.json))
      .toEqual({ status: "gone" });
    expect(await store.read("elsewhere")).toBeUndefined();
    expect(await members()).toEqual(["to"]);
  });

  test("an id that destroyAll() has closed is open to no rotation of a subject's, which leaves all as it was", async () => {
    const store = cluster();
    const mine = record();
    await store.create("an-id", mine);
    await client.set(OWNER("to"), "x");
    expect(await store.rotate("an-id", "to", record(), mine.json)).toEqual({ status: "gone" });
    expect((await store.read("an-id"))?.json).toBe(mine.json);
    expect(await client.exists("sess:to")).toBe(0);
    // It stays closed, whoever asks for it to be removed.
    await store.destroy("to");
    expect(await client.get(OWNER("to"))).toBe("x");
    const nobodys = { ...record(), subject: undefined };
    expect(await store.rotate("an-id", "to", nobodys, mine.json))
      .toMatchObject({ status: "committed" });
    expect((await store.read("to"))?.json).toBe(nobodys.json);
  });

  test("a commit enters the index only where the session changes its subject", async () => {
    const store = cluster();
    const [first, second, third] = [record(), record(), record("bob")];
    await store.create("an-id", first);
    const score = await scoreOf("an-id");
    await store.commit("an-id", second, first.json);
    expect(await scoreOf("an-id")).toBe(score);
    expect(await store.commit("an-id", third, second.json)).toMatchObject({ status: "committed" });
    expect([await store.list("ada"), await store.list("bob")]).toEqual([[], ["an-id"]]);
    expect(await client.get(OWNER("an-id"))).toBe("sbob");
  });

  test("a rotation by an older version is a conflict, and takes back what it began", async () => {
    const store = cluster();
    const mine = record();
    await store.create("an-id", mine);
    expect(await store.rotate("an-id", "to", record(), "another"))
      .toMatchObject({ status: "conflict", current: { json: mine.json } });
    expect(await store.read("to")).toBeUndefined();
    expect(await members()).toEqual(["an-id"]);
    // What the caller's clock has ended is gone, and leaves the server.
    const later = cluster(() => mine.expires);
    const next = record("ada", mine.expires + HOUR);
    expect(await later.rotate("an-id", "to", next, mine.json)).toEqual({ status: "gone" });
    expect(await client.exists(["sess:an-id", "sess:to"])).toBe(0);
  });

  test("a session of which nobody knows whose it is any more is still ended, and one of another is not", async () => {
    const store = cluster();
    await store.create("forgotten", record());
    await client.del(OWNER("forgotten"));
    await store.create("other", record("bob"));
    await age("other", 2 * MINUTE);
    expect(await store.list("ada")).toEqual(["forgotten"]);
    expect(await store.destroyAll("ada")).toBe(1);
    expect(await store.read("forgotten")).toBeUndefined();
    expect(await store.read("other")).toBeDefined();
    expect(await client.get(OWNER("other"))).toBe("sbob");
    expect(await store.list("bob")).toEqual(["other"]);
  });

  test("list() and destroyAll() go on behind a page, also where all have entered in one moment", async () => {
    const store = cluster();
    const ids = Array.from({ length: 250 }, (_, at) => `id-${at}`);
    await Promise.all(ids.map((id) => store.create(id, record())));
    expect((await store.list("ada")).sort()).toEqual(ids.sort());
    await client.zAdd(INDEX, ids.slice(0, 150).map((value) => ({ value, score: 1 })));
    await store.create("late", record());
    expect(await store.list("ada")).toContain("late");
    await client.zAdd(INDEX, ids.map((value, at) => ({ value, score: at + 1 })));
    expect(await store.destroyAll("ada")).toBe(251);
    expect(await client.keys("sess:*")).toEqual([]);
    expect((await members()).filter((id) => id !== "late")).toEqual([MARK]);
  });
});
