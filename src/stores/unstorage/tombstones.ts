/** What one process remembers of keys it removed. */
import { LruMap } from "../shared/lru_map.ts";

const MOST = 10_000;

/** Keys that this process destroyed lately: so many at most, the oldest is forgotten first. */
export class Tombstones {
  readonly #until = new LruMap<number>();

  /** Whether the key is known to be gone. */
  has(key: string, now: number): boolean {
    const until = this.#until.peek(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#until.delete(key);
    return false;
  }

  /** Remembers that a key is gone, for `ms` milliseconds. */
  set(key: string, now: number, ms: number): void {
    if (ms === 0) return;
    this.#until.set(key, now + ms);
    for (let last = this.#until.oldest; last !== undefined; last = this.#until.oldest) {
      if (this.#until.size <= MOST && last.value > now) break;
      this.#until.delete(last.key);
    }
  }

  /** Forgets that the key was gone: it was created. */
  lift(key: string): void {
    this.#until.delete(key);
  }
}
