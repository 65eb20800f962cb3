const MOST = 10_000;

/** Keys that this process destroyed lately: bounded, the oldest is forgotten first. */
export class Tombstones {
  readonly #until = new Map<string, number>();

  /** Whether the key is known to be dead. */
  has(key: string, now: number): boolean {
    const until = this.#until.get(key);
    if (until === undefined) return false;
    if (now < until) return true;
    this.#until.delete(key);
    return false;
  }

  /** Remembers a dead key for `ms` milliseconds. */
  set(key: string, now: number, ms: number): void {
    if (ms === 0) return;
    this.#until.delete(key);
    this.#until.set(key, now + ms);
    for (const [oldest, until] of this.#until) {
      if (this.#until.size <= MOST && until > now) break;
      this.#until.delete(oldest);
    }
  }

  /** Forgets that the key was dead: it was created. */
  lift(key: string): void {
    this.#until.delete(key);
  }
}
