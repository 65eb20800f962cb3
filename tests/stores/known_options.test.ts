/** An option that a store or a decorator does not have is refused where it is made. */
import { createStorage } from "unstorage";
import { expect, test } from "vitest";
import { MemoryStore } from "../../src/express/mod.ts";
import { durableObjectStore } from "../../src/stores/cloudflare/durable_object.ts";
import { kvStore } from "../../src/stores/cloudflare/workers_kv.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { denoKvStore } from "../../src/stores/deno_kv.ts";
import { fromExpressStore } from "../../src/stores/express.ts";
import { tieredStore } from "../../src/stores/tiered.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { memcachedStore } from "../../src/stores/memcached.ts";
import { mongodbStore } from "../../src/stores/mongodb.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { dynamodbStore } from "../../src/stores/dynamodb.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { unstorageStore } from "../../src/stores/unstorage.ts";

const key = new Uint8Array(32).fill(7);

test.each<[string, () => unknown]>([
  ["migrates", () => hashIds(memoryStore(), { migrates: true } as never)],
  ["migrates", () => encrypt(memoryStore(), { keys: [{ id: "a", key }], migrates: true } as never)],
  ["maxCookie", () => cookieStore({ secret: "x".repeat(32), maxCookie: 3 } as never)],
  ["frshFor", () => tieredStore({ store: memoryStore(), frshFor: 1 } as never)],
  ["prefixx", () => denoKvStore({ kv: { atomic() {} }, prefixx: ["s"] } as never)],
  ["shard", () => durableObjectStore({ namespace: { idFromName() {} }, shard: 2 } as never)],
  ["prefx", () => kvStore({ namespace: { getWithMetadata() {} }, prefx: "s" } as never)],
  ["nows", () => fromExpressStore(new MemoryStore() as never, { nows: Date.now } as never)],
  ["prefx", () => unstorageStore(createStorage(), { prefx: "other" } as never)],
])("%s: and the one that was meant is named", (name, make) => {
  expect(make).toThrow(`There is no option "${name}"`);
  expect(make).toThrow("did you mean");
});

/** What clients are: of a class, with methods, one of them called "client" as that of ioredis is. */
class Thing {
  client(): void {}
}
const tagged = Object.assign(() => {}, { unsafe() {} });

test.each<[thing: string, make: (options: never) => unknown]>([
  ["client", redisStore],
  ["client", postgresStore],
  ["client", mysqlStore],
  ["client", sqliteStore],
  ["client", memcachedStore],
  ["client", dynamodbStore],
  ["collection", mongodbStore],
  ["store", tieredStore],
  ["kv", denoKvStore],
  ["namespace", durableObjectStore],
  ["namespace", kvStore],
])("the %s itself in place of options is told from them", (thing, make) => {
  const itself = `The options must be an object, not the ${thing} itself: pass { ${thing} }`;
  for (const one of [new Thing(), tagged, memoryStore(), { get() {}, set() {} }]) {
    expect(() => make(one as never)).toThrow(itself);
  }
  expect(() => make(Promise.resolve(new Thing()) as never)).toThrow(
    `The options must be an object, not a promise: pass { ${thing} }`,
  );
  expect(() => make({ [`${thing}s`]: new Thing() } as never)).toThrow(`no option "${thing}s"`);
  expect(() => make(undefined as never)).toThrow("The options must be an object, not undefined");
});

test("what is refused is named: a ttl of 0, no key at all, the same connection twice", () => {
  const kv = { atomic() {} } as never;
  for (const ttl of [0, -1, NaN]) {
    const refusal = `Option "ttl" must be a number of seconds above 0, not ${ttl}`;
    expect(() => denoKvStore({ kv, ttl })).toThrow(refusal);
  }
  expect(() => encrypt(memoryStore(), { keys: [] })).toThrow(
    'Option "keys" must be an array of at least one key, not an empty one',
  );
  const client = { send() {}, isOpen: true, sendCommand() {}, subscribe() {}, unsubscribe() {} };
  expect(() => redisStore({ client, subscriber: client } as never)).toThrow(
    'Option "subscriber" must be a second connection, not the client itself',
  );
});
