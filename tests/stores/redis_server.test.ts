/** What the Redis store promises beyond the contract, on a private server. */
import { RedisStore } from "connect-redis";
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { redisStore, type RedisStoreClient } from "../../src/stores/redis.ts";
import { monitor, type Proxy, startProxy } from "../servers/redis_proxy.ts";
import { restClient, startRest } from "../servers/redis_rest.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { goesByTheClockOfTheMoment, revivesNothingWhenSetBack } from "./clock_promises.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

function record(data: object = {}, expires: number | null = Date.now() + HOUR) {
  const cookie = {
    originalMaxAge: expires === null ? null : HOUR,
    expires: expires === null ? null : new Date(expires).toISOString(),
    httpOnly: true,
    path: "/",
  };
  return { json: JSON.stringify({ cookie, ...data, serial: ++serial }), expires };
}

test("options are checked at once, and the message names the option and no value", () => {
  const client = restClient("http://127.0.0.1:1");
  const bad = (options: object) => () => redisStore({ client, ...options });
  for (const nothing of [undefined, null, {}, "redis://x:secret@host", 5]) {
    expect(bad({ client: nothing })).toThrow(/^Option "client" must be a client of/);
    expect(bad({ client: nothing })).not.toThrow(/secret/);
  }
  expect(bad({ keyPrefix: "s:" })).toThrow(/^There is no option "keyPrefix".*mean "prefix"/);
  for (const prefix of ["", 5, "{a", "a}", "{}", "{a}{b}"]) {
    expect(bad({ prefix })).toThrow(/^Option "prefix"/);
  }
  for (const ttl of [0, -1, NaN, Infinity, "1"]) expect(bad({ ttl })).toThrow(/^Option "ttl"/);
  for (const scanCount of [0, 1.5, "1"]) {
    expect(bad({ scanCount })).toThrow(/^Option "scanCount"/);
  }
  expect(bad({ now: 5 })).toThrow(/^Option "now"/);
  expect(bad({ wait: { replicas: 0, timeoutMs: 1 } })).toThrow(/^Option "wait.replicas"/);
  expect(bad({ wait: { replicas: 1, timeoutMs: 0 } })).toThrow(/^Option "wait.timeoutMs"/);
  expect(bad({ wait: { replicas: 1, timeoutMs: 9 } })).toThrow(
    /^Option "wait" needs a client that/,
  );
});

