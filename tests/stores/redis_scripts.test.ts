/** What the scripts of the Redis store do at their edges, on a private server. */
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
let serial = 0;

function record(subject: string | undefined = "ada", expires = Date.now() + HOUR) {
  const cookie = { originalMaxAge: HOUR, expires: new Date(expires).toISOString() };
  return { json: JSON.stringify({ cookie, serial: ++serial }), expires, subject };
}

type Client = ReturnType<typeof createClient>;

/** A server of its own for some tests, empty for each. */
function onServer(name: string, options: readonly string[], tests: (client: () => Client) => void) {
  describe.skipIf(skipRedis)(`redisStore (redis-server${name})`, () => {
    let server: RedisServer;
    let client: Client;
    beforeAll(async () => {
      server = await startRedis(...options);
      client = createClient({ url: `redis://127.0.0.1:${server.port}` });
      await client.connect();
    });
    afterEach(() => client.flushAll());
    afterAll(async () => {
      client?.destroy();
      await server?.stop();
    });
    tests(() => client);
  });
}

for (const [name, options] of [["", []], [" before 7", ["--rename-command", "PEXPIRETIME", ""]]]) {
  onServer(name as string, options as string[], (client) => {
    test("a key that has no end, as others write it, is a session to every verb", async () => {
      const store = redisStore({ client: client() });
      const json = '{"cookie":{"expires":null}}';
      const anew = async () => {
        await client().flushAll();
        await client().set("sess:an-id", json);
      };
      await anew();
      expect(await store.read("an-id")).toEqual({ json, version: json, expires: null });
      expect(await store.readAndTouch("an-id", HOUR)).toMatchObject({ json });
      expect(await store.create("an-id", record())).toBe(false);
      expect(await store.create("an-id", { ...record(), subject: undefined })).toBe(false);
      expect(await store.length()).toBe(1);
      expect(await store.commit("an-id", record(), json)).toMatchObject({ status: "committed" });
      await anew();
      expect(await store.rotate("an-id", "to", record(), json))
        .toMatchObject({ status: "committed" });
      await anew();
      expect(await store.commit("an-id", record(), "another"))
        .toMatchObject({ status: "conflict", current: { json, expires: null } });
      expect(await store.touch("an-id", Date.now() + HOUR)).toBe(true);
      expect(await client().pTTL("sess:an-id")).toBeGreaterThan(0);
    });

    test("a session that is over for the caller leaves the server, and nothing else does", async () => {
      const kept = record("ada", Date.now() + HOUR);
      const uses = {
        read: (store: ReturnType<typeof redisStore>) => store.read("an-id"),
        readAndTouch: (store: ReturnType<typeof redisStore>) => store.readAndTouch("an-id", HOUR),
        touch: (store: ReturnType<typeof redisStore>) => store.touch("an-id", kept.expires + DAY),
        commit: async (store: ReturnType<typeof redisStore>) =>
          (await store.commit("an-id", kept, kept.json)).status,
        "commit for nobody": async (store: ReturnType<typeof redisStore>) =>
          (await store.commit("an-id", { ...kept, subject: undefined }, kept.json)).status,
        rotate: async (store: ReturnType<typeof redisStore>) =>
          (await store.rotate("an-id", "to", kept, kept.json)).status,
      };
      for (const [verb, use] of Object.entries(uses)) {
        const store = redisStore({ client: client() });
        await store.create("an-id", kept);
        const later = redisStore({ client: client(), now: () => kept.expires });
        expect([undefined, false, "gone"], verb).toContain(await use(later));
        expect(await client().exists("sess:an-id"), verb).toBe(0);
        // What is no text is no session, and somebody else's.
        await client().hSet("sess:an-id", "field", "value");
        expect([undefined, false, "gone", true], verb).toContain(await use(later));
        expect(await client().exists("sess:an-id"), verb).toBe(1);
        await client().flushAll();
      }
    });
  });
}

