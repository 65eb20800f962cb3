/** Which sessions this process has lately seen in their index, where that is out of a script's reach. */

/** How often one is looked for again. */
const EVERY = 60_000;
/** How many are remembered, at least the half of it. */
const MOST = 20_000;

/** Two generations of ids, so that none costs bookkeeping. */
export class Links {
  readonly #now: () => number;
  #young = new Map<string, Link>();
  #old = new Map<string, Link>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Looks for a session by `look`, if that was not done lately. */
  see(member: string, look: () => Promise<boolean>): void {
    const now = this.#now();
    const seen = this.#young.get(member) ?? this.#old.get(member);
    if (seen !== undefined && Math.abs(now - seen.at) < EVERY) return;
    // Nobody waits for it: where it fails, the next use of the session looks again.
    const found = look().catch(() => (this.forget(member), true));
    if (this.#young.size >= MOST / 2) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(member, { at: now, found });
  }

  /** Whether the last look, which may be under way, found that a session was ended. */
  async hasEnded(member: string): Promise<boolean> {
    const seen = this.#young.get(member) ?? this.#old.get(member);
    return seen !== undefined && !await seen.found;
  }

  /** Looks again next time. */
  forget(member: string): void {
    this.#young.delete(member);
    this.#old.delete(member);
  }
}

interface Link {
  readonly at: number;
  /** `false`: `destroyAll()` has ended it. */
  readonly found: Promise<boolean>;
}
