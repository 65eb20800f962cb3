/** What Durable Objects, D1 and Workers KV limit, and what becomes of sessions when an object restarts. */
import type { SessionStore } from "../../../src/store.ts";
import type { D1Client } from "../../../src/stores/sqlite.ts";
import {
  type DurableObjectNamespaceLike,
  durableObjectStore,
  type KvNamespaceLike,
  kvStore,
} from "../../../src/stores/cloudflare.ts";
import { sqliteStore } from "../../../src/stores/sqlite.ts";

interface Env {
  SESSIONS: DurableObjectNamespaceLike;
  KV: KvNamespaceLike;
  DB: D1Client;
}

const record = (subject?: string, data = "") => ({
  json: JSON.stringify({ cookie: {}, data }),
  expires: Date.now() + 3_600_000,
  subject,
});

function equal(actual: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: expected ${other}, got ${one}`);
}

/** Each call of a verb is noted; those that `isCut` says meet an object that is being restarted. */
function watched(
  namespace: DurableObjectNamespaceLike,
  verbs: string[],
  isCut: (verb: string) => boolean = () => false,
): DurableObjectNamespaceLike {
  return {
    idFromName: (name) => namespace.idFromName(name),
    get: (id) => ({
      fetch: (url, init) => {
        const [verb] = JSON.parse(init.body) as [string];
        verbs.push(verb);
        return namespace.get(id).fetch(isCut(verb) ? "https://test/restart" : url, init);
      },
    }),
  };
}

async function failureOf(act: () => unknown): Promise<Record<string, unknown>> {
  try {
    await act();
  } catch (error) {
    return Object(error);
  }
  return {};
}

export function faultCases(env: Env, test: (name: string, run: () => Promise<void>) => void): void {
  const fresh = (namespace = env.SESSIONS, prefix: string = crypto.randomUUID()) =>
    durableObjectStore({ namespace, prefix });

  test("durable objects: a rotation to an id that is in use is refused, and both stay what they were", async () => {
    for (const shards of [1, 5]) {
      const prefix = crypto.randomUUID();
      const store = durableObjectStore({ namespace: env.SESSIONS, prefix, shards });
      // Ids enough that some lie in one object.
      for (let at = 0; at < 12; at++) {
        const [from, to] = [`from-${at}`, `to-${at}`];
        const [one, other] = [record("ada", "one"), record("bob", "other")];
        await store.create(from, one);
        await store.create(to, other);
        const version = (await store.read(from))?.version;
        const { message } = await failureOf(() => store.rotate(from, to, record("ada"), version));
        equal(message, "The new session id is in use already", `refusal, ${shards} objects`);
        equal((await store.read(from))?.json, one.json, "the session that was to move");
        equal((await store.read(to))?.json, other.json, "the session that has the id");
        equal((await store.rotate(from, from, other, version)).status, "committed", "to itself");
        await store.destroy(to);
        const moved = await store.rotate(from, to, one, (await store.read(from))?.version);
        equal(moved.status, "committed", "to the id that is free again");
      }
    }
  });

  test("durable objects: revokeAll() after 300 logins asks each object a few times at most", async () => {
    const prefix = crypto.randomUUID();
    const store = fresh(env.SESSIONS, prefix);
    for (let device = 0; device < 3; device++) {
      let id = `${device}-0`;
      await store.create(id, record());
      for (let login = 1; login <= 100; login++) {
        const next = `${device}-${login}`;
        const { version } = (await store.read(id))!;
        const { status } = await store.rotate(id, next, record("ann"), version);
        equal(status, "committed", "rotate()");
        id = next;
      }
    }
    const verbs: string[] = [];
    equal(await fresh(watched(env.SESSIONS, verbs), prefix).destroyAll("ann"), 3, "destroyAll()");
    console.log(`Durable Objects, revokeAll() after 300 logins: ${verbs.length} requests`);
    equal(verbs.length <= 12, true, `${verbs.length} requests of 4 objects`);
    equal(await store.length(), 0, "length()");
  });

  test("durable objects: where a session went is forgotten within the hour", async () => {
    const prefix = crypto.randomUUID();
    let time = Date.now() - 900_000;
    const store = durableObjectStore({
      namespace: env.SESSIONS,
      shards: 2,
      prefix,
      now: () => time,
    });
    const end = Date.now() + 86_400_000;
    for (let n = 0; n < 20; n++) {
      await store.create(`${n}`, { ...record("ann"), expires: end });
      const { version } = (await store.read(`${n}`))!;
      await store.rotate(`${n}`, `to-${n}`, { ...record("ann"), expires: end }, version);
    }
    time = Date.now();
    let moved = 0;
    for (const shard of [0, 1]) {
      const stub = env.SESSIONS.get(env.SESSIONS.idFromName(`${prefix}-${shard}`));
      const answer = await stub.fetch("https://test/alarm", { method: "POST", body: "[]" });
      const { rows } = await answer.json() as { rows: { state: string }[] };
      moved += rows.filter(({ state }) => state === "moved").length;
    }
    equal(moved, 0, "traces that are left");
    equal((await store.list("ann")).length, 20, "list()");
  });

  for (
    const [what, verb, act] of [
      ["read()", "read", (store) => store.read("id")],
      ["touch()", "touch", (store) => store.touch("id", null)],
      ["readAndTouch()", "touch", (store) => store.readAndTouch("id", 1_000)],
      ["destroy()", "destroy", (store) => store.destroy("id")],
      ["list()", "subject", (store) => store.list("ann")],
      ["destroyAll()", "destroySubject", (store) => store.destroyAll("ann")],
      ["length()", "length", (store) => store.length()],
      ["sweep()", "sweep", (store) => store.sweep()],
      ["clear()", "clear", (store) => store.clear()],
    ] as [string, string, (store: ReturnType<typeof durableObjectStore>) => unknown][]
  ) {
    test(`durable objects: ${what} is asked once more of an object that restarts`, async () => {
      const prefix = crypto.randomUUID();
      await fresh(env.SESSIONS, prefix).create("id", record("ann"));
      let cuts = 0;
      const isCut = (asked: string) => asked === verb && cuts++ === 0;
      await act(fresh(watched(env.SESSIONS, [], isCut), prefix));
      const always = (asked: string) => asked === verb;
      const verbs: string[] = [];
      const failed = await failureOf(() =>
        act(fresh(watched(env.SESSIONS, verbs, always), prefix))
      );
      equal(failed instanceof Error, true, "an error where the restarts do not end");
      equal(verbs.filter((asked) => asked === verb).length <= 8, true, "requests");
    });
  }

  test("durable objects: what is not to be done twice is not, when an object restarts", async () => {
    const prefix = crypto.randomUUID();
    const store = fresh(env.SESSIONS, prefix);
    await store.create("id", record());
    const { version } = (await store.read("id"))!;
    for (
      const [verb, act] of [
        ["create", (store) => store.create("new", record())],
        ["commit", (store) => store.commit("id", record(), version)],
        ["rotate", (store) => store.rotate("id", "id-2", record(), version)],
        ["swap", (store) => store.rotate("id", "to", record(), version)],
      ] as [string, (store: SessionStore) => unknown][]
    ) {
      const verbs: string[] = [];
      const isCut = (asked: string) => asked === "swap" || asked === "rotate" || asked === verb;
      const failed = await failureOf(() => act(fresh(watched(env.SESSIONS, verbs, isCut), prefix)));
      equal(failed instanceof Error, true, verb);
      const cut = verbs.filter((asked) => isCut(asked));
      equal(cut.length, 1, `requests of ${verb}`);
    }
  });

  test("a record that a Durable Object, D1 or Workers KV cannot keep is refused before they are asked", async () => {
    const asked: string[] = [];
    const kv = {
      ...{ getWithMetadata: () => asked.push("get"), put: () => asked.push("put") },
      ...{ delete: () => asked.push("delete"), list: () => asked.push("list") },
    } as unknown as KvNamespaceLike;
    const d1 = { prepare: () => asked.push("prepare"), batch: () => {} } as unknown as D1Client;
    const two = "é".repeat(1_000_000);
    for (
      const [name, store, data] of [
        ["a Durable Object", fresh(watched(env.SESSIONS, asked)), two],
        ["D1", sqliteStore({ client: d1 }), two],
        ["Workers KV", kvStore({ namespace: kv }), "x".repeat(25 * 1024 * 1024)],
      ] as [string, SessionStore, string][]
    ) {
      const failed = await failureOf(() => store.create("id", record("ann", data)));
      equal(failed["code"], "SESSION_TOO_LARGE", `${name}: ${failed["message"]}`);
      equal(asked.filter((call) => call !== "get"), [], name);
    }
  });

  test("what a Durable Object and D1 can just keep is kept", async () => {
    const objects = fresh();
    const d1 = sqliteStore({ client: env.DB, table: "large" });
    await d1.createSchema();
    const large = record("ann", "é".repeat(999_900));
    for (const store of [objects, d1]) {
      equal(await store.create("id", large), true, "create()");
      equal((await store.read("id"))?.json === large.json, true, "read()");
    }
  });

  test("workers kv: an id that is too long for a key is refused before it is asked", async () => {
    const store = kvStore({ namespace: env.KV });
    equal(await store.create("i".repeat(507), record()), true, "the longest");
    for (const id of ["i".repeat(508), "€".repeat(170)]) {
      for (
        const act of [
          () => store.create(id, record()),
          () => store.read(id),
          () => store.touch(id, null),
          () => store.destroy(id),
        ]
      ) {
        const { name, message } = await failureOf(act);
        equal(name, "RangeError", String(message));
      }
    }
  });

  test("durable objects: many sessions go a slice at a time, and others run in between", async () => {
    const prefix = crypto.randomUUID();
    const store = durableObjectStore({ namespace: env.SESSIONS, shards: 1, prefix });
    await store.create("other", record());
    const stub = () => env.SESSIONS.get(env.SESSIONS.idFromName(`${prefix}-0`));
    const at = async (path: string) => {
      const answer = await stub().fetch(`https://test/${path}`, { method: "POST", body: "[]" });
      return await answer.json() as { most: number; statements: number };
    };
    for (
      const [what, act] of [
        ["list()", () => store.list("flooded")],
        ["length()", () => store.length()],
        ["destroyAll()", () => store.destroyAll("flooded")],
        ["sweep()", () => store.sweep()],
        ["clear()", () => store.clear()],
      ] as [string, () => unknown][]
    ) {
      await at(what === "sweep()" ? "flood" : "flood-subject");
      await at("forget");
      let isDone = false;
      const begun = performance.now();
      const done = Promise.resolve(act()).then(() => isDone = true);
      let between = 0;
      while (!isDone) {
        await store.read("other");
        if (!isDone) between++;
        // workerd looks at its timers when nothing else is to be done.
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await done;
      const { most, statements } = await at("statements");
      console.log(
        `Durable Objects, ${what} of 6,000: ${most} rows at most in one of ${statements} ` +
          `statements, ${Math.round(performance.now() - begun)} ms, ${between} answers meanwhile`,
      );
      equal(most <= 1_000, true, `${what}: ${most} rows in one statement`);
      equal(between > 0, true, `${what}: answers in between`);
    }
  });
}
