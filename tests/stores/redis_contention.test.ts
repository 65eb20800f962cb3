/** Many writers of one session on real servers: nothing lost, nobody refused. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  type RedisCluster,
  type RedisServer,
  skipRedis,
  startCluster,
  startRedis,
} from "../servers/redis.ts";
import { connect, counting, write, type Writers, type Written } from "./redis_writers.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** Runs writers in a process of their own. */
function elsewhere(writers: Writers): Promise<Written> {
  const script = join(import.meta.dirname, "redis_writers.ts");
  const child = spawn(process.execPath, [script, JSON.stringify(writers)]);
  let [printed, failed] = ["", ""];
  child.stdout.on("data", (text) => (printed += text));
  child.stderr.on("data", (text) => (failed += text));
  return new Promise((resolve, reject) => {
    child.once("close", (code) => {
      if (code === 0) resolve(JSON.parse(printed) as Written);
      else reject(new Error(failed));
    });
  });
}

describe.skipIf(skipRedis)("redisStore: writers of one session", () => {
  let server: RedisServer;
  let cluster: RedisCluster;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    [server, cluster] = await Promise.all([startRedis(), startCluster()]);
  });
  afterAll(async () => {
    for (const close of closing) close();
    await Promise.all([server?.stop(), cluster?.stop()]);
  });

  const alone = () => [server.port];
  const together = () => cluster.addresses.map(({ port }) => port);
  const places: [place: string, portsOf: () => number[], glide: boolean][] = [
    ["redis-server", alone, false],
    ["a cluster", together, false],
    ["redis-server, by Valkey GLIDE", alone, true],
    ["a cluster, by Valkey GLIDE", together, true],
  ];
  for (const [place, portsOf, glide] of places) {
    const prefix = "contended:";
    const begin = async () => {
      const [client, close] = await connect(portsOf(), glide);
      closing.push(close);
      const visit = counting(client, prefix);
      const first = await visit(new Request("http://host.test/", { method: "POST" }));
      const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
      const count = async () => {
        const answer = await visit(new Request("http://host.test/", { headers: { cookie } }));
        return Number(await answer.text());
      };
      return { visit, cookie, count };
    };

    for (const writers of [50, 200]) {
      test(`${place}: a burst of ${writers} update()s loses none and refuses none`, async () => {
        const { visit, cookie, count } = await begin();
        const written = await write(visit, { cookie, writers, turns: 1 });
        expect(written).toEqual({ acknowledged: writers, refused: [] });
        expect(await count()).toBe(1 + writers);
      });
    }

    test(`${place}: 3 processes with 16 writers each lose none and refuse none`, async () => {
      const { cookie, count } = await begin();
      const told = { ports: portsOf(), glide, prefix, cookie, writers: 16, turns: 10 };
      const all = await Promise.all([1, 2, 3].map(() => elsewhere(told)));
      for (const written of all) expect(written).toEqual({ acknowledged: 160, refused: [] });
      expect(await count()).toBe(1 + 480);
    });

    test(`${place}: a burst of 200 from each of 3 processes loses none and refuses none`, async () => {
      const { cookie, count } = await begin();
      const told = { ports: portsOf(), glide, prefix, cookie, writers: 200, turns: 1 };
      const all = await Promise.all([1, 2, 3].map(() => elsewhere(told)));
      for (const written of all) expect(written).toEqual({ acknowledged: 200, refused: [] });
      expect(await count()).toBe(1 + 600);
    });
  }
});
