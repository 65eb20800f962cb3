/**
 * Runs inside Deno: the conformance kit and the store's own cases on a real
 * Deno KV database. One line of JSON a case on stdout; `deno_kv.test.ts` reads them.
 */
import { type DenoKv, denoKvStore } from "../../src/stores/deno_kv.ts";
import { testStore } from "../../src/testing/mod.ts";
import { goesByTheClockOfTheMoment } from "./clock_promises.ts";

type OpenKv = DenoKv & {
  set(key: unknown[], value: unknown): Promise<unknown>;
  delete(key: unknown[]): Promise<unknown>;
  close(): void;
};
declare const Deno: {
  openKv(path: string): Promise<OpenKv>;
  makeTempDir(): Promise<string>;
  remove(path: string, options: { recursive: boolean }): Promise<void>;
  exit(code: number): never;
};

const cases: [name: string, run: () => Promise<void>][] = [];
const test = (name: string, run: () => Promise<void>) => cases.push([name, run]);

const folder = await Deno.makeTempDir();
// Two connections to one file stand for two processes.
const kv = await Deno.openKv(`${folder}/kv.sqlite3`);
const other = await Deno.openKv(`${folder}/kv.sqlite3`);
const memory = await Deno.openKv(":memory:");

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  sweep: true,
  subject: true,
} as const;

testStore({
  name: "deno kv, a file and two connections",
  create: ({ now, case: prefix }) => ({
    store: denoKvStore({ kv, prefix: [prefix], now }),
    peer: denoKvStore({ kv: other, prefix: [prefix], now }),
    neighbour: denoKvStore({ kv, prefix: [prefix, "neighbour"], now }),
  }),
  capabilities,
  test,
});

testStore({
  name: "deno kv, in memory",
  create: ({ now, case: prefix }) => ({
    store: denoKvStore({ kv: memory, prefix: [prefix], now }),
    neighbour: denoKvStore({ kv: memory, prefix: [`${prefix}2`], now }),
  }),
  capabilities: { ...capabilities, atomic: "one process" },
  interleavings: 200,
  revivals: 200,
  test,
});

