/** The Cloudflare stores in real workerd: each case of `cloudflare/worker.ts` is a test here. */
import { afterAll, expect, test, vi } from "vitest";
import {
  type DurableObjectNamespaceLike,
  durableObjectStore,
  type KvNamespaceLike,
  kvStore,
} from "../../src/stores/cloudflare.ts";
import { DATABASES, startWorkerd } from "../servers/workerd.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const miniflare = await startWorkerd(
  new URL("./cloudflare/worker.ts", import.meta.url).pathname,
  { className: "TestedObject", ...DATABASES },
);
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
