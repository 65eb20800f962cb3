/**
 * Runs inside workerd: `GET /` lists the cases, `GET /?case=<name>` runs one
 * and answers what went wrong, or nothing.
 */
import type {
  DurableObjectNamespaceLike,
  KvNamespaceLike,
} from "../../../src/stores/cloudflare.ts";
import type { D1Client } from "../../../src/stores/sqlite.ts";
import {
  durableObjectStore,
  type DurableSessionStore,
  kvStore,
  SessionObject,
} from "../../../src/stores/cloudflare.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";
import { testStore } from "../../../src/testing/mod.ts";
import { faultCases } from "./fault_cases.ts";
import { goesByTheClockOfTheMoment, revivesNothingWhenSetBack } from "../clock_promises.ts";

interface Env {
  SESSIONS: DurableObjectNamespaceLike;
  KV: KvNamespaceLike & { put(key: string, value: string, options?: object): Promise<void> };
  DB: D1Client;
}

type State = ConstructorParameters<typeof SessionObject>[0];

/** The class as it is exported, with a back door to its alarm and its rows. */
export class TestedObject extends SessionObject {
  readonly #state: State;
  readonly #log: { most: number; statements: number };

  constructor(state: State) {
    const log = { most: 0, statements: 0 };
    super({ storage: logged(state.storage, log) });
    this.#state = state;
    this.#log = log;
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { sql } = this.#state.storage;
    if (pathname === "/restart") {
      (this.#state as unknown as { abort(reason: string): void }).abort("restarted by the test");
    }
    if (pathname === "/forget") Object.assign(this.#log, { most: 0, statements: 0 });
    if (pathname === "/forget" || pathname === "/statements") return Response.json(this.#log);
    if (pathname === "/flood") sql.exec(FLOOD);
    else if (pathname === "/flood-subject") sql.exec(FLOOD_SUBJECT);
    else if (pathname === "/alarm") {
      // As the runtime does it: the alarm that goes off is not set any more.
      await (this.#state.storage as unknown as { deleteAlarm(): Promise<void> }).deleteAlarm();
      await this.alarm();
    } else if (pathname !== "/state") return await super.fetch(request);
    return Response.json({
      alarm: await this.#state.storage.getAlarm(),
      rows: sql.exec("SELECT id, state, json FROM sessions ORDER BY id").toArray(),
    });
  }
}

/** Storage that notes how many rows one statement answers or counts at most. */
function logged(
  storage: State["storage"],
  log: { most: number; statements: number },
): State["storage"] {
  return {
    getAlarm: () => storage.getAlarm(),
    setAlarm: (time) => storage.setAlarm(time),
    sql: {
      exec(query, ...values) {
        const rows = storage.sql.exec(query, ...values).toArray();
        const counted = Number(rows[0]?.["rows"] ?? rows[0]?.["n"] ?? rows.length);
        log.most = Math.max(log.most, counted);
        log.statements++;
        return { toArray: () => rows };
      },
    },
  };
}

/** Six thousand sessions that ended long ago: more than one alarm drops. */
const FLOOD = `
  WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 6000)
  INSERT INTO sessions (id, state, json, version, expires, keep, subject, link)
  SELECT 'flood' || n, 'live', '{}', '', 1, 1, NULL, '' FROM many`;

/** Six thousand that live, of one subject. */
const FLOOD_SUBJECT = `
  WITH RECURSIVE many (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 6000)
  INSERT OR REPLACE INTO sessions (id, state, json, version, expires, keep, subject, link)
  SELECT 'subject' || n, 'live', '{}', '', NULL, 9e12, 'flooded', '' FROM many`;

interface ObjectState {
  alarm: number | null;
  rows: { id: string; state: string; json: string }[];
}

type Case = [name: string, run: () => Promise<void>];

function everyCase(env: Env): Case[] {
  const cases: Case[] = [];
  const test = (name: string, run: () => Promise<void>) => void cases.push([name, run]);
  const full = { atomic: true, sliding: true, iterate: true, sweep: true, subject: true } as const;
  for (const shards of [1, 5]) {
    testStore({
      name: `durable objects, ${shards === 1 ? "one object" : `${shards} objects`}`,
      create({ now, case: name }) {
        const options = { namespace: env.SESSIONS, shards, now };
        return {
          store: durableObjectStore({ ...options, prefix: `${shards} ${name}` }),
          peer: durableObjectStore({ ...options, prefix: `${shards} ${name}` }),
          neighbour: durableObjectStore({ ...options, prefix: `${shards} ${name} 2` }),
        };
      },
      capabilities: {
        ...full,
        clock: "injected",
        rotation: shards === 1 ? "one step" : "two steps",
      },
      interleavings: shards === 1 ? 300 : 1_000,
      revivals: shards === 1 ? 300 : 1_000,
      test,
    });
  }
  testStore({
    name: "workers kv",
    create: ({ now, case: name }) => ({
      store: kvStore({ namespace: env.KV, prefix: `${name}:`, now }),
      neighbour: kvStore({ namespace: env.KV, prefix: `${name} 2:`, now }),
    }),
    // Not even one process is kept in order, as the README says.
    capabilities: { atomic: false, ordered: false, clock: "injected", iterate: true },
    test,
  });
  testStore({
    name: "d1",
    async create({ now }) {
      const table = `t${crypto.randomUUID().replaceAll("-", "")}`;
      // The kit lets two days pass over a session whose cookie names no end.
      const options = { client: env.DB, now, ttl: 7 * 86_400 };
      const store = sqliteStore({ ...options, table });
      const neighbour = sqliteStore({ ...options, table: `${table}_2` });
      await store.createSchema();
      await neighbour.createSchema();
      return { store, peer: sqliteStore({ ...options, table }), neighbour };
    },
    capabilities: { ...full, clock: "injected" },
    interleavings: 200,
    revivals: 200,
    takes: 50,
    test,
  });
  clockCases(env, test);
  durableObjectCases(env, test);
  workersKvCases(env, test);
  faultCases(env, test);
  return cases;
}

const HOUR = 3_600_000;
const record = (data: string, expires: number | null = Date.now() + HOUR, subject?: string) => ({
  json: JSON.stringify({ cookie: {}, data }),
  expires,
  subject,
});

function equal(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: expected ${other}, got ${one}`);
}

/** A Worker that dies: the call of this verb, and every later one, never leaves it. */
function dyingAt(namespace: DurableObjectNamespaceLike, verb: string): DurableObjectNamespaceLike {
  let dead = false;
  return {
    idFromName: (name) => namespace.idFromName(name),
    get: (id) => ({
      fetch: async (url, init) => {
        dead ||= (JSON.parse(init.body) as [string])[0] === verb;
        if (dead) throw new Error("The Worker died");
        return await namespace.get(id).fetch(url, init);
      },
    }),
  };
}

/** Runs `hook` once, before the first call of `verb` leaves. */
function before(
  namespace: DurableObjectNamespaceLike,
  verb: string,
  hook: () => Promise<void>,
): DurableObjectNamespaceLike {
  let done = false;
  return {
    idFromName: (name) => namespace.idFromName(name),
    get: (id) => ({
      fetch: async (url, init) => {
        if (!done && (JSON.parse(init.body) as [string])[0] === verb) {
          done = true;
          await hook();
        }
        return await namespace.get(id).fetch(url, init);
      },
    }),
  };
}

async function states(env: Env, prefix: string, shards: number, path = "state") {
  return await Promise.all(Array.from({ length: shards }, async (_, shard) => {
    const stub = env.SESSIONS.get(env.SESSIONS.idFromName(`${prefix}-${shard}`));
    const response = await stub.fetch(`https://test/${path}`, { method: "POST", body: "[]" });
    return await response.json() as ObjectState;
  }));
}

/** Two ids that fall to different objects of two. */
async function apart(env: Env): Promise<{ prefix: string; from: string; to: string }> {
  const prefix = crypto.randomUUID();
  const probe = durableObjectStore({ namespace: env.SESSIONS, shards: 2, prefix });
  const ids = Array.from({ length: 20 }, () => crypto.randomUUID());
  for (const id of ids) await probe.create(id, record(""));
  const [first, second] = await states(env, prefix, 2);
  const [from, to] = [first!.rows[0]!.id, second!.rows[0]!.id];
  await probe.clear();
  return { prefix, from, to };
}

function clockCases(env: Env, test: (name: string, run: () => Promise<void>) => void): void {
  const objects = durableObjectStore({ namespace: env.SESSIONS, prefix: crypto.randomUUID() });
  const kv = kvStore({ namespace: env.KV, prefix: `${crypto.randomUUID()}:` });
  test("durable objects go by the clock of the moment", () => goesByTheClockOfTheMoment(objects));
  test("workers kv goes by the clock of the moment", () => goesByTheClockOfTheMoment(kv));
  test("what durable objects have seen expired stays so when the clock is set back", async () => {
    await revivesNothingWhenSetBack(objects);
  });
}

function durableObjectCases(
  env: Env,
  test: (name: string, run: () => Promise<void>) => void,
): void {
  const rotation = async (
    verb: string,
    check: (store: DurableSessionStore, ids: {
      from: string;
      to: string;
      prefix: string;
    }) => Promise<void>,
  ) => {
    const ids = await apart(env);
    const { prefix, from, to } = ids;
    const store = durableObjectStore({ namespace: env.SESSIONS, shards: 2, prefix });
    await store.create(from, record("old", undefined, "ann"));
    const { version } = (await store.read(from))!;
    const namespace = dyingAt(env.SESSIONS, verb);
    const dying = durableObjectStore({ namespace, shards: 2, prefix });
    const next = record("new", Date.now() + 2 * HOUR, "ann");
    const died = await Promise.resolve(dying.rotate(from, to, next, version)).catch(Object);
    equal(died.message, "The Worker died", "the rotation");
    await check(store, ids);
  };

  test("a Worker that dies before the moment of a rotation leaves the old session", async () => {
    await rotation("swap", async (store, { from, to }) => {
      equal((await store.read(from))?.json, record("old").json, "read() of the old id");
      equal(await store.read(to), undefined, "read() of the new id");
      equal(await store.touch(to, null), false, "touch() of the new id");
      equal((await store.commit(to, record("x"), undefined)).status, "gone", "commit()");
      equal(await store.length(), 1, "length()");
      equal(await store.list("ann"), [from], "list()");
      const { version } = (await store.read(from))!;
      equal((await store.rotate(from, to, record("3"), version)).status, "committed", "again");
      equal((await store.read(to))?.json, record("3").json, "read() of the new id");
    });
  });

  for (
    const [what, act] of [
      ["read()", async (store, to) => (await store.read(to))?.json === record("new").json],
      ["readAndTouch()", async (store, to) => await store.readAndTouch(to, HOUR) !== undefined],
      ["touch()", async (store, to) => await store.touch(to, null)],
      [
        "commit()",
        async (store, to) => (await store.commit(to, record("x"), undefined)).status === "conflict",
      ],
      ["length()", async (store) => await store.length() === 1],
      ["list()", async (store, to) => (await store.list("ann"))[0] === to],
      ["all()", async (store, to) => {
        for await (const [id] of store.all()) if (id !== to) return false;
        return true;
      }],
      ["destroy()", async (store, to) => (await store.destroy(to), await store.length() === 0)],
      ["destroyAll()", async (store) => await store.destroyAll("ann") === 1],
    ] as [string, (store: DurableSessionStore, to: string) => Promise<boolean>][]
  ) {
    test(`a Worker that dies after the moment of a rotation leaves the new session: ${what}`, async () => {
      await rotation("activate", async (store, { from, to, prefix }) => {
        const rows = (await states(env, prefix, 2)).flatMap(({ rows }) => rows);
        equal(rows.map(({ state }) => state).sort(), ["moved", "pending"], "rows");
        equal(await act(store, to), true, what);
        equal(await store.read(from), undefined, "read() of the old id");
        const again = await store.rotate(from, crypto.randomUUID(), record("x"), undefined);
        equal(again.status, "gone", "a second rotation");
      });
    });
  }

  /** What a call comes to whose second object answers when a session has moved to the first. */
  const movedBehind = async <T>(
    verb: string,
    act: (store: DurableSessionStore) => T | Promise<T>,
  ) => {
    const { prefix, from, to } = await apart(env);
    const store = durableObjectStore({ namespace: env.SESSIONS, shards: 2, prefix });
    await store.create(from, record("old", undefined, "ann"));
    const { version } = (await store.read(from))!;
    let calls = 0;
    // The object of `to` answers first; then the session rotates; then that of `from` answers.
    const late: DurableObjectNamespaceLike = {
      idFromName: (name) => env.SESSIONS.idFromName(name),
      get: (id) => ({
        fetch: async (url, init) => {
          const isFirst = init.body.startsWith(`["${verb}"`) && calls++ === 0;
          if (isFirst) {
            await elsewhere;
            await store.rotate(from, to, record("new", undefined, "ann"), version);
            return await env.SESSIONS.get(id).fetch(url, init);
          }
          const response = await env.SESSIONS.get(id).fetch(url, init);
          answered();
          return response;
        },
      }),
    };
    let answered = () => {};
    const elsewhere = new Promise<void>((resolve) => (answered = resolve));
    const slow = durableObjectStore({ namespace: late, shards: 2, prefix });
    const answer = await act(slow);
    equal(calls, 2, "objects asked");
    return { answer, store, to };
  };

  test("destroyAll() follows a session that moved to an object it had asked already", async () => {
    const ended = (store: DurableSessionStore) => store.destroyAll("ann");
    const { answer, store } = await movedBehind("destroySubject", ended);
    equal(answer, 1, "destroyAll()");
    equal(await store.length(), 0, "length()");
  });

  test("list() follows a session that moved to an object it had asked already", async () => {
    const { answer, to } = await movedBehind("subject", (store) => store.list("ann"));
    equal(answer, [to], "list()");
  });

  test("a session that is destroyed between two steps of a rotation stays dead", async () => {
    const { prefix, from, to } = await apart(env);
    const store = durableObjectStore({ namespace: env.SESSIONS, shards: 2, prefix });
    await store.create(from, record("old"));
    const { version } = (await store.read(from))!;
    const namespace = before(env.SESSIONS, "swap", async () => void await store.destroy(from));
    const slow = durableObjectStore({ namespace, shards: 2, prefix });
    equal(await slow.rotate(from, to, record("new"), version), { status: "gone" }, "rotate()");
    equal(await store.length(), 0, "length()");
    const rows = (await states(env, prefix, 2)).flatMap(({ rows }) => rows);
    equal(rows, [], "rows");
  });

  test("a rotation leaves no data and no live row under the old id", async () => {
    for (const shards of [1, 2]) {
      const { prefix, from, to } = await apart(env);
      const place = `${prefix}${shards}`;
      const store = durableObjectStore({ namespace: env.SESSIONS, shards, prefix: place });
      await store.create(from, record("secret"));
      const { version } = (await store.read(from))!;
      await store.rotate(from, to, record("new"), version);
      const rows = (await states(env, place, shards)).flatMap(({ rows }) => rows);
      const expected = [{ id: to, state: "live", json: record("new").json }];
      const trace = { id: from, state: "moved", json: "" };
      const sorted = [...expected, ...(shards > 1 ? [trace] : [])]
        .sort((one, other) => one.id < other.id ? -1 : 1);
      equal(rows.sort((one, other) => one.id < other.id ? -1 : 1), sorted, "rows");
    }
  });

  test("the alarm drops what expired, is set again while rows are left, and then rests", async () => {
    const prefix = crypto.randomUUID();
    let time = Date.now();
    const now = () => time;
    const store = durableObjectStore({ namespace: env.SESSIONS, shards: 1, prefix, now });
    const state = async (path?: string) => (await states(env, prefix, 1, path))[0]!;
    equal((await state()).alarm, null, "the alarm of an empty object");
    await store.create("live", record("1"));
    const { alarm } = await state();
    const wait = alarm! - Date.now();
    equal(wait > 0.9 * HOUR && wait <= HOUR, true, "the alarm after a write");
    time -= 2 * HOUR;
    await store.create("expired", record("2", time + HOUR));
    await store.create("recent", record("3", Date.now() - 30_000));
    equal((await state("alarm")).rows.map(({ id }) => id), ["live", "recent"], "rows left");
    const isSoon = async () => {
      const { alarm } = await state();
      if (alarm === null) return "never";
      return alarm - Date.now() <= 1_000 ? "at once" : "in an hour";
    };
    equal(await isSoon(), "in an hour", "the alarm while rows are left");
    await state("flood");
    equal((await state("alarm")).rows.length, 1_002, "rows left by one alarm");
    equal(await isSoon(), "at once", "the alarm while more is to be dropped");
    equal((await state("alarm")).rows.length, 2, "rows left by the next");
    await store.clear();
    equal((await state("alarm")).alarm, null, "the alarm of an object that was cleared");
    await store.create("again", record("4", Date.now() + HOUR));
    equal(await isSoon(), "in an hour", "the alarm after a write to a cleared object");
  });

  test("a session object answers only verbs it knows", async () => {
    const stub = env.SESSIONS.get(env.SESSIONS.idFromName("verbs"));
    for (const verb of ["constructor", "toString", "drop", "__proto__", "", null, 1]) {
      const response = await stub.fetch("https://x/", {
        method: "POST",
        body: JSON.stringify([verb]),
      });
      equal(response.status, 400, `status of ${verb}`);
    }
  });

  test("a session object that fails makes the verb reject", async () => {
    const namespace: DurableObjectNamespaceLike = {
      idFromName: (name) => name,
      get: () => ({ fetch: async () => Response.json({ secret: "data" }, { status: 500 }) }),
    };
    const store = durableObjectStore({ namespace });
    const error = await Promise.resolve(store.read("an-id")).catch(Object);
    equal(error.message, "The session object answered with status 500", "message");
  });

  test("bench: durable objects", async () => {
    const store = durableObjectStore({ namespace: env.SESSIONS, prefix: "bench" });
    await store.create("a", record("1"));
    const start = Date.now();
    for (let n = 0; n < 500; n++) await store.read("a");
    const reads = Date.now();
    let version = (await store.read("a"))?.version;
    for (let n = 0; n < 500; n++) {
      const result = await store.commit("a", record(`${n}`), version);
      if (result.status === "committed") version = result.version;
    }
    console.log(`bench: 500 reads ${reads - start} ms, 500 commits ${Date.now() - reads} ms`);
  });
}

function workersKvCases(env: Env, test: (name: string, run: () => Promise<void>) => void): void {
  test("workers kv: a foreign or damaged value reads as absent and is replaced", async () => {
    const store = kvStore({ namespace: env.KV, prefix: "junk:" });
    for (const metadata of [undefined, {}, { version: 1, expires: 2 }, "text", [1]]) {
      await env.KV.put("junk:a", "{}", { metadata });
      equal(await store.read("a"), undefined, "read()");
      equal(await store.touch("a", null), false, "touch()");
    }
    equal(await store.length(), 0, "length()");
    equal(await store.create("a", record("1")), true, "create()");
  });

  test("workers kv: a value expires by itself after its session, 60 seconds at least", async () => {
    const lives: number[] = [];
    const namespace: KvNamespaceLike = {
      getWithMetadata: (key, type) => env.KV.getWithMetadata(key, type),
      list: (options) => env.KV.list(options),
      delete: (key) => env.KV.delete(key),
      put: (key, value, options) => {
        lives.push(options.expirationTtl);
        return env.KV.put(key, value, options);
      },
    };
    const store = kvStore({ namespace, prefix: "ttl:", ttl: 5, now: () => 1_000_000 });
    await store.create("a", record("1", 1_003_001));
    await store.create("b", record("1", 999_000));
    await store.create("c", record("1", null));
    equal(lives, [64, 60, 65], "seconds");
  });

  test("workers kv: more sessions than one page are counted and cleared", async () => {
    const store = kvStore({ namespace: env.KV, prefix: "many:" });
    for (let n = 0; n < 1_050; n += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, at) => store.create(`${n + at}`, record("1"))),
      );
    }
    equal(await store.length(), 1_050, "length()");
    await store.clear();
    equal(await store.length(), 0, "length() after clear()");
  });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const cases = everyCase(env);
    const wanted = new URL(request.url).searchParams.get("case");
    if (wanted === null) return Response.json(cases.map(([name]) => name));
    const [, run] = cases.find(([name]) => name === wanted)!;
    const error = await run().then(() => null, (error) => String(error?.stack ?? error));
    return Response.json({ error });
  },
};
