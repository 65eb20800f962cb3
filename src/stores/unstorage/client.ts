/** The part of the unstorage package that the store uses. */

/** The part of unstorage's `Storage` that is used. */
export interface UnstorageLike {
  /** The parsed value of a key, or `null`. */
  getItem(key: string): Promise<unknown>;
  /** Stores a value as JSON; drivers that can will drop it after `ttl` seconds. */
  setItem(key: string, value: UnstorageEnvelope, options?: { ttl?: number }): Promise<void>;
  /** Removes a key, if it is there. */
  removeItem(key: string): Promise<void>;
  /** The keys that begin with `base`. */
  getKeys(base?: string): Promise<string[]>;
}

/** What is stored under a key. */
export type UnstorageEnvelope = {
  /** The session's JSON, as a string: unstorage would parse it, and drop keys from it. */
  json: string;
  /** A random mark of this write. */
  version: string;
  /** When the session ends, in milliseconds since the epoch, or `null`. */
  expires: number | null;
};
