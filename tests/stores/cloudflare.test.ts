/** The Cloudflare stores in real workerd: each case of `cloudflare/worker.ts` is a test here. */
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { afterAll, expect, test, vi } from "vitest";
import {
  type DurableObjectNamespaceLike,
  durableObjectStore,
  type KvNamespaceLike,
  kvStore,
} from "../../src/stores/cloudflare.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const bundle = await build({
  entryPoints: [new URL("./cloudflare/worker.ts", import.meta.url).pathname],
  bundle: true,
  format: "esm",
  target: "es2022",
  write: false,
});
const miniflare = new Miniflare(convertV4MiniflareOptions({
  host: "127.0.0.1",
  cf: false,
  log: new Log(LogLevel.ERROR),
  modules: true,
  script: bundle.outputFiles[0]!.text,
  compatibilityDate: "2026-01-01",
  durableObjects: { SESSIONS: { className: "TestedObject", useSQLite: true } },
  kvNamespaces: ["KV"],
  d1Databases: ["DB"],
}));
afterAll(() => miniflare.dispose());

async function ask<T>(query: string): Promise<T> {
  const response = await miniflare.dispatchFetch(`http://worker.test/${query}`);
  return await response.json() as T;
}

const names = await ask<string[]>("");

test("the worker has cases for every store", () => {
  for (const store of ["durable objects, one", "durable objects, 5", "workers kv", "d1"]) {
    expect(names.filter((name) => name.startsWith(store)).length, store).toBeGreaterThan(20);
  }
});

for (const name of names) {
  test(name, async () => {
    const { error } = await ask<{ error: string | null }>(`?case=${encodeURIComponent(name)}`);
    if (error !== null) throw new Error(error);
  });
}

test("options of the wrong kind throw a TypeError that names the option", () => {
  const objects = { idFromName() {} } as unknown as DurableObjectNamespaceLike;
  const kv = { getWithMetadata() {} } as unknown as KvNamespaceLike;
  const wrong: [string, () => unknown][] = [
    ["namespace", () => durableObjectStore({} as { namespace: DurableObjectNamespaceLike })],
    ["shards", () => durableObjectStore({ namespace: objects, shards: 0 })],
    ["shards", () => durableObjectStore({ namespace: objects, shards: 1.5 })],
    ["prefix", () => durableObjectStore({ namespace: objects, prefix: 5 as unknown as string })],
    ["ttl", () => durableObjectStore({ namespace: objects, ttl: -1 })],
    ["now", () => durableObjectStore({ namespace: objects, now: 1 as unknown as () => number })],
    ["namespace", () => kvStore({} as { namespace: KvNamespaceLike })],
    ["prefix", () => kvStore({ namespace: kv, prefix: "" })],
    ["ttl", () => kvStore({ namespace: kv, ttl: Infinity })],
    ["now", () => kvStore({ namespace: kv, now: 1 as unknown as () => number })],
  ];
  for (const [option, make] of wrong) {
    expect(make, option).toThrow(
      expect.objectContaining({
        name: "TypeError",
        message: expect.stringContaining(`"${option}"`),
      }),
    );
  }
});
