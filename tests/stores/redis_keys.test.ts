/** Which keys the Redis store leaves on one server while a subject's sessions come, move, end. */
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
const MINUTE = 60_000;
const DAY = 24 * HOUR;
const INDEX = (subject = "ada") => `@by:5:sess:${subject}`;
const OWNER = (id: string) => `@of:{sess:${id}}`;
/** The entry of an index that `destroyAll()` leaves. */
const MARK = "{~}";
/** The one beside it that says when. */
const isTime = (id: string) => /^\{~\}\d+$/.test(id);
let serial = 0;

function record(subject: string | undefined, expires = Date.now() + HOUR) {
  return { json: JSON.stringify({ cookie: {}, serial: ++serial }), expires, subject };
}
const nobodys = () => record(undefined);

describe.skipIf(skipRedis)("redisStore (redis-server): keys", () => {
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

  /** But for the list of prefixes. */
  const keys = async () => (await client.keys("*")).filter((key) => key !== "@by:").sort();
  const members = async (subject?: string) =>
    (await client.zRange(INDEX(subject), 0, -1)).filter((id) => !isTime(id)).sort();
  /** Calls `before` once, before the nth script runs. */
  const held = (nth: number, before: () => Promise<unknown>) => {
    let scripts = 0;
    return redisStore({
      client: {
        async send(command: string, args: string[]): Promise<unknown> {
          // By text: no digest that the server may not know yet counts as a script.
          if (command === "EVALSHA") throw new Error("NOSCRIPT No matching script");
          if (++scripts === nth) await before();
          return await client.sendCommand([command, ...args]);
        },
      },
    });
  };

  test("whose a session is ends with it, not before and not after", async () => {
    const store = redisStore({ client });
    const [first, second, third] = [1, 2, 3].map((n) => record("ada", Date.now() + n * HOUR)) as [
      ReturnType<typeof record>,
      ReturnType<typeof record>,
      ReturnType<typeof record>,
    ];
    await store.create("an-id", first);
    expect(await client.pExpireTime(OWNER("an-id"))).toBe(first.expires);
    await store.commit("an-id", second, first.json);
    expect(await client.pExpireTime(OWNER("an-id"))).toBe(second.expires);
    await store.rotate("an-id", "to", third, second.json);
    expect(await client.pExpireTime(OWNER("to"))).toBe(third.expires);
  });

  test("a commit that changes the subject takes the entry out of the index of the one before", async () => {
    const store = redisStore({ client });
    const mine = record("ada");
    await store.create("an-id", mine);
    await store.create("another", record("ada"));
    await store.commit("an-id", record("bob"), mine.json);
    expect([await members("ada"), await members("bob")]).toEqual([["another"], ["an-id"]]);
    expect(await client.get(OWNER("an-id"))).toBe("sbob");
  });

  test("a commit does not shorten the life of an index, nor give an end to one that has none", async () => {
    const store = redisStore({ client });
    const [first, second] = [record("ada"), record("ada")];
    await store.create("an-id", first);
    const end = await client.pExpireTime(INDEX());
    await store.commit("an-id", second, first.json);
    expect(await client.pExpireTime(INDEX())).toBe(end);
    await client.persist(INDEX());
    await store.commit("an-id", record("ada"), second.json);
    expect(await client.pExpireTime(INDEX())).toBe(-1);
  });

  test("each entry has the two oldest looked at: the dead go, the living go to the end", async () => {
    const store = redisStore({ client });
    for (const id of ["dead", "live", "dead-too", "last"]) await store.create(id, record("ada"));
    await client.del(["sess:dead", "sess:dead-too"]);
    await store.create("new", record("ada"));
    expect(await members()).toEqual(["dead-too", "last", "live", "new"]);
    const [live, last, fresh] = await Promise.all(
      ["live", "last", "new"].map((id) => client.zScore(INDEX(), id)),
    );
    expect(live).toBe(fresh);
    expect(last).toBeLessThan(fresh!);
    // One of somebody else's, which an earlier session of the id has left.
    await client.set(OWNER("last"), "sbob");
    await store.create("newer", record("ada"));
    expect(await members()).toEqual(["live", "new", "newer"]);
  });

  test("a rotation leaves the new session, and a note of where the old one went for a minute", async () => {
    const store = redisStore({ client });
    const mine = record("ada");
    // Older ones, at which the entry has a look.
    for (const id of ["0", "1"]) await store.create(id, record("ada"));
    await store.create("an-id", mine);
    await store.rotate("an-id", "to", record("ada"), mine.json);
    expect(await members()).toEqual(["0", "1", "to"]);
    for (const id of ["0", "1"]) await store.destroy(id);
    expect(await keys()).toEqual([INDEX(), OWNER("an-id"), OWNER("to"), "sess:to"].sort());
    expect(await client.get(OWNER("an-id"))).toBe("rto");
    const left = await client.pTTL(OWNER("an-id"));
    expect(left).toBeGreaterThan(MINUTE - 10_000);
    expect(left).toBeLessThanOrEqual(MINUTE);
  });

  test("a rotation of nobody's session makes no index and no owner, and corrects one that was left", async () => {
    const store = redisStore({ client });
    const [first, second, third] = [nobodys(), nobodys(), nobodys()];
    await store.create("an-id", first);
    await store.rotate("an-id", "to", second, first.json);
    expect(await keys()).toEqual([OWNER("an-id"), "sess:to"].sort());
    // Of an earlier session by this id, whose index has it too.
    await client.set(OWNER("back"), "sbob");
    await client.zAdd(INDEX("bob"), { value: "back", score: 1 });
    await store.rotate("to", "back", third, second.json);
    expect(await client.get(OWNER("back"))).toBe("n");
    expect(await client.pExpireTime(OWNER("back"))).toBe(third.expires);
    expect(await keys()).toEqual(
      [OWNER("an-id"), OWNER("back"), OWNER("to"), "sess:back"].sort(),
    );
  });

  test.each([["ada"], [undefined]])(
    "a rotation that is sent twice, its answer lost, has happened once: of %s",
    async (subject) => {
      const store = redisStore({ client });
      const [mine, next] = [record(subject), record(subject)];
      await store.create("an-id", mine);
      for (let sent = 0; sent < 2; sent++) {
        expect(await store.rotate("an-id", "to", next, mine.json))
          .toEqual({ status: "committed", version: next.json });
      }
      expect(await store.rotate("an-id", "elsewhere", record(subject), mine.json))
        .toEqual({ status: "gone" });
      expect(await store.read("elsewhere")).toBeUndefined();
      expect((await store.read("to"))?.json).toBe(next.json);
      // What it moved to has ended since.
      await store.destroy("to");
      expect(await store.rotate("an-id", "to", next, mine.json)).toEqual({ status: "gone" });
      expect(await store.rotate("never-was", "to", next, mine.json)).toEqual({ status: "gone" });
    },
  );

  test.each([["ada"], [undefined]])(
    "a rotation to an id that is in use fails, and both sessions stay: of %s",
    async (subject) => {
      const store = redisStore({ client });
      const [mine, theirs] = [record(subject), record(subject)];
      await store.create("an-id", mine);
      await store.create("taken", theirs);
      await expect(store.rotate("an-id", "taken", record(subject), mine.json))
        .rejects.toThrow("in use already");
      expect((await store.read("an-id"))?.json).toBe(mine.json);
      expect((await store.read("taken"))?.json).toBe(theirs.json);
    },
  );

  test("destroy() leaves nothing of a session but its index, and not that if it was the last", async () => {
    const store = redisStore({ client });
    await store.create("an-id", record("ada"));
    await store.create("nobodys", nobodys());
    expect(await store.destroy("nobodys")).toBe(true);
    expect(await store.destroy("an-id")).toBe(true);
    expect(await store.destroy("an-id")).toBe(false);
    expect(await keys()).toEqual([]);
  });

  test("destroyAll() leaves its mark alone, whatever it was told to keep that was not the subject's", async () => {
    const store = redisStore({ client });
    await store.create("bobs", record("bob"));
    for (const kept of [undefined, "bobs", "nowhere", ""]) {
      await store.create("an-id", record("ada"));
      expect(await store.destroyAll("ada", kept), kept).toBe(1);
      expect(await keys(), kept).toEqual(
        [INDEX(), INDEX("bob"), OWNER("bobs"), "sess:bobs"].sort(),
      );
      expect(await members(), kept).toEqual([MARK]);
    }
    expect(await members("bob")).toEqual(["bobs"]);
  });

  test("a session whose id is empty ends with the others, and is kept when it is to be kept", async () => {
    const store = redisStore({ client });
    await store.create("", record("ada"));
    expect(await store.destroyAll("ada")).toBe(1);
    await store.create("", record("ada"));
    await store.create("another", record("ada"));
    expect(await store.destroyAll("ada", "")).toBe(1);
    expect(await store.list("ada")).toEqual([""]);
  });

  test("destroyAll() counts live sessions of the subject alone, also those of which nobody knows whose they are", async () => {
    const store = redisStore({ client });
    for (const id of ["forgotten", "over", "moved", "live"]) await store.create(id, record("ada"));
    await client.del([OWNER("forgotten"), "sess:over"]);
    await store.create("bobs", record("bob"));
    // As an entry stays that could not be taken back.
    await client.zAdd(INDEX(), { value: "bobs", score: 1 });
    expect((await store.list("ada")).sort()).toEqual(["forgotten", "live", "moved"]);
    await client.zAdd(INDEX(), [{ value: "bobs", score: 1 }, { value: "over", score: 1 }]);
    expect(await store.destroyAll("ada")).toBe(3);
    expect(await client.keys("sess:*")).toEqual(["sess:bobs"]);
    expect(await client.get(OWNER("bobs"))).toBe("sbob");
  });

  test("what destroyAll() is to keep stays, though its index is evicted on the way", async () => {
    const store = redisStore({ client });
    const ids = Array.from({ length: 250 }, (_, at) => `id-${at}`);
    await Promise.all(ids.map((id) => store.create(id, record("ada"))));
    for (const id of ids) expect(await client.zScore(INDEX(), id)).not.toBeNull();
    const kept = (await client.zRange(INDEX(), 200, 200))[0]!;
    expect(await held(2, () => client.del(INDEX())).destroyAll("ada", kept)).toBe(249);
    expect(await store.read(kept)).toBeDefined();
    expect(await store.list("ada")).toEqual([kept]);
  });

  test("whose a session is its owner key says, its text only where there is none, and only in our notes", async () => {
    const store = redisStore({ client });
    const text = (notes: object, more = {}) => JSON.stringify({ cookie: {}, ...more, ...notes });
    const theirs = text({ $websession: { subject: "ada" } });
    await store.create("an-id", { json: theirs, expires: Date.now() + HOUR, subject: "bob" });
    const odd = text({ $websession: { subject: 7 } }, { at: 1 }).replace(
      "}}",
      '},"b":{"subject":"c"}}',
    );
    await client.set("sess:odd", odd);
    await client.set("sess:within", text({ data: { $websession: { subject: "ada" } } }));
    for (const id of ["an-id", "odd", "within"]) expect(await store.read(id), id).toBeDefined();
    expect([await members("ada"), await members("7"), await members("bob")])
      .toEqual([[], [], ["an-id"]]);
  });

  test("what a text says of its owner is kept as long as the session, once its index has it, and no read fails where it may not be", async () => {
    const store = redisStore({ client });
    const json = JSON.stringify({ cookie: {}, $websession: { subject: "ada" } });
    const end = Date.now() + HOUR;
    await client.set("sess:ends", json, { expiration: { type: "PXAT", value: end } });
    await client.set("sess:endless", json);
    const shape = {
      evalSha: client.evalSha.bind(client),
      eval: client.eval.bind(client),
      masters: [0],
      nodeClient: () => Promise.resolve(client),
    };
    await redisStore({ client: shape as never }).read("ends");
    expect(await client.exists(OWNER("ends"))).toBe(0);
    for (const [id, until] of [["ends", end], ["endless", -1]] as const) {
      await store.read(id);
      expect(await client.get(OWNER(id))).toBe("sada");
      expect(await client.pExpireTime(OWNER(id))).toBe(until);
      expect(await client.get(`sess:${id}`)).toBe(json);
    }
    await client.del([OWNER("ends"), OWNER("endless")]);
    await client.configSet("maxmemory", "1");
    try {
      for (const id of ["ends", "endless"]) expect((await store.read(id))?.json).toBe(json);
    } finally {
      await client.configSet("maxmemory", "0");
    }
  });

  test("a login at the very moment of destroyAll() came before it", async () => {
    const moment = Date.now();
    const store = redisStore({ client, now: () => moment });
    await store.destroyAll("ada");
    for (const [id, authenticatedAt] of [["at", moment], ["after", moment + 1]] as const) {
      const json = JSON.stringify({ cookie: {}, $websession: { subject: "ada", authenticatedAt } });
      await client.set(`sess:${id}`, json);
    }
    expect(await store.read("at")).toBeUndefined();
    expect(await store.read("after")).toBeDefined();
  });

  test("a server that is full, and may not evict, still ends a subject's sessions", async () => {
    const store = redisStore({ client });
    await store.create("an-id", record("ada"));
    await client.configSet("maxmemory", "1");
    try {
      expect(await store.destroyAll("ada")).toBe(1);
      expect(await store.read("an-id")).toBeUndefined();
      expect(await store.destroyAll("bob")).toBe(0);
    } finally {
      await client.configSet("maxmemory", "0");
    }
  });

  test("a mark lasts 400 days, and as long as the index it stands in", async () => {
    const store = redisStore({ client });
    await store.destroyAll("bob");
    const end = await client.pExpireTime(INDEX("bob"));
    expect(end).toBeGreaterThan(Date.now() + 399 * DAY);
    expect(end).toBeLessThan(Date.now() + 401 * DAY);
    const long = record("ada", Date.now() + 500 * DAY);
    await store.create("an-id", long);
    await store.destroyAll("ada");
    expect(await client.pExpireTime(INDEX())).toBe(long.expires);
  });

  test.each([
    ["sess:", "an-id"],
    ["sess:", "b}c"],
    ["sess:", "a{b}c"],
    ["{sess}:", "an-id"],
  ])("clear() of %s takes no owner from %s, which begins behind its back", async (prefix, id) => {
    const make = (from: unknown) => redisStore({ client: from as typeof client, prefix });
    const [store, mine] = [make(client), record("ada")];
    await store.create("before", mine);
    const send = async (command: string, args: string[]): Promise<unknown> => {
      if (args.includes("owners")) await store.create(id, mine).catch(() => {});
      return await client.sendCommand([command, ...args]);
    };
    await make({ send }).clear();
    expect(await client.keys("@of:*")).toHaveLength(1);
    expect((await store.read(id))?.json).toBe(mine.json);
    expect(await client.get((await client.keys("@of:*"))[0]!)).toBe("sada");
    await store.destroyAll("ada");
    await store.clear();
    expect(await client.keys("*")).toEqual([]);
  });

  test("length() and all() pass by what is no text, and length() reads no session", async () => {
    const store = redisStore({ client });
    await client.hSet("sess:not-ours", "field", "value");
    for (const id of ["one", "two", "three"]) await store.create(id, nobodys());
    await client.configResetStat();
    expect(await store.length()).toBe(3);
    const stats = await client.info("commandstats");
    // Of each session only whose it is.
    expect(stats).toMatch(/^cmdstat_get:calls=3,/m);
    const found: string[] = [];
    for await (const [id] of store.all()) found.push(id);
    expect(found.sort()).toEqual(["one", "three", "two"]);
  });

  test("over REST, ids that look like the same number are two", async () => {
    const parsed = (answer: unknown): unknown => {
      if (Array.isArray(answer)) return answer.map(parsed);
      try {
        return JSON.parse(answer as string);
      } catch {
        return answer;
      }
    };
    const run = (word: string) => async (text: string, keys: string[], args: string[]) =>
      parsed(await client.sendCommand([word, text, String(keys.length), ...keys, ...args]));
    const store = redisStore({ client: { evalsha: run("EVALSHA"), eval: run("EVAL") } });
    const ids = ["1", "1.0", "1e0", "null"];
    for (const id of ids) await store.create(id, record("ada"));
    expect(await store.length()).toBe(4);
    expect((await store.list("ada")).sort()).toEqual(ids);
    const found: string[] = [];
    for await (const [id] of store.all()) found.push(id);
    expect(found.sort()).toEqual(ids);
    // A prefix is any text as well.
    const inner = redisStore({ client, prefix: "sess:1.0" });
    await inner.create("an-id", nobodys());
    expect(await store.length()).toBe(3);
    expect(await redisStore({ client }).length()).toBe(3);
    expect(await inner.length()).toBe(2);
  });
});