describe.skipIf(skipRedis)("redisStore (redis-server)", () => {
  const node = (port: number, options: object = {}) =>
    createClient({ url: `redis://127.0.0.1:${port}`, ...options });
  let server: RedisServer;
  let client: ReturnType<typeof node>;
  const closing: (() => unknown)[] = [];

  beforeAll(async () => {
    server = await startRedis();
    client = node(server.port);
    await client.connect();
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await client.flushAll();
  });
  afterAll(async () => {
    client?.destroy();
    await server?.stop();
  });

  describe("beside connect-redis", () => {
    type Session = Parameters<RedisStore["set"]>[1];
    const theirs = () => new RedisStore({ client });
    const ours = () => redisStore({ client });

    test("what connect-redis stores is read with its end, committed, touched and destroyed", async () => {
      const expires = Date.now() + HOUR;
      const { json } = record({ user: "ada" }, expires);
      await theirs().set("an-id", JSON.parse(json) as Session);
      const stored = await ours().read("an-id");
      expect(stored?.json).toBe(json);
      // connect-redis rounds up to whole seconds.
      expect(stored!.expires! - expires).toBeGreaterThanOrEqual(-5);
      expect(stored!.expires! - expires).toBeLessThan(1_005);
      const next = record({ user: "bob" });
      expect((await ours().commit("an-id", next, stored?.version)).status).toBe("committed");
      expect(await theirs().get("an-id")).toEqual(JSON.parse(next.json));
      await ours().destroy("an-id");
      expect(await theirs().get("an-id")).toBe(null);
    });

    test("what we store is read, replaced, touched, counted and destroyed by connect-redis", async () => {
      const first = { ...record({ user: "ada" }), subject: "ada" };
      await ours().create("an-id", first);
      expect(await client.get("sess:an-id")).toBe(first.json);
      expect(await theirs().get("an-id")).toEqual(JSON.parse(first.json));
      expect(await theirs().length()).toBe(1);
      expect(await theirs().ids()).toEqual(["an-id"]);
      const before = await ours().read("an-id");
      const replaced = JSON.parse(record({ user: "eve" }, Date.now() + 2 * HOUR).json) as Session;
      await theirs().set("an-id", replaced);
      const late = await ours().commit("an-id", record(), before?.version);
      expect(late.status).toBe("conflict");
      expect((await ours().read("an-id"))?.json).toBe(JSON.stringify(replaced));
      await theirs().touch("an-id", JSON.parse(record({}, Date.now() + 3 * HOUR).json) as Session);
      expect((await ours().read("an-id"))!.expires! - Date.now()).toBeGreaterThan(3 * HOUR - 5_000);
      await theirs().destroy("an-id");
      expect(await ours().read("an-id")).toBe(undefined);
      expect(await ours().list("ada")).toEqual([]);
    });

    test("a session whose cookie names no end is kept ttl seconds by both, and says so to neither", async () => {
      const endless = record({}, null);
      await ours().create("ours", endless);
      await theirs().set("theirs", JSON.parse(endless.json) as Session);
      expect(86_400 - await client.ttl("sess:ours")).toBeLessThanOrEqual(1);
      expect(86_400 - await client.ttl("sess:theirs")).toBeLessThanOrEqual(1);
      expect((await ours().read("ours"))?.expires).toBe(null);
      expect((await ours().read("theirs"))?.expires).toBe(null);
      await redisStore({ client, ttl: 60 }).touch("theirs", null);
      expect(60 - await client.ttl("sess:theirs")).toBeLessThanOrEqual(1);
      await theirs().clear();
      expect(await ours().length()).toBe(0);
    });

    test("a key without an end, as disableTTL writes it, is a session without an end", async () => {
      const store = new RedisStore({ client, disableTTL: true });
      const { json } = record();
      await store.set("an-id", JSON.parse(json) as Session);
      const stored = await ours().read("an-id");
      expect(stored).toMatchObject({ json, expires: null });
      expect((await ours().commit("an-id", record(), stored?.version)).status).toBe("committed");
    });
  });

  test("the end is kept to the millisecond, on the server too", async () => {
    const store = redisStore({ client });
    const expires = Date.now() + 1_234_567;
    await store.create("an-id", record({}, expires));
    expect(await client.pExpireTime("sess:an-id")).toBe(expires);
    await store.touch("an-id", expires + 1);
    expect(await client.pExpireTime("sess:an-id")).toBe(expires + 1);
    expect((await store.read("an-id"))?.expires).toBe(expires + 1);
  });

  test("it goes by the clock of the moment, and one that is set back revives nothing", async () => {
    const rest = await startRest(server.port);
    closing.push(() => rest.stop());
    for (const each of [client, restClient(rest.url)] as RedisStoreClient[]) {
      const store = redisStore({ client: each });
      await goesByTheClockOfTheMoment(store);
      await revivesNothingWhenSetBack(store);
    }
  });

  test("where nothing may be written, a session that the caller's clock has ended is undefined", async () => {
    let time = Date.now();
    const reading = node(server.port, { username: "reading", password: "reading" });
    const user = ["ACL", "SETUSER", "reading", "on", ">reading", "~*", "+@all", "-del"];
    await client.sendCommand(user);
    await reading.connect();
    closing.push(() => reading.destroy(), () => client.sendCommand(["ACL", "DELUSER", "reading"]));
    const store = redisStore({ client: reading, now: () => time });
    const { json } = record();
    await store.create("an-id", { json, expires: time + HOUR });
    time += HOUR;
    expect(await store.read("an-id")).toBe(undefined);
    expect(await store.readAndTouch("an-id", HOUR)).toBe(undefined);
    expect(await store.touch("an-id", time + HOUR)).toBe(false);
    expect(await client.get("sess:an-id")).toBe(json);
  });

  test("a value that is no session is undefined to read, gone to commit, and left alone", async () => {
    const store = redisStore({ client });
    for (const value of ["", "{", "null", "5", '"text"', "[]", '{"cookie":', "\0\xff"]) {
      await client.set("sess:an-id", value);
      expect(await store.read("an-id")).toBe(undefined);
      expect(await store.readAndTouch("an-id", HOUR)).toBe(undefined);
      expect(await store.commit("an-id", record(), "v")).toEqual({ status: "gone" });
      expect(await store.rotate("an-id", "to", record(), "v")).toEqual({ status: "gone" });
      expect(await client.get("sess:an-id")).toBe(value);
    }
    await client.del("sess:an-id");
    await client.hSet("sess:an-id", "a", "b");
    expect(await store.read("an-id")).toBe(undefined);
    expect(await store.commit("an-id", record(), "v")).toEqual({ status: "gone" });
    expect(await store.create("an-id", record())).toBe(false);
    expect(await store.length()).toBe(0);
    for await (const found of store.all()) throw new Error(`all() yields ${found.length} things`);
    expect(await client.hGet("sess:an-id", "a")).toBe("b");
  });

  test("a value that is a session behind a number is none", async () => {
    await client.set("sess:an-id", '5:{"cookie":{}}');
    expect(await redisStore({ client }).read("an-id")).toBe(undefined);
    expect(await redisStore({ client }).readAndTouch("an-id", HOUR)).toBe(undefined);
  });

  test("a value that is not UTF-8, and so cannot be sent back, is still compared and replaced", async () => {
    const store = redisStore({ client });
    const bytes = (byte: number) =>
      Buffer.from([...Buffer.from('{"cookie":{},"name":"J'), byte, ...Buffer.from('rg"}')]);
    await client.set("sess:an-id", bytes(0xf6));
    const version = (await store.read("an-id"))?.version;
    const next = record();
    expect((await store.commit("an-id", next, version)).status).toBe("committed");
    expect((await store.read("an-id"))?.json).toBe(next.json);
    expect((await store.commit("an-id", record(), version)).status).toBe("conflict");
    await client.set("sess:other", bytes(0xf6));
    const mark = (await store.read("other"))?.version;
    expect((await store.rotate("other", "to", next, mark)).status).toBe("committed");
    expect(await store.read("other")).toBe(undefined);
  });

  test("a version that is none never matches, whatever is stored", async () => {
    const store = redisStore({ client });
    for (const value of ["", "none", "undefined", '{"cookie":{}}']) {
      for (const version of [undefined, null, "", 5, {}]) {
        await client.set("sess:an-id", value);
        for (const subject of [undefined, "ada"]) {
          const { status } = await store.commit("an-id", { ...record(), subject }, version);
          expect(status).not.toBe("committed");
          const rotated = await store.rotate("an-id", "to", { ...record(), subject }, version);
          expect(rotated.status).not.toBe("committed");
        }
        expect(await client.get("sess:an-id")).toBe(value);
      }
    }
  });

  test("an end far away is exact", async () => {
    const store = redisStore({ client });
    const expires = 8_639_999_999_999_999;
    await store.create("an-id", record({}, expires));
    expect((await store.read("an-id"))?.expires).toBe(expires);
    expect(await client.pExpireTime("sess:an-id")).toBe(expires);
  });

  test("whose a session is, is known as long as the session lives, whatever moves its end", async () => {
    const store = redisStore({ client });
    const ends = async () => {
      const [session, owner] = await Promise.all([
        client.pExpireTime("sess:an-id"),
        client.pExpireTime("@of:{sess:an-id}"),
      ]);
      expect(owner).toBeGreaterThanOrEqual(session);
      expect(await client.pExpireTime("@by:5:sess:ada")).toBeGreaterThanOrEqual(session);
    };
    const subject = "ada";
    await store.create("an-id", { ...record({}, Date.now() + 1_000), subject });
    await ends();
    const read = await store.readAndTouch("an-id", HOUR);
    await ends();
    await store.touch("an-id", Date.now() + 2 * HOUR);
    await ends();
    await store.commit("an-id", { ...record({}, Date.now() + 3 * HOUR), subject }, read?.version);
    await ends();
    expect(await store.list(subject)).toEqual(["an-id"]);
  });

  test("a rotate to an id in use rejects and changes neither session", async () => {
    const store = redisStore({ client });
    const [mine, other] = [record(), record()];
    await store.create("mine", mine);
    await store.create("other", other);
    const version = (await store.read("mine"))?.version;
    await expect(store.rotate("mine", "other", record(), version)).rejects.toThrow(/in use/);
    expect((await store.read("mine"))?.json).toBe(mine.json);
    expect((await store.read("other"))?.json).toBe(other.json);
  });

  test("S7: a prefix is no pattern, and clear() keeps to it", async () => {
    await client.set("sessX", "keep");
    const store = redisStore({ client, prefix: "s[e]*?\\" });
    await store.create("an-id", record());
    await client.set("sXe", "keep");
    expect(await store.length()).toBe(1);
    await store.clear();
    expect(await store.length()).toBe(0);
    expect(await client.mGet(["sessX", "sXe"])).toEqual(["keep", "keep"]);
  });

  test("a record whose cookie names no end comes with the end of its key", async () => {
    const now = Date.now();
    const store = redisStore({ client, ttl: 60, now: () => now });
    await store.create("an-id", record({}, null));
    const end = now + 60_000;
    expect(await store.read("an-id")).toMatchObject({ expires: null, keptUntil: end });
    for await (const [, stored] of store.all()) expect(stored.keptUntil).toBe(end);
    await store.touch("an-id", now + HOUR);
    expect(await store.read("an-id")).toMatchObject({ expires: null, keptUntil: now + HOUR });
    await store.create("another", record({}, now + HOUR));
    expect((await store.read("another"))?.keptUntil).toBeUndefined();
  });

  test("each verb is one round trip, and a read that slides is one too", async () => {
    const store = redisStore({ client });
    const subject = "ada";
    // Once before, so that the server knows every script.
    const verbs: Record<string, () => Promise<unknown>> = {
      create: () => store.create("id", { ...record(), subject }),
      read: () => store.read("id"),
      "readAndTouch of its own lifetime": () => store.readAndTouch("id", HOUR),
      "readAndTouch of another": () => store.readAndTouch("id", HOUR / 2),
      commit: () => store.commit("id", { ...record(), subject }, undefined),
      touch: () => store.touch("id", Date.now() + HOUR),
      rotate: () => store.rotate("id", "id-2", { ...record(), subject }, undefined),
      list: () => store.list(subject),
      destroyAll: () => store.destroyAll(subject),
      destroy: () => store.destroy("id"),
    };
    for (const run of Object.values(verbs)) await run();
    const watch = await monitor(server.port);
    closing.push(watch.stop);
    const trips: Record<string, number> = {};
    for (const [verb, run] of Object.entries(verbs)) {
      watch.lines.length = 0;
      await run();
      await client.echo("done");
      await expect.poll(() => watch.lines.some((line) => line.includes('"done"'))).toBe(true);
      trips[verb] = watch.lines.length - 1;
    }
    expect(trips).toEqual(Object.fromEntries(Object.keys(verbs).map((verb) => [verb, 1])));
  });

  test("a server that has forgotten the scripts is taught again, and no call fails", async () => {
    for (const one of [client, new Redis(server.port, "127.0.0.1")] as RedisStoreClient[]) {
      const store = redisStore({ client: one, prefix: `flushed${++serial}:` });
      await store.create("an-id", record());
      for (let round = 0; round < 5; round++) {
        await client.scriptFlush();
        const version = (await store.read("an-id"))?.version;
        await client.scriptFlush();
        expect((await store.commit("an-id", record(), version)).status).toBe("committed");
      }
      if (one instanceof Redis) one.disconnect();
    }
  });

  test("a server without PEXPIRETIME (before Redis 7) keeps the end within a millisecond", async () => {
    await client.sendCommand(
      ["ACL", "SETUSER", "old", "on", ">old", "~*", "+@all", "-pexpiretime"],
    );
    const old = node(server.port, { username: "old", password: "old" });
    await old.connect();
    closing.push(() => old.destroy());
    const store = redisStore({ client: old });
    const expires = Date.now() + 5_000;
    await store.create("an-id", record({}, expires));
    const stored = await store.read("an-id");
    expect(Math.abs(stored!.expires! - expires)).toBeLessThanOrEqual(1);
    expect((await store.commit("an-id", record(), stored?.version)).status).toBe("committed");
    expect(await store.create("an-id", record())).toBe(false);
  });

  test("an index forgets the dead without being asked, however often a subject logs in", async () => {
    const store = redisStore({ client });
    await store.create("kept", { ...record(), subject: "ada" });
    for (let time = 0; time < 300; time++) {
      await store.create(`gone-${time}`, { ...record(), subject: "ada" });
      // As an expiry or connect-redis would: behind the back of the index.
      await client.del(`sess:gone-${time}`);
    }
    expect(await client.zCard("@by:5:sess:ada")).toBeLessThan(5);
    expect(await store.list("ada")).toEqual(["kept"]);
    expect(await client.zCard("@by:5:sess:ada")).toBe(1);
  });

  describe("faults", () => {
    let proxy: Proxy;
    beforeAll(async () => {
      proxy = await startProxy(server.port);
    });
    afterAll(() => proxy?.stop());

    test("a lost answer rejects; trying again loses nothing and revives nothing (node-redis)", async () => {
      const wire = node(proxy.port, { socket: { host: "127.0.0.1", port: proxy.port } });
      wire.on("error", () => undefined);
      await wire.connect();
      closing.push(() => wire.destroy());
      const [store, direct] = [redisStore({ client: wire }), redisStore({ client })];
      const lost = async <T>(run: () => Promise<T>) => {
        proxy.loseNextAnswer();
        await expect(run()).rejects.toThrow();
      };
      const [first, second, third] = [record(), record(), record()];
      await store.create("an-id", first);
      const base = (await store.read("an-id"))?.version;
      await lost(() => store.commit("an-id", second, base));
      expect((await direct.read("an-id"))?.json).toBe(second.json);
      const again = await store.commit("an-id", second, base);
      expect(again).toMatchObject({ status: "conflict", current: { json: second.json } });
      const version = again.status === "conflict" ? again.current.version : undefined;

      await lost(() => store.rotate("an-id", "next-id", third, version));
      const rotated = await store.rotate("an-id", "next-id", third, version);
      expect(rotated.status).toBe("committed");
      expect(await direct.read("an-id")).toBe(undefined);
      expect((await direct.rotate("an-id", "third-id", record(), version)).status).toBe("gone");
      expect((await direct.read("next-id"))?.json).toBe(third.json);

      await lost(() => store.destroy("next-id"));
      await store.destroy("next-id");
      const mark = rotated.status === "committed" ? rotated.version : undefined;
      expect(await store.commit("next-id", record(), mark)).toEqual({ status: "gone" });
      expect(await direct.length()).toBe(0);
    });

    test("a request cut off on its way rejects and changes nothing (node-redis)", async () => {
      const wire = node(proxy.port);
      wire.on("error", () => undefined);
      await wire.connect();
      closing.push(() => wire.destroy());
      const [store, direct] = [redisStore({ client: wire }), redisStore({ client })];
      const first = record();
      await store.create("an-id", first);
      const version = (await store.read("an-id"))?.version;
      proxy.loseNextRequest();
      await expect(store.commit("an-id", record(), version)).rejects.toThrow();
      expect((await direct.read("an-id"))?.json).toBe(first.json);
      expect((await store.commit("an-id", record(), version)).status).toBe("committed");
    });

    test("a client that sends again by itself does each rotate, touch and destroy once (ioredis)", async () => {
      const wire = new Redis(proxy.port, "127.0.0.1", { retryStrategy: () => 1 });
      wire.on("error", () => undefined);
      closing.push(() => wire.disconnect());
      const [store, direct] = [redisStore({ client: wire }), redisStore({ client })];
      const [first, second, third] = [record(), record(), record()];
      await store.create("an-id", first);
      const base = (await store.read("an-id"))?.version;
      proxy.loseNextAnswer();
      const conflict = await store.commit("an-id", second, base);
      expect(conflict).toMatchObject({ status: "conflict", current: { json: second.json } });
      const version = conflict.status === "conflict" ? conflict.current.version : undefined;
      proxy.loseNextAnswer();
      expect((await store.rotate("an-id", "next-id", third, version)).status).toBe("committed");
      proxy.loseNextAnswer();
      expect(await store.touch("next-id", Date.now() + 2 * HOUR)).toBe(true);
      expect((await direct.read("next-id"))?.json).toBe(third.json);
      proxy.loseNextAnswer();
      await store.destroy("next-id");
      expect(await direct.length()).toBe(0);
    });

    test("a server that hangs keeps the call open and answers it when it goes on", async () => {
      const hanging = await startRedis();
      closing.push(() => hanging.stop());
      const wire = node(hanging.port);
      await wire.connect();
      closing.push(() => wire.destroy());
      const store = redisStore({ client: wire });
      await store.create("an-id", record());
      const version = (await store.read("an-id"))?.version;
      hanging.signal("SIGSTOP");
      let answered = false;
      const next = record();
      const call = store.commit("an-id", next, version).finally(() => (answered = true));
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(answered).toBe(false);
      hanging.signal("SIGCONT");
      expect((await call).status).toBe("committed");
      expect((await store.read("an-id"))?.json).toBe(next.json);
    });
  });
});