onServer(": an index", [], (client) => {
  const scores = async () => {
    // But for the one beside the mark that says when it was left.
    const entries = (await client().zRangeWithScores(INDEX, 0, -1))
      .filter(({ value }) => !/^\{~\}\d+$/.test(value));
    return Object.fromEntries(entries.map(({ value, score }) => [value, score]));
  };

  test("scores rise by one at least, whatever the server's clock does, and are whole", async () => {
    const store = redisStore({ client: client() });
    await store.create("first", record());
    const first = (await scores())["first"]!;
    expect(first).toBeGreaterThan((Date.now() - MINUTE) * 1000);
    expect(first).toBeLessThan((Date.now() + MINUTE) * 1000);
    // As if the clock had been set back since.
    const ahead = first + DAY * 1000 + 7;
    await client().zAdd(INDEX, { value: "first", score: ahead });
    await store.create("second", record());
    // An old one that was looked at goes to the end of those that are.
    expect((await scores())["second"]).toBe(ahead + 1);
    await store.create("third", record());
    expect((await scores())["third"]).toBe(ahead + 2);
  });

  test("the mark of destroyAll() stays the last, whoever enters after it", async () => {
    const store = redisStore({ client: client() });
    await store.create("ended", record());
    await store.destroyAll("ada");
    await store.create("late", record());
    await store.create("later", record());
    const { late, later, [MARK]: mark, ...others } = await scores();
    expect(others).toEqual({});
    expect(mark).toBe(Infinity);
    expect(later).toBeGreaterThanOrEqual(late!);
    expect(later).toBeLessThan((Date.now() + HOUR) * 1000);
    expect((await store.list("ada")).sort()).toEqual(["late", "later"]);
  });

  test("is given its end once a day, and more only for a session that lasts longer", async () => {
    const store = redisStore({ client: client() });
    await store.create("first", record());
    const end = await client().pExpireTime(INDEX);
    expect(end).toBeGreaterThan(Date.now() + 399 * DAY);
    expect(end).toBeLessThan(Date.now() + 401 * DAY);
    await client().pExpireAt(INDEX, end - HOUR);
    await store.create("second", record());
    expect(await client().pExpireTime(INDEX)).toBe(end - HOUR);
    await client().pExpireAt(INDEX, end - 2 * DAY);
    await store.create("third", record());
    expect(await client().pExpireTime(INDEX)).toBeGreaterThan(end - HOUR);
    const long = record("ada", Date.now() + 500 * DAY);
    await store.create("fourth", long);
    expect(await client().pExpireTime(INDEX)).toBe(long.expires);
  });

  test("of another kind, which somebody else has written, makes no read fail", async () => {
    const store = redisStore({ client: client() });
    const mine = record();
    await store.create("an-id", mine);
    await client().del(INDEX);
    await client().set(INDEX, "not ours");
    expect((await store.read("an-id"))?.json).toBe(mine.json);
    expect((await store.readAndTouch("an-id", HOUR))?.json).toBe(mine.json);
    expect(await store.touch("an-id", Date.now() + HOUR)).toBe(true);
    expect(await client().get(INDEX)).toBe("not ours");
  });

  test("an id that has ended by itself and begins again for nobody stays its subject's, and ends with them", async () => {
    const store = redisStore({ client: client() });
    await store.create("an-id", record());
    // The server has dropped both, as it does at their end.
    await client().del(["sess:an-id", OWNER("an-id")]);
    await store.create("an-id", { ...record(), subject: undefined });
    expect(await store.list("ada")).toEqual(["an-id"]);
    expect(await store.destroyAll("ada")).toBe(1);
    expect(await store.read("an-id")).toBeUndefined();
  });

  test("of an id with braces, by which a cluster would hash it, nothing is left when its subject's sessions end", async () => {
    const store = redisStore({ client: client() });
    for (const id of ["a{b}c", "{b}c", "b}c", "b{}"]) {
      await store.create(id, record());
      expect(await store.list("ada"), id).toEqual([id]);
      expect(await store.destroyAll("ada"), id).toBe(1);
      expect(await client().keys("*"), id).toEqual(expect.arrayContaining([INDEX, "@by:"]));
      expect((await client().keys("*")).length, id).toBe(2);
    }
  });

  test("a reader who may write nothing is answered all the same", async () => {
    const store = redisStore({ client: client() });
    const mine = record();
    await store.create("an-id", mine);
    await store.create("ended", record("bob"));
    await client().del("@by:5:sess:bob");
    await store.destroyAll("bob");
    await client().del(INDEX);
    const rights = ["-@write", "+evalsha", "+eval"];
    await client().aclSetUser("reader", ["on", ">secret", "~*", "+@all", ...rights]);
    const { socket } = client().options as { socket?: object };
    const reader = createClient({
      url: client().options!.url!,
      ...(socket && { socket }),
      username: "reader",
      password: "secret",
    });
    await reader.connect();
    try {
      const theirs = redisStore({ client: reader });
      expect((await theirs.read("an-id"))?.json).toBe(mine.json);
      expect(await theirs.read("ended")).toBeUndefined();
      expect(await redisStore({ client: reader, now: () => mine.expires }).read("an-id"))
        .toBeUndefined();
      expect(await client().exists(["sess:an-id", "sess:ended"])).toBe(2);
      expect(await theirs.list("ada")).toEqual([]);
      expect(await theirs.length()).toBe(1);
    } finally {
      reader.destroy();
    }
  });
});

onServer(": a session of nobody", [], (client) => {
  test("keeps no key beside its own, and one that was somebody's says so until its end", async () => {
    const store = redisStore({ client: client() });
    const mine = { ...record(), subject: undefined };
    await store.create("an-id", mine);
    await store.commit("an-id", mine, mine.json);
    expect((await client().keys("*")).sort()).toEqual(["@by:", "sess:an-id"]);
    const theirs = record();
    await store.create("was-somebody's", theirs);
    await store.commit("was-somebody's", { ...mine, expires: mine.expires + 1 }, theirs.json);
    expect(await client().get(OWNER("was-somebody's"))).toBe("n");
    expect(await client().pExpireTime(OWNER("was-somebody's"))).toBe(mine.expires + 1);
  });
});

onServer(": a session that was ended unseen", [], (client) => {
  test("leaves a note of whose it was for a minute, and itself goes", async () => {
    const mine = record();
    const uses = {
      read: (store: ReturnType<typeof redisStore>) => store.read("an-id"),
      touch: (store: ReturnType<typeof redisStore>) => store.touch("an-id", mine.expires),
      commit: (store: ReturnType<typeof redisStore>) => store.commit("an-id", mine, mine.json),
      "commit for nobody": (store: ReturnType<typeof redisStore>) =>
        store.commit("an-id", { ...mine, subject: undefined }, mine.json),
      rotate: (store: ReturnType<typeof redisStore>) =>
        store.rotate("an-id", "to", mine, mine.json),
    };
    for (const [verb, use] of Object.entries(uses)) {
      const store = redisStore({ client: client() });
      await store.create("an-id", mine);
      await client().del(INDEX);
      await store.destroyAll("ada");
      await use(store);
      expect(await client().exists("sess:an-id"), verb).toBe(0);
      expect(await client().get(OWNER("an-id")), verb).toBe("xsada");
      const left = await client().pTTL(OWNER("an-id"));
      expect(left, verb).toBeGreaterThan(50_000);
      expect(left, verb).toBeLessThanOrEqual(60_000);
      await client().flushAll();
    }
  });
});
