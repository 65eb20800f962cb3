/** The part of Deno KV that the store uses, as shapes: a package cannot name its types. */

/** A part of a key. */
export type DenoKvKeyPart = string | number | bigint | boolean | Uint8Array;

/** What a read finds; nothing there is a `versionstamp` of `null`. */
export interface DenoKvEntry {
  /** Where it lies. */
  readonly key: readonly unknown[];
  /** What lies there. */
  readonly value: unknown;
  /** Changes with every write of the key. */
  readonly versionstamp: string | null;
}

/** What the store needs of `Deno.AtomicOperation`. */
export interface DenoKvAtomic {
  /** Fails the operation unless the key still has this versionstamp. */
  check(check: { key: DenoKvKeyPart[]; versionstamp: string | null }): DenoKvAtomic;
  /** Writes a value that may be dropped `expireIn` milliseconds from now. */
  set(key: DenoKvKeyPart[], value: unknown, options?: { expireIn?: number }): DenoKvAtomic;
  /** Removes a key. */
  delete(key: DenoKvKeyPart[]): DenoKvAtomic;
  /** Does all of it or, where a check fails, nothing. */
  commit(): Promise<{ ok: false } | { ok: true; versionstamp: string }>;
}

/** What the store needs of `Deno.Kv`. */
export interface DenoKv {
  /** Reads one key. */
  get(key: DenoKvKeyPart[]): Promise<DenoKvEntry>;
  /** Reads up to ten keys. */
  getMany(keys: DenoKvKeyPart[][]): Promise<DenoKvEntry[]>;
  /** Reads every key below a prefix. */
  list(selector: { prefix: DenoKvKeyPart[] }): AsyncIterable<DenoKvEntry>;
  /** Starts an atomic operation. */
  atomic(): DenoKvAtomic;
}
