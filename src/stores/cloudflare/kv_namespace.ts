/** The part of Workers KV that the store uses. */

/** One page of keys. */
export interface KvListResult {
  /** The keys with what was stored beside their values. */
  readonly keys: readonly { readonly name: string; readonly metadata?: unknown }[];
  /** Whether this was the last page. */
  readonly list_complete: boolean;
  /** Where the next page begins. */
  readonly cursor?: string;
}

/** What the store needs of a `KVNamespace` binding. */
export interface KvNamespaceLike {
  /** Reads a text and what was stored beside it. */
  getWithMetadata(
    key: string,
    type: "text",
  ): Promise<{ readonly value: string | null; readonly metadata: unknown }>;
  /** Writes a text; `expirationTtl` is in seconds, 60 at least. */
  put(
    key: string,
    value: string,
    options: { expirationTtl: number; metadata: unknown },
  ): Promise<void>;
  /** Removes a key. */
  delete(key: string): Promise<void>;
  /** Lists keys, up to a thousand at once. */
  // deno-lint-ignore no-explicit-any -- the binding's page is a union that differs by version
  list(options: { prefix: string; cursor?: string | null }): Promise<any>;
}
