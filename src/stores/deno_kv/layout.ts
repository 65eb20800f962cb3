/**
 * How a session lies in Deno KV, and the single atomic operations on it.
 *
 * ```txt
 * [...prefix, "head", id]                { write, expires, subject, text } or { …, pieces }
 * [...prefix, "piece", id, write, n]     the UTF-8 bytes of a long text
 * [...prefix, "subject", subject, id]    true
 * ```
 *
 * `write` changes with every write but not with a touch, so that a touch,
 * which changes the versionstamp, leaves the version valid.
 *
 * @module
 */
import type { SessionRecord } from "../../store.ts";
import { SessionError } from "../../errors.ts";

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

/** Deno KV takes 65,536 bytes in a value; a string costs up to two bytes a character there. */
const INLINE_CHARACTERS = 30_000;
const PIECE_BYTES = 60_000;
/** One `getMany()` takes ten keys, one atomic operation 800 KiB. */
const MAX_PIECES = 10;
/** Kept this much longer than it lives, so that a skewed clock never drops a live session. */
const GRACE = 60_000;
/** Half a second on average, then the lock is a fault. */
const MAX_LOCKED = 100;
/** Keys of up to 2 KiB in one atomic operation, which takes 80 KiB of them. */
const DELETE_BATCH = 30;

/** A record as it was seen at a versionstamp; without its text it is the store's version. */
export class Seen {
  readonly stamp: string;
  readonly write: string;
  readonly expires: number | null;
  readonly subject: string | undefined;
  readonly pieces: number;
  readonly text: string | undefined;

  constructor(
    stamp: string,
    write: string,
    expires: number | null,
    subject: string | undefined,
    pieces: number,
    text?: string,
  ) {
    this.stamp = stamp;
    this.write = write;
    this.expires = expires;
    this.subject = subject;
    this.pieces = pieces;
    this.text = text;
  }

  withoutText(): Seen {
    return new Seen(this.stamp, this.write, this.expires, this.subject, this.pieces);
  }
}

/** What is not ours reads as a record that expired long ago: absent, and free to be replaced. */
function parse({ value, versionstamp }: DenoKvEntry): Seen | undefined {
  if (versionstamp === null) return undefined;
  const { write, expires, subject, pieces = 0, text } = Object(value) as Record<string, unknown>;
  const isOurs = typeof write === "string" &&
    (typeof expires === "number" || expires === null) &&
    (typeof subject === "string" || subject === undefined) &&
    (Number.isInteger(pieces) && pieces as number >= 0 && pieces as number <= MAX_PIECES) &&
    (typeof text === "string" || (text === undefined && pieces !== 0));
  if (!isOurs) return new Seen(versionstamp, "", -Infinity, undefined, 0, "");
  return new Seen(versionstamp, write, expires, subject, pieces as number, text);
}

export class Layout {
  readonly #kv: DenoKv;
  readonly #prefix: readonly DenoKvKeyPart[];
  readonly #ttl: number;
  readonly #now: () => number;

  constructor(kv: DenoKv, prefix: readonly DenoKvKeyPart[], ttl: number, now: () => number) {
    this.#kv = kv;
    this.#prefix = prefix;
    this.#ttl = ttl;
    this.#now = now;
  }

