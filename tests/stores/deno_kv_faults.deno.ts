/**
 * Runs inside Deno: what the kit does not ask of Deno KV. One line of JSON a case on
 * stdout; `deno_kv_faults.test.ts` reads them.
 */
import { type DenoKv, denoKvStore } from "../../src/stores/deno_kv.ts";
import { createSessions } from "../../mod.ts";
import { visitor } from "./sql_visitor.ts";

declare const Deno: {
  openKv(path: string): Promise<DenoKv & { close(): void }>;
  makeTempDir(): Promise<string>;
  remove(path: string, options: { recursive: boolean }): Promise<void>;
};

const cases: [name: string, run: () => Promise<void>][] = [];
const test = (name: string, run: () => Promise<void>) => cases.push([name, run]);

const folder = await Deno.makeTempDir();
const kv = await Deno.openKv(`${folder}/kv.sqlite3`);
const other = await Deno.openKv(`${folder}/kv.sqlite3`);
const memory = await Deno.openKv(":memory:");

const record = (subject?: string, data = "") => ({
  json: JSON.stringify({ cookie: {}, data }),
  expires: Date.now() + 600_000,
  subject,
});
function equal(actual: unknown, expected: unknown, what: string): void {
  if (Object.is(actual, expected)) return;
  throw new Error(`${what}: expected ${String(expected)}, got ${String(actual).slice(0, 80)}`);
}

/** The database as a store sees it: each call is counted, and may be preceded by something. */
function watched(plain: DenoKv, before: (call: string) => Promise<void> | void): DenoKv {
  return {
    async get(key) {
      await before("get");
      return await plain.get(key);
    },
    async getMany(keys) {
      await before("getMany");
      return await plain.getMany(keys);
    },
    list: (selector) => (void before("list"), plain.list(selector)),
    atomic() {
      void before("atomic");
      return plain.atomic();
    },
  };
}

for (const [way, from, to] of [["back", "m", "a"], ["on", "m", "z"]] as const) {
  test(`a session that rotates ${way} between the list of a revokeAll() and its get ends too`, async () => {
    const prefix = [`rotates ${way}`];
    const store = denoKvStore({ kv, prefix });
    await store.create(from, record("ann"));
    let hasMoved = false;
    const late = denoKvStore({
      prefix,
      kv: watched(kv, async (call) => {
        if (hasMoved || !call.startsWith("get")) return;
        hasMoved = true;
        const { version } = (await store.read(from))!;
        equal((await store.rotate(from, to, record("ann"), version)).status, "committed", "move");
      }),
    });
    equal(await late.destroyAll("ann"), 1, "destroyAll()");
    equal(hasMoved, true, "moved");
    equal(await store.read(to), undefined, "read()");
  });

  test(`a session that rotates ${way} between the list of a list() and its get is listed`, async () => {
    const prefix = [`list ${way}`];
    const store = denoKvStore({ kv, prefix });
    await store.create(from, record("ann"));
    let hasMoved = false;
    const late = denoKvStore({
      prefix,
      kv: watched(kv, async (call) => {
        if (hasMoved || !call.startsWith("get")) return;
        hasMoved = true;
        await store.rotate(from, to, record("ann"), (await store.read(from))!.version);
      }),
    });
    equal((await late.list("ann")).join(), to, "list()");
  });
}

test("a subject or an id that is too long for a key is refused before the database is asked", async () => {
  let calls = 0;
  const store = denoKvStore({
    prefix: ["long"],
    kv: watched(kv, (call) => void (call !== "atomic" && calls++)),
  });
  const [long, wide] = ["s".repeat(2_050), "€".repeat(700)];
  for (const subject of [long, wide]) {
    const acts: (() => unknown)[] = [
      () => store.create("a", record(subject)),
      () => store.list(subject),
      () => store.destroyAll(subject),
      () => store.create(subject, record()),
      () => store.read(subject),
      () => store.create(subject, record(undefined, "x".repeat(99_000))),
    ];
    for (const act of acts) {
      const error = await Promise.resolve().then(act).then(() => undefined, (error) => error);
      equal(error?.name, "RangeError", "error");
      equal(/^The (subject|id) is too long for Deno KV/.test(error.message), true, error.message);
    }
  }
  equal(calls, 0, "calls");
  const most = 2_048 - "long".length - "subject".length - "a".length - 4 * 2;
  equal(await store.create("a", record("s".repeat(most))), true, "the longest");
  equal((await store.list("s".repeat(most))).join(), "a", "list()");
  const over = await Promise.resolve(store.create("b", record("s".repeat(most + 1)))).catch(Object);
  equal(over.name, "RangeError", "one more");
});

for (const many of [50, 200]) {
  test(`a burst of ${many} update() of one session on two connections: nothing lost, nobody refused`, async () => {
    const visits = [kv, other].map((kv) => {
      const store = denoKvStore({ kv, prefix: [`burst ${many}`] });
      return visitor(createSessions({ secret: "x".repeat(32), store, ioTimeout: 60_000 }));
    });
    const cookie = await visits[0]!.begin();
    const begun = performance.now();
    const refused: string[] = [];
    await Promise.all(Array.from({ length: many }, async (_, index) => {
      await visits[index % 2]!.add(cookie, `w${index}`).catch((error) => refused.push(`${error}`));
    }));
    const { n, keys } = await visits[0]!.look(cookie);
    const ms = Math.round(performance.now() - begun);
    console.error(
      `Deno KV, burst of ${many}: ${many - n} lost, ${refused.length} refused, ${ms} ms`,
    );
    equal(`${n} ${keys} ${refused}`, `${many} ${many} `, "counted, keys, refused");
  });
}

test("ten thousand sessions of one subject go ten at a time, and others run in between", async () => {
  const many = 10_000;
  const calls: Record<string, number> = {};
  const prefix = ["many"];
  const plain = denoKvStore({ kv: memory, prefix });
  for (let from = 0; from < many; from += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => {
      return plain.create(`id-${from + n}`, record("ann"));
    }));
  }
  const store = denoKvStore({
    prefix,
    kv: watched(memory, (call) => void (calls[call] = (calls[call] ?? 0) + 1)),
  });
  let [last, longest, turns] = [performance.now(), 0, 0];
  const ticks = setInterval(() => {
    const now = performance.now();
    [longest, last] = [Math.max(longest, now - last), now];
    turns++;
  }, 0);
  try {
    equal((await store.list("ann")).length, many, "list()");
    const listed = { ...calls };
    equal(await store.destroyAll("ann", "id-7"), many - 1, "destroyAll()");
    console.error(
      `Deno KV, ${many} sessions of one subject: ${JSON.stringify(listed)} to list, ` +
        `${JSON.stringify(calls)} with ending them; the longest turn was ${longest.toFixed(1)} ms`,
    );
  } finally {
    clearInterval(ticks);
  }
  equal((await plain.list("ann")).join(), "id-7", "left");
  // One look and one operation for ten of them: whoever waits has a turn at each.
  equal(
    calls["getMany"]! >= 2 * many / 10 && calls["getMany"]! <= 2 * many / 10 + 2,
    true,
    "looks",
  );
  equal(turns > 100, true, "turns of others");
});

for (const [name, run] of cases) {
  const error = await run().then(() => undefined, (error) => String(error?.stack ?? error));
  console.log(JSON.stringify({ name, error }));
}
for (const one of [kv, other, memory]) one.close();
await Deno.remove(folder, { recursive: true });
