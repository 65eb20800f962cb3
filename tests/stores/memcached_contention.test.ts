/** Many writers of one session in a real memcached: nothing lost, nobody refused. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type MemcachedServer, skipMemcached, startMemcached } from "../servers/memcached.ts";
import { type ClientName, CLIENTS, connect } from "./memcached_clients.ts";
import { counting, type MemcachedWriters } from "./memcached_writers.ts";
import { write, type Written } from "./redis_writers.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** Runs writers in a process of their own. */
function elsewhere(name: ClientName, writers: MemcachedWriters): Promise<Written> {
  const script = join(import.meta.dirname, "memcached_writers.ts");
  const child = spawn(process.execPath, [script, name, JSON.stringify(writers)]);
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

describe.skipIf(skipMemcached).each(CLIENTS)(
  "memcachedStore (%s): writers of one session",
  (name) => {
    let server: MemcachedServer;
    let visit: ReturnType<typeof counting>;
    let end = (): void => {};
    beforeAll(async () => {
      server = await startMemcached();
      const [client, close] = connect(name, server.port);
      visit = counting(client);
      end = close;
    });
    afterAll(async () => {
      end();
      await server?.stop();
    });

    const begin = async () => {
      const first = await visit(new Request("http://host.test/", { method: "POST" }));
      const cookie = first.headers.get("set-cookie")!.split(";")[0]!;
      const count = async () => {
        const answer = await visit(new Request("http://host.test/", { headers: { cookie } }));
        return Number(await answer.text());
      };
      return { cookie, count };
    };

    for (const writers of [50, 200]) {
      test(`a burst of ${writers} update()s loses none and refuses none`, async () => {
        const { cookie, count } = await begin();
        const written = await write(visit, { cookie, writers, turns: 1 });
        expect(written).toEqual({ acknowledged: writers, refused: [] });
        expect(await count()).toBe(1 + writers);
      });
    }

    for (const { writers, turns } of [{ writers: 16, turns: 10 }, { writers: 200, turns: 1 }]) {
      test(`${turns} by each of ${writers} writers in each of 3 processes: none lost, none refused`, async () => {
        const { cookie, count } = await begin();
        const told = { port: server.port, cookie, writers, turns };
        const all = await Promise.all([1, 2, 3].map(() => elsewhere(name, told)));
        const each = writers * turns;
        for (const written of all) expect(written).toEqual({ acknowledged: each, refused: [] });
        expect(await count()).toBe(1 + 3 * each);
      });
    }
  },
);