  /** The record, live or expired. */
  async look(id: string): Promise<Seen | undefined> {
    return parse(await patient(() => this.#kv.get(this.#head(id))));
  }

  /** The text of a record, or `undefined` when its pieces are gone: it was written since. */
  async text(id: string, seen: Seen): Promise<string | undefined> {
    if (seen.text !== undefined) return seen.text;
    const pieces = await patient(() => this.#kv.getMany(this.#pieces(id, seen)));
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    let text = "";
    for (const { value } of pieces) {
      if (!(value instanceof Uint8Array)) return undefined;
      text += decoder.decode(value, { stream: true });
    }
    return text + decoder.decode();
  }

  /**
   * Puts `record` at `to` in the place of what was seen at `from` (`undefined`:
   * nothing). Answers the new version, or `undefined` when `from` was not so.
   */
  async replace(
    from: string,
    seen: Seen | undefined,
    to: string,
    record: SessionRecord,
  ): Promise<Seen | undefined> {
    const operation = this.#checked(from, seen);
    const { pieces, bytes } = cut(record.json);
    const text = pieces === 0 ? record.json : undefined;
    const next = new Seen("", crypto.randomUUID(), record.expires, record.subject, pieces, text);
    if (seen !== undefined) {
      if (from !== to) operation.delete(this.#head(from));
      if (seen.subject !== undefined && (from !== to || seen.subject !== next.subject)) {
        operation.delete(this.#index(seen.subject, from));
      }
      for (const key of this.#pieces(from, seen)) operation.delete(key);
    }
    return await this.#put(operation, to, next, bytes);
  }

  /** Moves the end of what was seen; pieces and index live as long as the record. */
  async extend(
    id: string,
    seen: Seen,
    json: string,
    expires: number | null,
  ): Promise<Seen | undefined> {
    const { write, subject, pieces, text } = seen;
    const next = new Seen("", write, expires, subject, pieces, text);
    const bytes = pieces === 0 ? undefined : new TextEncoder().encode(json);
    return await this.#put(this.#checked(id, seen), id, next, bytes);
  }

  /** Removes what was seen; `false` when it was written since. */
  async remove(id: string, seen: Seen): Promise<boolean> {
    const operation = this.#checked(id, seen).delete(this.#head(id));
    if (seen.subject !== undefined) operation.delete(this.#index(seen.subject, id));
    for (const key of this.#pieces(id, seen)) operation.delete(key);
    return (await patient(() => operation.commit())).ok;
  }

  /** Every record, live or expired. */
  async *heads(): AsyncGenerator<[id: string, seen: Seen]> {
    for await (const entry of this.#kv.list({ prefix: [...this.#prefix, "head"] })) {
      const seen = parse(entry);
      if (seen !== undefined) yield [String(entry.key.at(-1)), seen];
    }
  }

  /** Every record of a subject. An index key without its record is dropped. */
  async *headsOf(subject: string): AsyncGenerator<[id: string, seen: Seen]> {
    for await (const { key } of this.#kv.list({ prefix: this.#index(subject) })) {
      const id = String(key.at(-1));
      const entry = await patient(() => this.#kv.get(this.#head(id)));
      const seen = parse(entry);
      if (seen?.subject === subject) yield [id, seen];
      else {
        const operation = this.#kv.atomic()
          .check({ key: this.#head(id), versionstamp: entry.versionstamp })
          .delete(this.#index(subject, id));
        await patient(() => operation.commit());
      }
    }
  }

  /** Removes everything below the three branches, the records first. */
  async clear(): Promise<void> {
    for (const branch of ["head", "subject", "piece"]) {
      let operation = this.#kv.atomic();
      let count = 0;
      for await (const { key } of this.#kv.list({ prefix: [...this.#prefix, branch] })) {
        operation.delete(key as DenoKvKeyPart[]);
        if (++count % DELETE_BATCH > 0) continue;
        await patient(() => operation.commit());
        operation = this.#kv.atomic();
      }
      await patient(() => operation.commit());
    }
  }

  async #put(
    operation: DenoKvAtomic,
    id: string,
    next: Seen,
    bytes: Uint8Array | undefined,
  ): Promise<Seen | undefined> {
    const { write, expires, subject, pieces, text } = next;
    const time = this.#now();
    const life = Math.ceil((expires ?? time + this.#ttl) - time);
    const expireIn = { expireIn: Math.max(0, life) + GRACE };
    operation.set(this.#head(id), { write, expires, subject, pieces, text }, expireIn);
    this.#pieces(id, next).forEach((key, n) => {
      operation.set(key, bytes!.slice(n * PIECE_BYTES, (n + 1) * PIECE_BYTES), expireIn);
    });
    if (subject !== undefined) operation.set(this.#index(subject, id), true, expireIn);
    const result = await patient(() => operation.commit());
    if (!result.ok) return undefined;
    return new Seen(result.versionstamp, write, expires, subject, pieces);
  }

  #checked(id: string, seen: Seen | undefined): DenoKvAtomic {
    return this.#kv.atomic().check({ key: this.#head(id), versionstamp: seen?.stamp ?? null });
  }

  #head(id: string): DenoKvKeyPart[] {
    return [...this.#prefix, "head", id];
  }

  #pieces(id: string, { write, pieces }: Seen): DenoKvKeyPart[][] {
    return Array.from({ length: pieces }, (_, n) => [...this.#prefix, "piece", id, write, n]);
  }

  #index(subject: string, ...id: string[]): DenoKvKeyPart[] {
    return [...this.#prefix, "subject", subject, ...id];
  }
}

/**
 * Several processes on one local file (`deno serve --parallel`) find it locked
 * now and then, and Deno does not wait. Nothing was done: ask again.
 */
async function patient<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1;; attempt++) {
    try {
      return await ask();
    } catch (error) {
      const isLocked = error instanceof Error && error.message.includes("database is locked");
      if (!isLocked || attempt === MAX_LOCKED) throw error;
    }
    // Not all after the same time, or they meet again.
    const [random = 0] = crypto.getRandomValues(new Uint8Array(1));
    await new Promise((resolve) => setTimeout(resolve, random / 25));
  }
}

function cut(json: string): { pieces: number; bytes: Uint8Array | undefined } {
  if (json.length <= INLINE_CHARACTERS) return { pieces: 0, bytes: undefined };
  const bytes = new TextEncoder().encode(json);
  const pieces = Math.ceil(bytes.length / PIECE_BYTES);
  if (pieces > MAX_PIECES) {
    throw new SessionError(
      "SESSION_TOO_LARGE",
      `Deno KV keeps at most ${PIECE_BYTES * MAX_PIECES} bytes of session data`,
    );
  }
  return { pieces, bytes };
}
