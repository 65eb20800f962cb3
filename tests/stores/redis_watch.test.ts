/** A Redis store that tells every process of sessions that end: the kit, and connections that are cut. */
import { Redis } from "ioredis";
import { createClient } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { redisStore, type RedisStoreClient, type RedisSubscriber } from "../../src/stores/redis.ts";
import { testStore } from "../../src/testing/mod.ts";
import type { SessionNotice } from "../../src/watchable_store.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { SECRET, visit } from "../web/support.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  subject: true,
  watch: true,
} as const;
const ahead = (now: () => number) => () => now() + 3_600_000;

/** Resolves when a signal aborts. */
const aborted = (signal: AbortSignal) =>
  signal.aborted ? undefined : new Promise((resolve) => signal.addEventListener("abort", resolve));

describe.skipIf(skipRedis)("redisStore({ subscriber })", () => {
  let server: RedisServer;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => void (server = await startRedis()));
  afterAll(async () => {
    for (const close of closing) await close();
    await server?.stop();
  });

  const nodeRedis = async (options: Any = {}) => {
    const url = `redis://127.0.0.1:${server.port}`;
    const client = createClient({ url, ...options });
    client.on("error", () => {});
    await client.connect();
    closing.push(() => client.destroy());
    return client;
  };
  const ioredis = (options: Any = {}) => {
    const client = new Redis(server.port, "127.0.0.1", options);
    client.on("error", () => {});
    closing.push(() => client.disconnect());
    return Promise.resolve(client);
  };
  const clients: Record<string, () => Promise<RedisStoreClient & RedisSubscriber>> = {
    "node-redis": nodeRedis,
    "node-redis with keyPrefix": () => nodeRedis({ keyPrefix: "app:" }),
    ioredis,
    "ioredis with keyPrefix": () => ioredis({ keyPrefix: "app:" }),
  } as never;

  let serial = 0;
  for (const [name, connect] of Object.entries(clients)) {
    let all: Promise<Any[]> | undefined;
    testStore({
      name,
      capabilities,
      interleavings: 20,
      revivals: 20,
      async create(context) {
        const now = ahead(context.now);
        const [client, subscriber, other] = await (all ??= Promise.all([
          connect(),
          connect(),
          connect(),
        ])) as [Any, Any, Any];
        const prefix = `w${++serial}:`;
        return {
          store: redisStore({ client, subscriber, prefix, now } as never),
          peer: redisStore({ client: other, subscriber, prefix, now } as never),
          neighbour: redisStore({ client, prefix: `next-${prefix}`, now } as Any),
          now,
        };
      },
      test,
    });
  }

  test("what travels under hashIds() are the hashes", async () => {
    const [client, subscriber] = [await nodeRedis(), await nodeRedis()];
    const store = hashIds(redisStore({ client, subscriber, prefix: "hashed:" } as never)) as Any;
    const heard: SessionNotice[] = [];
    await store.watch((notice: SessionNotice) => heard.push(notice));
    await store.create("an-id", { json: '{"cookie":{}}', expires: null });
    await store.announce({ what: "moved", id: "an-id", to: "another" });
    await store.destroy("an-id");
    await vi.waitFor(() => expect(heard).toHaveLength(2));
    expect(JSON.stringify(heard)).not.toMatch(/an-id|another/);
    expect(heard.map((notice) => "id" in notice && notice.id.slice(0, 2))).toEqual(["h.", "h."]);
  });

  /** An application of two processes: each has its connections, and its own memory of the store. */
  async function twoProcesses(wrap: (store: Any) => Any = (store) => store, options: Any = {}) {
    const prefix = `p${++serial}:`;
    return await Promise.all([0, 1].map(async () => {
      const [client, subscriber] = [await nodeRedis(), await nodeRedis()];
      const store = wrap(redisStore({ client, subscriber, prefix } as never));
      const channel = `@on:${prefix}`;
      return {
        client,
        channel,
        sessions: createSessions<Any>({ secret: SECRET, store, ...options }),
      };
    })) as unknown as { client: Any; channel: string; sessions: Any }[];
  }

  test.each([
    ["plain ids", (store: Any) => store],
    ["hashed ids", (store: Any) => hashIds(store)],
  ])("a connection ends with its session, wherever that was ended: %s", async (_how, wrap) => {
    const [here, there] = await twoProcesses(wrap);
    const listen = async (cookie: string) =>
      (await visit(here!.sessions, cookie, (session) => session.signal)).result as AbortSignal;
    const login = async (subject: string) =>
      (await visit(here!.sessions, undefined, (session) => session.login(subject))).cookie!;
    // Somebody listens all the time: what ends before that is found, and nobody knows why.
    const witness = await listen(await login("zoe"));
    await vi.waitFor(async () => {
      const [, listeners] = await here!.client.sendCommand(["PUBSUB", "NUMSUB", here!.channel]);
      expect(listeners).toBe(1);
    });
    const ada = await login("ada");
    const out = await listen(ada);
    await visit(there!.sessions, ada, (session) => session.logout());
    await aborted(out);
    expect(out.reason).toMatchObject({ code: "SESSION_GONE", why: "destroyed" });

    const bob = await login("bob");
    const again = await listen(bob);
    await visit(there!.sessions, bob, (session) => session.login("bob"));
    await aborted(again);
    expect(again.reason.why).toBe("login");

    const eve = await login("eve");
    const everywhere = await listen(eve);
    await there!.sessions.revokeAll("eve");
    await aborted(everywhere);
    expect(everywhere.reason.why).toBe("revoked");

    let cookie = await login("dan");
    const moved = await listen(cookie);
    cookie = (await visit(there!.sessions, cookie, (s) => s.regenerate({ keep: true }))).cookie!;
    await there!.sessions.revokeAll("zoe");
    await aborted(witness);
    expect(moved.aborted).toBe(false);
    await visit(there!.sessions, cookie, (session) => session.logout());
    await aborted(moved);
    expect(moved.reason.why).toBe("destroyed");
  });

  test("follows an id that another process has replaced for its age", async () => {
    let time = Date.now();
    const clock = { now: () => time, after: () => () => {} };
    const options = { rotateAfter: 3_600_000, clock, ioTimeout: 0 };
    const [here, there] = await twoProcesses((store) => store, options);
    const { cookie } = await visit(here!.sessions, undefined, (session) => session.login("ada"));
    const signal = (await visit(here!.sessions, cookie, (s) => s.signal)).result as AbortSignal;
    time += 3_600_000;
    const { cookie: second } = await visit(there!.sessions, cookie, () => {});
    expect(second).not.toBe(cookie);
    await visit(there!.sessions, second, (session) => session.logout());
    await aborted(signal);
    expect(signal.reason.why).toBe("destroyed");
  });

  test.each(["node-redis", "ioredis"])(
    "says that it may have missed something: %s",
    async (name) => {
      const [client, subscriber] = [await nodeRedis(), await clients[name]!() as Any];
      const prefix = `m${++serial}:`;
      const store = redisStore({ client, subscriber, prefix } as never) as Any;
      const notices: SessionNotice[] = [];
      let heard = () => {};
      const stop = await store.watch((notice: SessionNotice) => {
        notices.push(notice);
        heard();
      });
      const next = () => new Promise<void>((resolve) => heard = resolve);
      const missed = next();
      await client.sendCommand(["CLIENT", "KILL", "TYPE", "pubsub"]);
      await missed;
      expect(notices).toEqual([{ what: "missed" }]);
      await store.create("id", { json: '{"cookie":{}}', expires: null });
      const gone = next();
      await store.destroy("id");
      await gone;
      expect(notices.at(-1)).toEqual({ what: "gone", id: "id" });
      await stop();
    },
  );

  test("nobody else pays: without the option no script publishes anything", async () => {
    const client = await nodeRedis();
    const monitor = await ioredis();
    const heard: string[] = [];
    await monitor.psubscribe("*");
    monitor.on("pmessage", (_pattern, channel) => heard.push(channel));
    const store = redisStore({ client, prefix: "quiet:" } as never) as Any;
    expect([store.watch, store.announce]).toEqual([undefined, undefined]);
    await store.create("id", { json: '{"cookie":{}}', expires: null, subject: "ada" });
    await store.destroyAll("ada");
    await store.destroy("id");
    await client.publish("marker", "");
    await vi.waitFor(() => expect(heard).toEqual(["marker"]));
  });

  test("what is no notice is none, and what is no subscriber is refused", async () => {
    const [client, subscriber] = [await nodeRedis(), await nodeRedis()];
    const store = redisStore({ client, subscriber, prefix: "odd:" } as never) as Any;
    const notices: SessionNotice[] = [];
    await store.watch((notice: SessionNotice) => notices.push(notice));
    for (const text of ["", "{}", "[1]", '["else","a"]', "[", '["gone",5]', "null"]) {
      await client.publish("@on:odd:", text);
    }
    await store.announce({ what: "subject", subject: "ada", except: "one" });
    await vi.waitFor(() => expect(notices).toHaveLength(1));
    expect(notices).toEqual([{ what: "subject", subject: "ada", except: "one" }]);
    expect(() => redisStore({ client, subscriber: {} } as Any)).toThrow(/"subscriber" must be/);
  });
});