const record = (data: string, expires: number | null = Date.now() + 60_000, subject?: string) => ({
  json: JSON.stringify({ cookie: {}, data }),
  expires,
  subject,
});
function equal(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${String(expected)}, got ${String(actual).slice(0, 80)}`);
}
async function keys(prefix: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of kv.list({ prefix: [prefix] })) found.push(key.slice(1, 3).join("/"));
  return found;
}

test("it goes by the clock of the moment", async () => {
  await goesByTheClockOfTheMoment(denoKvStore({ kv, prefix: ["clock"] }));
});

test("a large session of another lifetime is only read, pieces and all", async () => {
  const store = denoKvStore({ kv, prefix: ["lifetime"] });
  const expires = Date.now() + 600_000;
  const cookie = { originalMaxAge: 60_000, path: "/" };
  await store.create("a", { json: JSON.stringify({ cookie, data: "x".repeat(99_000) }), expires });
  equal((await store.readAndTouch("a", 50_000))?.expires, expires, "end of another lifetime");
  const now = Date.now();
  const { expires: moved } = (await store.readAndTouch("a", 60_000))!;
  equal(moved! >= now + 60_000 && moved! <= Date.now() + 60_000, true, "end of its own lifetime");
});

test("a text of 599,000 bytes round trips, and its pieces go with it", async () => {
  const store = denoKvStore({ kv, prefix: ["large"] });
  const large = record("é".repeat(299_000));
  equal(await store.create("a", large), true, "create()");
  const read = await store.read("a");
  equal(read?.json, large.json, "text");
  equal((await keys("large")).length, 11, "keys");
  const committed = await store.commit("a", record("😀".repeat(20_000)), read?.version);
  equal(committed.status, "committed", "status");
  equal((await keys("large")).length, 3, "keys after a commit of two pieces");
  equal(await store.touch("a", Date.now() + 90_000), true, "touch()");
  equal((await store.read("a"))?.json, record("😀".repeat(20_000)).json, "text after touch()");
  await store.destroy("a");
  equal((await keys("large")).length, 0, "keys after destroy()");
});

test("a text above 600,000 bytes is refused and nothing is written", async () => {
  const store = denoKvStore({ kv, prefix: ["huge"] });
  const error = await Promise.resolve(store.create("a", record("x".repeat(600_000)))).catch(Object);
  equal(error.code, "SESSION_TOO_LARGE", "code");
  equal((await keys("huge")).length, 0, "keys");
});

test("the version read before a touch commits, and so does the one a rotation gave", async () => {
  const store = denoKvStore({ kv, prefix: ["versions"] });
  await store.create("a", record("1"));
  const { version } = (await store.read("a"))!;
  await store.touch("a", Date.now() + 70_000);
  await store.readAndTouch("a", 80_000);
  const rotated = await store.rotate("a", "b", record("2"), version);
  if (rotated.status !== "committed") throw new Error(rotated.status);
  equal((await store.commit("b", record("3"), rotated.version)).status, "committed", "status");
  equal((await store.commit("b", record("4"), rotated.version)).status, "conflict", "status");
});

test("what is not ours reads as absent, is replaced by create() and dropped by sweep()", async () => {
  const store = denoKvStore({ kv, prefix: ["junk"] });
  const junk = [1, "text", null, {}, { write: 1 }, { write: "w", expires: null, pieces: 99 }];
  for (const [n, value] of junk.entries()) {
    await kv.set(["junk", "head", `${n}`], value);
    equal(await store.read(`${n}`), undefined, `read() of junk ${n}`);
    equal(await store.touch(`${n}`, null), false, `touch() of junk ${n}`);
  }
  equal(await store.length(), 0, "length()");
  equal(await store.create("0", record("1")), true, "create() over junk");
  equal(await store.sweep(), junk.length - 1, "sweep()");
  equal(await store.length(), 1, "length()");
});

test("a record whose piece was lost reads as absent", async () => {
  const store = denoKvStore({ kv, prefix: ["lost"] });
  await store.create("a", record("x".repeat(100_000)));
  for await (const { key } of kv.list({ prefix: ["lost", "piece"] })) {
    await kv.delete([...key]);
    break;
  }
  equal(await store.read("a"), undefined, "read()");
  equal(await store.touch("a", null), false, "touch()");
  equal((await store.commit("a", record("2"), undefined)).status, "gone", "status");
});

test("an index key without its record is ignored and dropped (S56)", async () => {
  const store = denoKvStore({ kv, prefix: ["index"] });
  await store.create("a", record("1", null, "ann"));
  await kv.set(["index", "subject", "ann", "ghost"], true);
  equal((await store.list("ann")).join(), "a", "list()");
  equal((await keys("index")).filter((key) => key.startsWith("subject")).length, 1, "index keys");
});

test("clear() removes a thousand sessions and leaves a neighbour alone", async () => {
  const store = denoKvStore({ kv, prefix: ["many"] });
  const neighbour = denoKvStore({ kv, prefix: ["many2"] });
  await neighbour.create("a", record("1"));
  for (let n = 0; n < 1_000; n++) await store.create("x".repeat(1_000) + n, record("1", null, "s"));
  equal(await store.length(), 1_000, "length()");
  await store.clear();
  equal((await keys("many")).length, 0, "keys");
  equal(await neighbour.length(), 1, "length() of the neighbour");
});

test("the database itself drops a record some time after its end", async () => {
  let expireIn: number | undefined;
  const spying: DenoKv = {
    get: (key) => kv.get(key),
    getMany: (list) => kv.getMany(list),
    list: (selector) => kv.list(selector),
    atomic() {
      const operation = kv.atomic();
      const set = operation.set.bind(operation);
      operation.set = (
        key,
        value,
        options,
      ) => (expireIn = options?.expireIn, set(key, value, options));
      return operation;
    },
  };
  const store = denoKvStore({ kv: spying, prefix: ["ttl"], ttl: 5, now: () => 1_000 });
  await store.create("a", record("1", 3_000.4));
  equal(expireIn, 62_001, "expireIn of a record with an end");
  await store.touch("a", null);
  equal(expireIn, 65_000, "expireIn of a record without an end");
});

for (const [name, run] of cases) {
  const start = performance.now();
  const error = await run().then(() => undefined, (error) => String(error?.stack ?? error));
  console.log(JSON.stringify({ name, error, ms: Math.round(performance.now() - start) }));
}

const bench = denoKvStore({ kv, prefix: ["bench"] });
await bench.create("a", record("1"));
const reads = performance.now();
for (let n = 0; n < 1_000; n++) await bench.read("a");
const writes = performance.now();
let version = (await bench.read("a"))?.version;
for (let n = 0; n < 1_000; n++) {
  const result = await bench.commit("a", record(`${n}`), version);
  if (result.status === "committed") version = result.version;
}
const end = performance.now();
console.log(JSON.stringify({ read: Math.round(writes - reads), commit: Math.round(end - writes) }));

for (const one of [kv, other, memory]) one.close();
await Deno.remove(folder, { recursive: true });
