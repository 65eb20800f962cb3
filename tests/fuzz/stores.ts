/** What a database hands back is anybody's: read as a record or as none, and in no verb's way. */
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import type { SessionStore, StoredSession } from "../../src/store.ts";
import { kvStore } from "../../src/stores/cloudflare.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { toStored } from "../../src/stores/redis/answers.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { unstorageStore } from "../../src/stores/unstorage.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property } from "./property.ts";

const GOOD = [
  '{"cookie":{"originalMaxAge":null,"expires":null},"a":1}',
  '{"cookie":{"originalMaxAge":1000,"expires":"2099-01-01T00:00:00.000Z"}}',
  '{"cookie":null}',
  '{"cookie":7,"$websession":{"subject":"ada"}}',
];
const json = fc.oneof(mutated(GOOD), fc.json(), fc.string({ unit: "binary", maxLength: 40 }));
const odd = fc.oneof(fc.jsonValue({ maxDepth: 2 }), json, fc.constantFrom(NaN, -1, 1e300, "1e999"));

/** Whole numbers that a column holds, and a client may not read. */
const WIDE = fc.constantFrom(2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n));

const RECORD = { json: GOOD[0]!, expires: null, subject: undefined };

/** Asks every verb of a store that has something odd under `id`. */
async function askAll(store: SessionStore, id: string, ...shown: unknown[]): Promise<void> {
  check(await store.read(id), ...shown);
  const touched = await store.touch(id, Date.now() + 1000);
  if (typeof touched !== "boolean") broken("no answer", touched, ...shown);
  const found = await store.read(id);
  const committed = await store.commit(id, RECORD, found?.version ?? "a version of nothing");
  if (committed.status === "conflict") check(committed.current, ...shown);
  if (found !== undefined) await store.rotate(id, `${id}-2`, RECORD, found.version);
  await store.destroy(id);
  if (await store.read(id) !== undefined) broken("not destroyed", ...shown);
  if (!await store.create(id, RECORD)) broken("not created", ...shown);
  if ((await store.read(id))?.json !== RECORD.json) broken("not read again", ...shown);
  await store.destroy(id);
  await store.destroy(`${id}-2`);
}

function check(stored: StoredSession | undefined, ...shown: unknown[]): void {
  if (stored === undefined) return;
  if (typeof stored.json !== "string") broken("no text", stored, ...shown);
  if (stored.expires !== null && typeof stored.expires !== "number") {
    broken("no end", stored, ...shown);
  }
}

const storage = new Map<string, unknown>();
const unstorage = unstorageStore({
  getItem: (key) => Promise.resolve(storage.get(key) ?? null),
  setItem: (key, value) => Promise.resolve(void storage.set(key, value)),
  removeItem: (key) => Promise.resolve(void storage.delete(key)),
  getKeys: (base = "") =>
    Promise.resolve([...storage.keys()].filter((key) => key.startsWith(base))),
});

const values = new Map<string, { value: string; metadata: unknown }>();
const kv = kvStore({
  namespace: {
    getWithMetadata: (key: string) =>
      Promise.resolve(values.get(key) ?? { value: null, metadata: null }),
    put: (key: string, value: string, options?: { metadata?: unknown }) =>
      Promise.resolve(void values.set(key, { value, metadata: options?.metadata ?? null })),
    delete: (key: string) => Promise.resolve(void values.delete(key)),
    list: () => Promise.resolve({ keys: [], list_complete: true }),
  } as never,
});

const client = new DatabaseSync(":memory:");
const sqlite = sqliteStore({ client, sweepInterval: 0 });
await sqlite.createSchema();
const writeRow = client.prepare('UPDATE "session" SET "sess" = ?, "expire" = ?');

export const STORES: readonly Property[] = [
  property(
    "stores: unstorage, whatever a driver hands back",
    400,
    fc.oneof(odd, fc.record({ json: odd, version: odd, expires: odd }, { requiredKeys: [] })),
    async (value) => {
      storage.clear();
      await unstorage.create("id", RECORD);
      storage.set([...storage.keys()][0]!, value);
      await askAll(unstorage, "id", value);
    },
  ),
  property(
    "stores: Workers KV, whatever stands there",
    400,
    fc.tuple(json, fc.oneof(odd, fc.record({ version: odd, expires: odd }, { requiredKeys: [] }))),
    async ([value, metadata]) => {
      values.clear();
      values.set("sess:id", { value, metadata });
      await askAll(kv, "id", value, metadata);
    },
  ),
  property(
    "stores: SQLite, whatever a row has",
    400,
    fc.tuple(json, fc.oneof(fc.integer(), fc.double({ noNaN: true }), fc.string(), WIDE)),
    async ([value, end]) => {
      await sqlite.create("id", RECORD);
      writeRow.run(value, end);
      await askAll(sqlite, "id", value, String(end));
    },
  ),
  property(
    "stores: Redis, whatever a script reads",
    2_000,
    fc.tuple(fc.oneof(fc.integer().map(String), fc.string({ maxLength: 5 })), json),
    ([end, text]) => check(toStored(`${end}:${text}`), end, text),
  ),
  property(
    "stores: hashIds() moves whatever stands under a plain id",
    400,
    json,
    async (text) => {
      const plain = memoryStore({ sweepInterval: 0 });
      await plain.create("id", { json: text, expires: null, subject: undefined });
      const store = hashIds(plain, { migrate: true });
      if ((await store.read("id"))?.json !== text) broken("lost on the way", text);
      if (plain.ids().includes("id")) broken("still under its plain id", text);
      await askAll(store, "id", text);
    },
  ),
];
