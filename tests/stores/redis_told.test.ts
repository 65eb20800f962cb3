/** What the scripts of the Redis store tell on its channel, word for word, on a private server. */
import { createClient } from "redis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { redisStore } from "../../src/stores/redis.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

function record(subject: string | undefined = "ada") {
  const json = JSON.stringify({ cookie: {}, serial: ++serial });
  return { json, expires: Date.now() + HOUR, subject };
}

type Client = ReturnType<typeof createClient>;

describe.skipIf(skipRedis)("redisStore({ subscriber }) tells", () => {
  let server: RedisServer;
  let client: Client;
  let subscriber: Client;
  let heard: unknown[] = [];
  beforeAll(async () => {
    server = await startRedis();
    const open = async () =>
      await createClient({ url: `redis://127.0.0.1:${server.port}` }).connect();
    [client, subscriber] = [await open() as Client, await open() as Client];
    await subscriber.subscribe("@on:sess:", (message) => heard.push(JSON.parse(message)));
  });
  beforeEach(() => void (heard = []));
  afterEach(() => client.flushAll());
  afterAll(async () => {
    client?.destroy();
    subscriber?.destroy();
    await server?.stop();
  });

  /** All that was told so far: what is published after it comes after it. */
  const told = async () => {
    await client.publish("@on:sess:", '["over"]');
    await expect.poll(() => heard.at(-1)).toEqual(["over"]);
    return heard.splice(0).slice(0, -1);
  };

  const shapes: Record<string, (client: Client) => unknown> = {
    "one server": (client) => client,
    // Every slot is here, so that all scripts run.
    "a cluster": (client) => ({
      evalSha: client.evalSha.bind(client),
      eval: client.eval.bind(client),
      masters: [0],
      nodeClient: () => Promise.resolve(client),
    }),
  };

  for (const [name, shape] of Object.entries(shapes)) {
    const make = (from = client) =>
      redisStore({ client: shape(from) as Client, subscriber: subscriber as never });

    test(`${name}: of a session that ends, and of one that moves, once each`, async () => {
      const store = make();
      const [mine, next] = [record(), record()];
      await store.create("an-id", mine);
      await store.read("an-id");
      expect(await told()).toEqual([]);
      await store.rotate("an-id", "to", next, "another");
      expect((await told()).filter((said) => (said as string[])[0] === "moved")).toEqual([]);
      await store.rotate("an-id", "to", next, mine.json);
      expect(await told()).toEqual([["moved", "an-id", "to"]]);
      await store.destroy("to");
      expect(await told()).toEqual([["gone", "to"]]);
    });

    test(`${name}: of all sessions of a subject once, however many, with the id that is kept`, async () => {
      const store = make();
      const ids = Array.from({ length: 250 }, (_, at) => `id-${at}`);
      await Promise.all(ids.map((id) => store.create(id, record())));
      expect(await store.destroyAll("ada", "id-7")).toBe(249);
      expect(await told()).toEqual([["subject", "ada", "=id-7"]]);
      expect(await store.destroyAll("ada")).toBe(1);
      expect(await told()).toEqual([["subject", "ada", ""]]);
    });

    test(`${name}: what it is asked to announce`, async () => {
      const store = make() as ReturnType<typeof redisStore> & {
        announce(notice: object): Promise<void>;
      };
      await store.announce({ what: "moved", id: "an-id", to: "to" });
      await store.announce({ what: "gone", id: "an-id" });
      await store.announce({ what: "subject", subject: "ada", except: "to" });
      expect(await told()).toEqual([
        ["moved", "an-id", "to"],
        ["gone", "an-id"],
        ["subject", "ada", "=to"],
      ]);
    });

    test(`${name}: nothing where it may not be said, and does all else the same`, async () => {
      await client.aclSetUser("mute", ["on", ">mute", "~*", "resetchannels", "+@all"]);
      const mute = await createClient({
        url: `redis://127.0.0.1:${server.port}`,
        username: "mute",
        password: "mute",
      }).connect() as Client;
      try {
        const store = make(mute);
        const [mine, next] = [record(), record()];
        await store.create("an-id", mine);
        await store.create("another", record());
        expect(await store.rotate("an-id", "to", next, mine.json))
          .toMatchObject({ status: "committed" });
        expect(await store.destroy("to")).toBe(true);
        expect(await store.destroyAll("ada")).toBe(1);
        expect(await told()).toEqual([]);
      } finally {
        mute.destroy();
      }
    });
  }
});
