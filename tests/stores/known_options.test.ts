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
