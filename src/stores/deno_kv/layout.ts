/**
 * How a session lies in Deno KV, with one atomic operation for each change of it.
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
import type { DenoKv, DenoKvAtomic, DenoKvKeyPart } from "./client.ts";
import { SessionError } from "../../errors.ts";
import { checkKey, checkPairs } from "../shared/limits.ts";
import { lifeUntil, toEnd } from "../shared/moment.ts";
import { keyBytes, MOST_KEY_BYTES } from "./key_size.ts";
import { MAX_PIECES, parse, Seen } from "./seen.ts";
import { whenUnlocked } from "./when_unlocked.ts";

/** Deno KV takes 65,536 bytes in a value; a string costs up to two bytes a character there. */
const INLINE_CHARACTERS = 30_000;
const PIECE_BYTES = 60_000;
/** Kept this much longer than it lives, so that a skewed clock never drops a live session. */
const GRACE = 60_000;
/** Keys of up to 2 KiB in one atomic operation, which takes 80 KiB of them. */
const DELETE_BATCH = 30;
/** One `getMany()` takes no more. */
const LOOK_BATCH = 10;

/** What lies under an id of an index. */
export interface Found {
  readonly id: string;
  readonly stamp: string | null;
  readonly seen: Seen | undefined;
}

/** The keys of one store in a database. */
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
    return parse(await whenUnlocked(() => this.#kv.get(this.#head(id))));
  }

  /** The text of a record, or `undefined` when its pieces are gone: it was written since. */
  async text(id: string, seen: Seen): Promise<string | undefined> {
    if (seen.text !== undefined) return seen.text;
    const pieces = await whenUnlocked(() => this.#kv.getMany(this.#pieces(id, seen)));
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
    const end = toEnd(record.expires);
    const next = new Seen("", crypto.randomUUID(), end, record.subject || undefined, pieces, text);
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
    const next = new Seen("", write, toEnd(expires), subject, pieces, text);
    const bytes = pieces === 0 ? undefined : new TextEncoder().encode(json);
    return await this.#put(this.#checked(id, seen), id, next, bytes);
  }

  /** Removes what was seen; `false` when it was written since. */
  async remove(id: string, seen: Seen): Promise<boolean> {
    const operation = this.#checked(id, seen).delete(this.#head(id));
    if (seen.subject !== undefined) operation.delete(this.#index(seen.subject, id));
    for (const key of this.#pieces(id, seen)) operation.delete(key);
    return (await whenUnlocked(() => operation.commit())).ok;
  }

  /** Every record, live or expired. */
  async *heads(): AsyncGenerator<[id: string, seen: Seen]> {
    for await (const entry of this.#kv.list({ prefix: [...this.#prefix, "head"] })) {
      const seen = parse(entry);
      if (seen !== undefined) yield [String(entry.key.at(-1)), seen];
    }
  }

  /** The ids in the index of a subject, a few at a time: with a record, or without. */
  async *idsOf(subject: string): AsyncGenerator<string[]> {
    let ids: string[] = [];
    for await (const { key } of this.#kv.list({ prefix: this.#index(subject) })) {
      if (ids.push(String(key.at(-1))) < LOOK_BATCH) continue;
      yield ids;
      ids = [];
    }
    if (ids.length > 0) yield ids;
  }

  /** What lies under some ids, {@linkcode LOOK_BATCH} at most. */
  async lookAtAll(ids: readonly string[]): Promise<Found[]> {
    const heads = await whenUnlocked(() => this.#kv.getMany(ids.map((id) => this.#head(id))));
    return heads.map((entry, at) => ({
      id: ids[at]!,
      stamp: entry.versionstamp,
      seen: parse(entry),
    }));
  }

  /**
   * Removes what was found of a subject; of what is not the subject's, only the key in the
   * index. `false`: one of them was written since, and all stand.
   */
  async removeOf(subject: string, found: readonly Found[]): Promise<boolean> {
    const operation = this.#kv.atomic();
    for (const { id, stamp, seen } of found) {
      operation.check({ key: this.#head(id), versionstamp: stamp });
      operation.delete(this.#index(subject, id));
      if (seen?.subject !== subject) continue;
      operation.delete(this.#head(id));
      for (const key of this.#pieces(id, seen)) operation.delete(key);
    }
    return (await whenUnlocked(() => operation.commit())).ok;
  }

  /** Removes everything below the three branches, the records first. */
  async clear(): Promise<void> {
    for (const branch of ["head", "subject", "piece"]) {
      let operation = this.#kv.atomic();
      let count = 0;
      for await (const { key } of this.#kv.list({ prefix: [...this.#prefix, branch] })) {
        operation.delete(key as DenoKvKeyPart[]);
        if (++count % DELETE_BATCH > 0) continue;
        await whenUnlocked(() => operation.commit());
        operation = this.#kv.atomic();
      }
      await whenUnlocked(() => operation.commit());
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
    const expireIn = { expireIn: lifeUntil(expires ?? time + this.#ttl, time, GRACE) };
    operation.set(this.#head(id), { write, expires, subject, pieces, text }, expireIn);
    this.#pieces(id, next).forEach((key, n) => {
      operation.set(key, bytes!.slice(n * PIECE_BYTES, (n + 1) * PIECE_BYTES), expireIn);
    });
    if (subject !== undefined) operation.set(this.#index(subject, id), true, expireIn);
    const result = await whenUnlocked(() => operation.commit());
    if (!result.ok) return undefined;
    return new Seen(result.versionstamp, write, expires, subject, pieces);
  }

  #checked(id: string, seen: Seen | undefined): DenoKvAtomic {
    return this.#kv.atomic().check({ key: this.#head(id), versionstamp: seen?.stamp ?? null });
  }

  #head(id: string): DenoKvKeyPart[] {
    return this.#key("id", "head", id);
  }

  #pieces(id: string, { write, pieces }: Seen): DenoKvKeyPart[][] {
    return Array.from({ length: pieces }, (_, n) => this.#key("id", "piece", id, write, n));
  }

  #index(subject: string, ...id: string[]): DenoKvKeyPart[] {
    return this.#key("subject", "subject", subject, ...id);
  }

  #key(what: string, ...parts: DenoKvKeyPart[]): DenoKvKeyPart[] {
    for (const part of parts) if (typeof part === "string") checkPairs(what, "Deno KV", part);
    const key = [...this.#prefix, ...parts];
    checkKey(what, "Deno KV", keyBytes(key), MOST_KEY_BYTES);
    return key;
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
