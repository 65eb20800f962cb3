/** Sessions whose end every process is told of, on a real cluster: three masters, a replica each. */
import { Cluster, Redis } from "ioredis";
import { createCluster } from "redis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { testStore } from "../../src/testing/mod.ts";
import { type RedisCluster, skipRedis, startCluster } from "../servers/redis.ts";
import { SECRET, visit } from "../web/support.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

/** Resolves when a signal aborts. */
const aborted = (signal: AbortSignal) =>
  signal.aborted ? undefined : new Promise((resolve) => signal.addEventListener("abort", resolve));

describe.skipIf(skipRedis)("redisStore({ subscriber }) on a cluster", () => {
  let cluster: RedisCluster;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => void (cluster = await startCluster()));
  afterAll(async () => {
    for (const close of closing) await close();
    await cluster?.stop();
  });

  const clients: Record<string, () => Promise<Any>> = {
    "node-redis": async () => {
      const client = createCluster({
        rootNodes: cluster.addresses.map(({ host, port }) => ({ url: `redis://${host}:${port}` })),
        defaults: { socket: { reconnectStrategy: 50 } },
      });
      client.on("error", () => undefined);
      await client.connect();
      closing.push(() => client.destroy());
      return client;
    },
    ioredis: () => {
      const client = new Cluster([...cluster.addresses], { clusterRetryStrategy: () => 50 });
      client.on("error", () => undefined);
      closing.push(() => client.disconnect());
      return Promise.resolve(client);
    },
  };

  describe.each(Object.keys(clients))("%s", (name) => {
    const connect = () => clients[name]!();

    for (const [kind, prefix] of [["free slots", "w"], ["one slot", "{w}"]]) {
      let all: Promise<Any[]> | undefined;
      testStore({
        name: kind!,
        capabilities: {
          atomic: true,
          clock: "injected",
          sliding: true,
          iterate: true,
          subject: true,
          watch: true,
          rotation: kind === "free slots" ? "two steps" : "one step",
        },
        interleavings: 10,
        revivals: 10,
        async create(context) {
          const [client, subscriber, other] = await (all ??= Promise.all([0, 1, 2].map(connect)));
          // An hour on: the servers' own clock, which runs, must not pass it.
          const now = () => context.now() + HOUR;
          const own = `${prefix}${name}${++serial}:`;
          return {
            store: redisStore({ client, subscriber, prefix: own, now } as never),
            peer: redisStore({ client: other, subscriber, prefix: own, now } as never),
            neighbour: redisStore({ client, prefix: `next-${own}`, now } as never),
            now,
          };
        },
        test,
      });

      test(`a connection ends with its session, wherever that was ended: ${kind}`, async () => {
        const own = `${prefix}p${name}${++serial}:`;
        const [here, there] = await Promise.all([0, 1].map(async () => {
          const [client, subscriber] = [await connect(), await connect()];
          const store = redisStore({ client, subscriber, prefix: own } as never);
          return createSessions<Any>({ secret: SECRET, store: store as Any });
        }));
        const login = async (subject: string) =>
          (await visit(here!, undefined, (session) => session.login(subject))).cookie!;
        const listen = async (cookie: string) =>
          (await visit(here!, cookie, (session) => session.signal)).result as AbortSignal;
        // Sixteen sessions lie on every master; each is ended in another process, in another way.
        const subjects = Array.from({ length: 16 }, (_, at) => `subject-${at}`);
        const witness = await listen(await login("witness"));
        for (const [at, subject] of subjects.entries()) {
          const cookie = await login(subject);
          const signal = await listen(cookie);
          if (at % 3 === 0) await visit(there!, cookie, (session) => session.logout());
          else if (at % 3 === 1) await visit(there!, cookie, (session) => session.login(subject));
          else await there!.revokeAll(subject);
          await aborted(signal);
          expect(signal.reason.code).toBe("SESSION_GONE");
        }
        let cookie = await login("mover");
        const moved = await listen(cookie);
        cookie = (await visit(there!, cookie, (session) => session.regenerate({ keep: true })))
          .cookie!;
        await visit(there!, cookie, (session) => void (session.a = 1));
        expect([witness.aborted, moved.aborted]).toEqual([false, false]);
        await visit(there!, cookie, (session) => session.logout());
        await aborted(moved);
        expect(witness.aborted).toBe(false);
      });
    }

    test("whose connection for notices is cut is told that it missed some, and hears on", async () => {
      const [client, subscriber, other] = [await connect(), await connect(), await connect()];
      const prefix = `cut${name}${++serial}:`;
      const store = redisStore({ client, subscriber, prefix } as never) as Any;
      const peer = redisStore({ client: other, subscriber, prefix } as never) as Any;
      const heard: Any[] = [];
      const stop = await store.watch((notice: Any) => void heard.push(notice));
      for (let cut = 1; cut <= 2; cut++) {
        heard.length = 0;
        for (const { port } of cluster.addresses) {
          const node = new Redis(port, "127.0.0.1");
          await node.call("CLIENT", "KILL", "TYPE", "PUBSUB");
          node.disconnect();
        }
        await vi.waitFor(() => expect(heard).toContainEqual({ what: "missed" }), {
          timeout: 60_000,
          interval: 20,
        });
        const id = `id-${cut}`;
        await peer.create(id, { json: '{"cookie":{}}', expires: null });
        await peer.destroy(id);
        await vi.waitFor(() => expect(heard).toContainEqual({ what: "gone", id }), {
          timeout: 60_000,
          interval: 20,
        });
      }
      await stop();
      heard.length = 0;
      await peer.create("after", { json: '{"cookie":{}}', expires: null });
      await peer.destroy("after");
      expect(heard).toEqual([]);
    });

    test("who listened on a master that is killed hears of what ends afterwards", async () => {
      const [client, subscriber] = [await connect(), await connect()];
      const prefix = `{k${++serial}}:`;
      const store = redisStore({ client, subscriber, prefix } as never) as Any;
      const sessions = createSessions<Any>({ secret: SECRET, store });
      const { cookie } = await visit(sessions, undefined, (session) => session.login("ada"));
      const signal = (await visit(sessions, cookie, (session) => session.signal))
        .result as AbortSignal;
      const other = redisStore(
        { client: await connect(), subscriber: await connect(), prefix } as never,
      );
      const elsewhere = createSessions<Any>({ secret: SECRET, store: other as Any });
      const master = cluster.masterOf(`${prefix}any`);
      await master.kill();
      await vi.waitFor(() => visit(elsewhere, cookie, (session) => session.logout()), {
        timeout: 120_000,
        interval: 200,
      });
      await aborted(signal);
      expect(signal.reason.code).toBe("SESSION_GONE");
      await master.start();
      await cluster.settled();
    });
  });
});
