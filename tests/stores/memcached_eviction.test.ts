/** A private memcached that is short of memory: it forgets what was used longest ago, or refuses. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { memcachedStore } from "../../src/stores/memcached.ts";
import { skipMemcached, startMemcached } from "../servers/memcached.ts";
import { type ClientName, CLIENTS, connect } from "./memcached_clients.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const HOUR = 3_600_000;
let serial = 0;

function record() {
  const cookie = { originalMaxAge: HOUR, expires: new Date(Date.now() + HOUR).toISOString() };
  const json = JSON.stringify({ cookie, serial: ++serial, text: "x".repeat(2_000) });
  return { json, expires: Date.now() + HOUR };
}

describe.skipIf(skipMemcached)("memcachedStore (short of memory)", () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  async function start(name: ClientName, ...options: string[]) {
    const server = await startMemcached("-m", "8", ...options);
    closing.push(() => server.stop());
    const [client, end] = connect(name, server.port);
    closing.push(end);
    const evictions = async () =>
      Number(/STAT evictions (\d+)/.exec(await server.say("stats"))?.[1]);
    return { store: memcachedStore({ client }), evictions };
  }

  test.each(CLIENTS)(
    "%s: a session that was evicted is gone to every verb, and one that was not is whole",
    async (name) => {
      const { store, evictions } = await start(name);
      const records = new Map<string, ReturnType<typeof record>>();
      while (await evictions() < 1_000) {
        for (let each = 0; each < 100; each++) {
          const [id, made] = [`id-${++serial}`, record()];
          records.set(id, made);
          expect(await store.create(id, made)).toBe(true);
        }
      }
      const verdict = { name, evicted: await evictions(), whole: 0, gone: 0 };
      for (const [id, { json }] of records) {
        const found = await store.read(id);
        if (found !== undefined) {
          verdict.whole++;
          expect(found.json).toBe(json);
          continue;
        }
        verdict.gone++;
        expect(await store.touch(id, Date.now() + HOUR)).toBe(false);
        expect(await store.readAndTouch(id, HOUR)).toBe(undefined);
        expect(await store.commit(id, record(), json)).toEqual({ status: "gone" });
        expect(await store.rotate(id, `${id}-to`, record(), json)).toEqual({ status: "gone" });
        expect(await store.read(`${id}-to`)).toBe(undefined);
        expect(await store.destroy(id)).toBe(false);
      }
      console.log(JSON.stringify(verdict));
      expect(verdict.gone).toBeGreaterThanOrEqual(1_000);
      expect(verdict.whole).toBeGreaterThan(100);
    },
  );

  test("-M: a full server refuses what is new with an error, and reads and logouts go on", async () => {
    const { store, evictions } = await start("memcache-client", "-M");
    const records = new Map<string, ReturnType<typeof record>>();
    const fill = async () => {
      for (;;) {
        const [id, made] = [`id-${++serial}`, record()];
        await store.create(id, made);
        records.set(id, made);
      }
    };
    await expect(fill()).rejects.toThrow(/out of memory/);
    expect(records.size).toBeGreaterThan(100);
    for (const [id, { json }] of records) expect((await store.read(id))?.json).toBe(json);
    const [first, { json }] = [...records][0]!;
    await expect(store.rotate(first, "to", record(), json)).rejects.toThrow(/out of memory/);
    expect((await store.read(first))?.json).toBe(json);
    expect(await store.destroy(first)).toBe(true);
    expect(await store.read(first)).toBe(undefined);
    expect(await evictions()).toBe(0);
  });
});
