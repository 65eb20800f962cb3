import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { createStorage, type Driver } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import memoryDriver from "unstorage/drivers/memory";
import redisDriver from "unstorage/drivers/redis";
import { describe, expect, test, vi } from "vitest";
import { decodeId, encodeId } from "../../src/stores/unstorage/key.ts";
import { Tombstones } from "../../src/stores/unstorage/tombstones.ts";
import { unstorageStore } from "../../src/stores/unstorage.ts";
import { testStore } from "../../src/testing/mod.ts";
import { findBinary, freePort, skipWithout, startServer } from "../servers/process.ts";

const capabilities = { atomic: false, clock: "injected", iterate: true, sweep: true } as const;

// Two stores of one process are in order, as they share their locks.
testStore({
  name: "unstorage in memory",
  create({ now }) {
    const storage = createStorage();
    const neighbour = unstorageStore(storage, { now, prefix: "other" });
    const store = () => unstorageStore(storage, { now });
    return { store: store(), peer: store(), neighbour };
  },
  capabilities,
  test,
});

testStore({
  name: "unstorage in files",
  create({ now }) {
    const base = mkdtempSync(join(tmpdir(), "websession-"));
    const storage = createStorage({ driver: fsDriver({ base }) });
    const neighbour = unstorageStore(storage, { now, prefix: "a:b:c" });
    const store = () => unstorageStore(storage, { now, prefix: "a:b" });
    const close = () => rmSync(base, { recursive: true });
    return { store: store(), peer: store(), neighbour, close };
  },
  capabilities,
  interleavings: 200,
  revivals: 200,
  takes: 20,
  test,
});

const record = (value: number, expires: number | null = null) => ({
  json: JSON.stringify({ cookie: { originalMaxAge: null }, value }),
  expires,
});

/** A driver in memory, with some of its methods replaced. */
function storageWith(replace: (memory: Driver) => Partial<Driver>) {
  const memory = memoryDriver() as Driver;
  return createStorage({ driver: { ...memory, ...replace(memory) } });
}

describe("keys", () => {
  test("are base32, as RFC 4648 has it, and decode to the id", () => {
    const vectors = { f: "my", fo: "mzxq", foo: "mzxw6", foob: "mzxw6yq", foobar: "mzxw6ytboi" };
    for (const [id, key] of Object.entries(vectors)) {
      expect(encodeId(id)).toBe(key);
      expect(decodeId(key)).toBe(id);
    }
    for (const id of ["../../x", "a:b?c", "\0\r\n", "\ufeffbom", "äöü€😀", "Z".repeat(128)]) {
      expect(encodeId(id)).toMatch(/^[a-z2-7]+$/);
      expect(decodeId(encodeId(id))).toBe(id);
    }
    expect(encodeId("x".repeat(128)).length).toBeLessThan(255);
  });

  test("that the store does not make are none of its sessions", () => {
    for (const key of ["MY", "mz", "my=", "m", "a1", "my:my", "77", "é"]) {
      expect(decodeId(key), key).toBeUndefined();
    }
  });

  test("stay in their folder, whatever the id", async () => {
    const base = mkdtempSync(join(tmpdir(), "websession-"));
    const store = unstorageStore(createStorage({ driver: fsDriver({ base }) }));
    await store.create("../../escaped", record(1));
    expect(readdirSync(base)).toEqual(["sess"]);
    const [file] = readdirSync(join(base, "sess")) as [string];
    expect(file).toBe(encodeId("../../escaped"));
    const { json } = JSON.parse(readFileSync(join(base, "sess", file), "utf8")) as {
      json: unknown;
    };
    expect(json).toBe(record(1).json);
    rmSync(base, { recursive: true });
  });
});

