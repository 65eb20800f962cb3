/** What the requests in flight have done to their sessions: the memory of a store that has none. */
import type { SessionRecord } from "../../store.ts";

/** What is known of an id while requests that read it are in flight. */
export interface Entry {
  /** The mark of the newest write sent. */
  mark: number;
  /** Reads and writes marked below this are of a record that is gone. */
  goneMark: number;
  /** What that write stores. */
  latest: SessionRecord | undefined;
  writing: number;
  overlapped: boolean;
}

/** A version holds its entry: the entry lives as long as any request needs it. */
export interface Token {
  readonly entry: Entry;
  readonly mark: number;
}

export class WriteLog {
  readonly #entries = new Map<string, WeakRef<Entry>>();
  #marks = 0;
  #sweepAt = 1024;

  /** The mark of the latest event of any id. */
  get now(): number {
    return this.#marks;
  }

  entry(id: string): Entry {
    const known = this.#entries.get(id)?.deref();
    if (known !== undefined) return known;
    const entry: Entry = {
      mark: this.#marks,
      goneMark: 0,
      latest: undefined,
      writing: 0,
      overlapped: false,
    };
    this.#entries.set(id, new WeakRef(entry));
    if (this.#entries.size >= this.#sweepAt) this.#sweep();
    return entry;
  }

  /** Notes a write that is being sent, and returns its mark. */
  wrote(entry: Entry, record: SessionRecord): number {
    entry.latest = record;
    return entry.mark = ++this.#marks;
  }

  /** What was read or written before is of a record that is gone. */
  markGone(entry: Entry): void {
    entry.goneMark = entry.mark = ++this.#marks;
  }

  /** The record may still be there: whoever reads it from now on may use it. */
  notGone(entry: Entry): void {
    entry.mark = ++this.#marks;
    entry.latest = undefined;
  }

  /** Forgets ids no request in flight knows. */
  #sweep(): void {
    for (const [id, reference] of this.#entries) {
      if (reference.deref() === undefined) this.#entries.delete(id);
    }
    this.#sweepAt = Math.max(1024, this.#entries.size * 2);
  }
}

/** Whether what the token stands for has gone since. */
export function isGone({ entry, mark }: Token): boolean {
  return entry.goneMark > mark;
}

/** Whether the latest that happened to a record is that it went. */
export function isGoneNow(entry: Entry): boolean {
  return entry.goneMark > 0 && entry.goneMark === entry.mark;
}
