/**
 * Sessions on Cloudflare Workers: in Durable Objects (atomic) or in Workers KV
 * (not atomic). For D1 take `./stores/sqlite`.
 *
 * | store | atomic | a change is seen elsewhere | a destroyed session stays gone |
 * | --- | --- | --- | --- |
 * | `durableObjectStore()` | yes | at once | yes |
 * | `kvStore()` | no | after up to 60 seconds, or more | only where nobody writes meanwhile |
 *
 * @module
 */
export {
  durableObjectStore,
  type DurableObjectStoreOptions,
  type DurableSessionStore,
} from "./cloudflare/durable_object.ts";
export {
  type DurableObjectStateLike,
  SessionObject,
  type SqlStorageLike,
} from "./cloudflare/session_object.ts";
export type { DurableObjectNamespaceLike } from "./cloudflare/shards.ts";
export type { KvListResult, KvNamespaceLike } from "./cloudflare/kv_namespace.ts";
export { type KvSessionStore, kvStore, type KvStoreOptions } from "./cloudflare/workers_kv.ts";