test("what is malformed is no session, no error, and makes room for create()", async () => {
  const storage = createStorage();
  const store = unstorageStore(storage);
  const malformed = [
    "",
    "text",
    "null",
    "[]",
    "{}",
    '{"json":1,"version":"v","expires":null}',
    "{",
    "1e999",
    '{"json":"{}","version":1,"expires":null}',
    '{"json":"{}","version":"v","expires":"x"}',
    '{"json":"{}","version":"v"}',
  ];
  for (const [at, value] of malformed.entries()) {
    const id = `id-${at}`;
    await storage.setItem(`sess:${encodeId(id)}`, value);
    expect(await store.read(id), value).toBeUndefined();
    expect(await store.touch(id, null), value).toBe(false);
    expect(await store.commit(id, record(1), "v"), value).toEqual({ status: "gone" });
    expect(await store.length()).toBe(at);
    expect(await store.create(id, record(1)), value).toBe(true);
  }
});

test("what others keep under the prefix is left alone", async () => {
  const storage = createStorage();
  const store = unstorageStore(storage);
  const others = ["sess:README.md", "sess:deeper:mzxw6", "sessions:mzxw6", "xxxx:mzxw6"];
  for (const key of others) await storage.setItem(key, "theirs");
  await store.create("mine", record(1));
  expect(await store.length()).toBe(1);
  const unfiltered = unstorageStore({ ...storage, getKeys: () => storage.getKeys() });
  expect(await unfiltered.length()).toBe(1);
  await unfiltered.clear();
  expect((await storage.getKeys()).sort()).toEqual(others.sort());
});

describe("a storage that reads late", () => {
  async function lagging() {
    const old = new Map<string, unknown>();
    const storage = storageWith((memory) => ({
      getItem: (key, options) => old.get(key) ?? memory.getItem(key, options),
      setItem(key, value, options) {
        if (!old.has(key)) old.set(key, value);
        return memory.setItem?.(key, value, options);
      },
    }));
    const clock = { time: 1_000_000 };
    const store = unstorageStore(storage, { now: () => clock.time, negativeFor: 5_000 });
    await store.create("id", record(0));
    return { store, clock, storage, version: (await store.read("id"))?.version };
  }

  test("brings no destroyed session back in this process", async () => {
    const { store, storage, clock, version } = await lagging();
    await store.destroy("id");
    expect(await store.read("id")).toBeUndefined();
    expect(await store.touch("id", null)).toBe(false);
    expect(await store.commit("id", record(1), version)).toEqual({ status: "gone" });
    expect(await store.rotate("id", "to", record(1), version)).toEqual({ status: "gone" });
    expect(await unstorageStore(storage, { now: () => clock.time }).read("id")).toBeUndefined();
    clock.time += 4_999;
    expect(await store.read("id")).toBeUndefined();
    clock.time += 1;
    expect(await store.read("id")).toBeDefined(); // negativeFor is the bound, and says so
  });

  test("undoes no rotate() in this process", async () => {
    const { store, version } = await lagging();
    expect((await store.rotate("id", "to", record(1), version)).status).toBe("committed");
    expect(await store.read("id")).toBeUndefined();
    expect(await store.commit("id", record(2), version)).toEqual({ status: "gone" });
    expect((await store.read("to"))?.json).toBe(record(1).json);
  });
});

test("a rotate() that fails half way leaves no session rather than two", async () => {
  let fail = false;
  const storage = storageWith((memory) => ({
    setItem(key, value, options) {
      if (fail) throw new Error("disk full");
      return memory.setItem?.(key, value, options);
    },
  }));
  const store = unstorageStore(storage);
  await store.create("id", record(0));
  const version = (await store.read("id"))?.version;
  fail = true;
  await expect(store.rotate("id", "to", record(1), version)).rejects.toThrow("disk full");
  fail = false;
  expect(await store.length()).toBe(0);
  expect(await store.create("id", record(2))).toBe(true);
  expect((await store.read("id"))?.json).toBe(record(2).json);
});

