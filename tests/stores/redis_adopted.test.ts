/** Sessions of the Redis store's keys that another library has stored: in no index until they are used. */
import { readFileSync } from "node:fs";
import { createClient } from "redis";
import { RedisStore } from "connect-redis";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { fromExpressStore } from "../../src/stores/express.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;

describe.skipIf(skipRedis)(
  "redisStore (redis-server): sessions that connect-redis has stored",
  () => {
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

    const record = (notes: object | undefined) => ({
      json: JSON.stringify({
        cookie: { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR).toISOString() },
        ...(notes && { $websession: notes }),
      }),
      expires: Date.now() + HOUR,
    });
    /** A login, as `login()` leaves it in a store that keeps no index. */
    const elsewhere = async (id: string, notes?: object) => {
      const store = fromExpressStore(new RedisStore({ client, prefix: "sess:" }));
      expect(await store.create(id, record(notes))).toBe(true);
    };
    /** The store on one server, and as a cluster whose scripts reach no index, whose every process is another one. */
    const stores = {
      "one server": () => redisStore({ client }),
      "a cluster": () =>
        redisStore({
          client: {
            evalSha: client.evalSha.bind(client),
            eval: client.eval.bind(client),
            masters: [0],
            nodeClient: () => Promise.resolve(client),
          } as never,
        }),
    };

    for (const [where, store] of Object.entries(stores)) {
      const found = (subject: string) =>
        expect.poll(async () => (await store().list(subject)).sort());

      test(`${where}: a record that names a subject enters its index by a read`, async () => {
        for (const id of ["one", "two", "three"]) {
          await elsewhere(id, { subject: 'ad"a é', authenticatedAt: 1_000 });
        }
        await elsewhere("nobody's");
        await elsewhere("odd", { subject: 7 });
        await elsewhere("strange", [{ subject: "ada" }]);
        expect(await store().list('ad"a é')).toEqual([]);
        expect((await store().read("one"))?.json).toContain("$websession");
        await found('ad"a é').toEqual(["one"]);
        await store().readAndTouch("two", HOUR);
        await found('ad"a é').toEqual(["one", "two"]);
        // Once for all that are there already.
        for await (const [id] of store().all()) await store().read(id);
        await found('ad"a é').toEqual(["one", "three", "two"]);
        expect(await store().destroyAll('ad"a é')).toBe(3);
        for (const id of ["one", "two", "three"]) expect(await store().read(id)).toBe(undefined);
        for (const id of ["nobody's", "odd", "strange"]) {
          expect(await store().read(id)).not.toBe(undefined);
        }
      });

      test(`${where}: one that nobody had used when destroyAll() came is gone when it is used`, async () => {
        const now = Date.now();
        for (const id of ["one", "two", "three", "kept"]) {
          await elsewhere(id, { subject: "ada", authenticatedAt: now - HOUR });
        }
        await elsewhere("bob's", { subject: "bob", authenticatedAt: now - HOUR });
        await store().read("kept");
        await found("ada").toEqual(["kept"]);
        expect(await store().destroyAll("ada", "kept")).toBe(0);
        const gone = async (id: string) => {
          await expect.poll(() => store().read(id)).toBe(undefined);
        };
        await gone("one");
        await expect.poll(() => store().readAndTouch("two", HOUR)).toBe(undefined);
        for await (const [id] of store().all()) await store().read(id);
        await gone("three");
        expect(await store().read("kept")).not.toBe(undefined);
        expect(await store().read("bob's")).not.toBe(undefined);
        expect(await store().list("ada")).toEqual(["kept"]);
      });

      test(`${where}: one that began behind a destroyAll() is none of those it has ended`, async () => {
        await store().destroyAll("ada");
        const later = { subject: "ada", authenticatedAt: Date.now() + 1 };
        await elsewhere("later", later);
        for (let visit = 0; visit < 3; visit++) {
          expect((await store().read("later"))?.json).toContain("ada");
        }
        await found("ada").toEqual(["later"]);
        expect((await store().read("later"))?.json).toContain("ada");
        // One that comes later still ends it.
        const last = Date.now() + 2;
        await client.set("sess:other", record({ ...later, authenticatedAt: last }).json);
        await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(last));
        expect(await store().destroyAll("ada")).toBe(1);
        await expect.poll(() => store().read("later")).toBe(undefined);
        await expect.poll(() => store().read("other")).toBe(undefined);
      });
    }

    test("a client that nobody has connected is told so by its failure", async () => {
      const closed = createClient({ url: `redis://127.0.0.1:${server.port}` });
      await expect(redisStore({ client: closed }).read("one")).rejects.toMatchObject({
        code: "STORE_FAILED",
        message: "The client is not connected, or closed: await client.connect()",
      });
    });

    test("the line of docs/stores.md lets a user do all that the store does, and no more", async () => {
      const page = readFileSync(new URL("../../docs/stores.md", import.meta.url), "utf8");
      const [, line] = /^ACL (SETUSER .*)$/m.exec(page)!;
      await client.sendCommand(["ACL", ...line!.replaceAll("…", "pw").split(" ")]);
      const limited = createClient({ url: `redis://shop:pw@127.0.0.1:${server.port}` });
      const subscriber = createClient({ url: `redis://shop:pw@127.0.0.1:${server.port}` });
      await limited.connect();
      await subscriber.connect();
      try {
        const store = redisStore({ client: limited, subscriber, prefix: "shop:" });
        const heard: unknown[] = [];
        const stop = await store.watch((notice) => heard.push(notice));
        const mine = { ...record({ subject: "ada" }), subject: "ada" };
        expect(await store.create("one", mine)).toBe(true);
        expect(await store.rotate("one", "two", mine, mine.json)).toMatchObject({
          status: "committed",
        });
        expect(await store.readAndTouch("two", HOUR)).toBeDefined();
        expect(await store.touch("two", Date.now() + HOUR)).toBe(true);
        expect([await store.list("ada"), await store.length()]).toEqual([["two"], 1]);
        expect(await store.destroyAll("ada")).toBe(1);
        expect(await store.create("three", record(undefined))).toBe(true);
        expect(await store.destroy("three")).toBe(true);
        await store.clear();
        await expect.poll(() => heard.length).toBeGreaterThan(2);
        await stop();
        await expect(limited.get("sess:one")).rejects.toThrow("NOPERM");
        await expect(limited.flushAll()).rejects.toThrow("NOPERM");
      } finally {
        limited.destroy();
        subscriber.destroy();
      }
    });

    test("a server that only reads answers with the session all the same", async () => {
      await elsewhere("one", { subject: "ada", authenticatedAt: 1_000 });
      await client.sendCommand([
        "ACL",
        "SETUSER",
        "reader",
        "on",
        "nopass",
        "~*",
        "+@read",
        "+@connection",
        "+@scripting",
        "+time",
      ]);
      const reader = createClient({ url: `redis://reader:x@127.0.0.1:${server.port}` });
      await reader.connect();
      try {
        const found = await redisStore({ client: reader }).read("one");
        expect(found?.json).toContain("ada");
      } finally {
        reader.destroy();
      }
    });
  },
);