test("a write that fails holds up nobody behind it", async () => {
  let fail = true;
  const storage = storageWith((memory) => ({
    setItem(key, value, options) {
      if (fail) throw new Error("disk full");
      return memory.setItem?.(key, value, options);
    },
  }));
  const store = unstorageStore(storage);
  const failing = expect(store.create("id", record(0))).rejects.toThrow("disk full");
  const behind = [store.read("id"), store.destroy("id")];
  await failing;
  fail = false;
  expect(await Promise.all(behind)).toEqual([undefined, undefined]);
});

test("two rotations that cross do not wait for each other forever", async () => {
  const store = unstorageStore(createStorage());
  await store.create("a", record(1));
  await store.create("b", record(2));
  const marks = [(await store.read("a"))?.version, (await store.read("b"))?.version];
  const results = await Promise.all([
    store.rotate("a", "b", record(3), marks[0]),
    store.rotate("b", "a", record(4), marks[1]),
  ]);
  expect(results.map(({ status }) => status)).toEqual(["committed", "conflict"]);
});

test("an id that was rotated away lives again when a session is rotated to it", async () => {
  const store = unstorageStore(createStorage());
  await store.create("a", record(1));
  await store.rotate("a", "b", record(2), (await store.read("a"))?.version);
  await store.rotate("b", "a", record(3), (await store.read("b"))?.version);
  expect((await store.read("a"))?.json).toBe(record(3).json);
  expect(await store.read("b")).toBeUndefined();
});

test("reads of one session run side by side, and a write waits for them", async () => {
  const order: string[] = [];
  const arrivals: (() => void)[] = [];
  let held = false;
  const storage = storageWith((memory) => ({
    async getItem(key, options) {
      if (held) await new Promise<void>((resolve) => arrivals.push(resolve));
      return await memory.getItem(key, options);
    },
    setItem(key, value, options) {
      order.push("write");
      return memory.setItem?.(key, value, options);
    },
  }));
  const store = unstorageStore(storage);
  await store.create("id", record(0));
  order.length = 0;
  held = true;
  const reads = [1, 2].map(async () => {
    await store.read("id");
    order.push("read");
  });
  while (arrivals.length < 2) await undefined;
  held = false;
  const touch = store.touch("id", null);
  for (let turns = 0; turns < 50; turns++) await undefined;
  for (const go of arrivals) go();
  await Promise.all([...reads, touch]);
  expect(order).toEqual(["read", "read", "write"]);
});

describe("a driver that never answers one call", () => {
  test.each<["getItem" | "setItem" | "removeItem"]>([["getItem"], ["setItem"], ["removeItem"]])(
    "%s: holds up its session for ioTimeout, and no longer",
    async (method) => {
      vi.useFakeTimers();
      try {
        let isSilent = false;
        const storage = storageWith((memory) => ({
          [method]: (...args: never[]) => {
            if (isSilent) return (isSilent = false, new Promise<never>(() => {}));
            return (memory[method] as (...args: never[]) => unknown)(...args);
          },
        }));
        const store = unstorageStore(storage, { ioTimeout: 5_000 });
        await store.create("id", record(1));
        const { version } = (await store.read("id"))!;
        isSilent = true;
        void (method === "removeItem" ? store.destroy("id") : store.touch("id", null));
        await vi.advanceTimersByTimeAsync(1_000);
        const done: string[] = [];
        const note = async (name: string, answer: unknown) => (await answer, done.push(name));
        const commit = note("commit", store.commit("id", record(2), version));
        const read = note("read", store.read("id"));
        const rotate = note("rotate", store.rotate("id", "next", record(3), version));
        await vi.advanceTimersByTimeAsync(3_900);
        expect(done).toEqual([]);
        await vi.advanceTimersByTimeAsync(200);
        await Promise.all([commit, read, rotate]);
        expect(done).toEqual(["commit", "read", "rotate"]);
        // Whoever comes later waits for nobody.
        await store.destroy("id");
        expect(await store.read("id")).toBeUndefined();
        expect(vi.getTimerCount()).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );
});

test("what it costs not to be atomic: another process can revive", async () => {
  // Two storages over one driver are two processes: they share data and no locks.
  const driver = memoryDriver() as Driver;
  let hold: Promise<void> | undefined;
  let arrived = () => {};
  const slow: Driver = {
    ...driver,
    async setItem(key, value, options) {
      arrived();
      await hold;
      await driver.setItem?.(key, value, options);
    },
  };
  const a = unstorageStore(createStorage({ driver: slow }));
  const b = unstorageStore(createStorage({ driver }));
  await a.create("id", record(0));
  let release = () => {};
  hold = new Promise((resolve) => (release = resolve));
  const atTheGate = new Promise<void>((resolve) => (arrived = resolve));
  const writing = a.commit("id", record(1), (await a.read("id"))?.version);
  await atTheGate;
  await b.destroy("id");
  release();
  expect((await writing).status).toBe("committed");
  expect(a.atomic).toBe(false);
  expect((await a.read("id"))?.json).toBe(record(1).json);
  // The process that destroyed it keeps to its word.
  expect(await b.read("id")).toBeUndefined();
});

test("destroyed ids are remembered up to a bound, and lifted by create()", async () => {
  const stones = new Tombstones();
  for (let at = 0; at <= 10_000; at++) stones.set(`id-${at}`, 0, 1);
  expect(["id-0", "id-1", "id-10000"].map((key) => stones.has(key, 0))).toEqual([
    false,
    true,
    true,
  ]);
  const store = unstorageStore(createStorage());
  await store.destroy("id");
  await store.create("id", record(1));
  expect(await store.read("id")).toBeDefined();
});

test("options are checked, and the value is not repeated", () => {
  const storage = createStorage();
  expect(() => unstorageStore({} as never)).toThrow(/"storage" must be .* getItem/);
  expect(() => unstorageStore(undefined as never)).toThrow(TypeError);
  for (const prefix of ["", ":", "a:", ":a", "a::b", "a/b", "../a", "a?b", "a b", 1]) {
    expect(() => unstorageStore(storage, { prefix: prefix as string })).toThrow(/"prefix" must be/);
  }
  for (const negativeFor of [-1, NaN, "1"]) {
    const options = { negativeFor: negativeFor as number };
    expect(() => unstorageStore(storage, options)).toThrow(/"negativeFor" must be/);
  }
  for (const ioTimeout of [-1, NaN, "1"]) {
    const options = { ioTimeout: ioTimeout as number };
    expect(() => unstorageStore(storage, options)).toThrow(/"ioTimeout" must be/);
  }
  expect(() => unstorageStore(storage, { now: 1 as never })).toThrow(/"now" must be/);
});

const binary = findBinary("redis-server");
describe.skipIf(skipWithout(binary, "redis-server"))("over the Redis driver", () => {
  test("the driver's time to live outlasts the session, and follows touch()", async () => {
    const port = await freePort();
    const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--dir", tmpdir()];
    const server = await startServer(binary!, args, port);
    const redis = new Redis(port, "127.0.0.1");
    const storage = createStorage({ driver: redisDriver({ base: "u", host: "127.0.0.1", port }) });
    try {
      const store = unstorageStore(storage);
      const key = `u:sess:${encodeId("id")}`;
      const left = async (ms: number) => {
        const ttl = await redis.pttl(key);
        expect(ttl).toBeGreaterThan(ms + 50_000);
        expect(ttl).toBeLessThan(ms + 62_000);
      };
      await store.create("id", record(0, Date.now() + 10_000));
      await left(10_000);
      await store.touch("id", Date.now() + 500_000);
      await left(500_000);
      await store.touch("id", null);
      expect(await redis.pttl(key)).toBe(-1);
      await store.touch("id", Date.now() - 1);
      expect(await store.read("id")).toBeUndefined();
      expect(await redis.exists(key)).toBe(1);
    } finally {
      await storage.dispose();
      redis.disconnect();
      await server.stop();
    }
  });
});
