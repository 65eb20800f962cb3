/** Writers that note what was acknowledged, so that what is there afterwards can be judged. */
import type { SessionStore } from "../../src/store.ts";

/** What an id may hold: a text, or nothing. */
type State = string | undefined;

interface Entry {
  acknowledged: State;
  /** What an unanswered write may have made of it. */
  maybe: State[];
  /** The texts that a destroy or rotate was acknowledged for. */
  buried: boolean;
  /** A write was refused as if an acknowledged one had not been. */
  contradicted: boolean;
}

export interface Verdict {
  readonly acknowledged: number;
  readonly rejected: number;
  /** Sessions whose last acknowledged write is not there. */
  readonly lost: number;
  /** Sessions that are there although their end was acknowledged. */
  readonly revived: number;
}

export class Load {
  readonly #entries = new Map<string, Entry>();
  readonly #run = crypto.randomUUID().slice(0, 8);
  #serial = 0;
  #stopped = false;
  #acknowledged = 0;
  #rejected = 0;
  #workers: Promise<void>[] = [];

  /** Starts writers: each keeps one session at a time, and leaves half of them alive. */
  start(stores: readonly SessionStore[], writers: number): void {
    this.#workers = Array.from({ length: writers }, async (_, number) => {
      const store = stores[number % stores.length]!;
      while (!this.#stopped) await this.#life(store);
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  get acknowledged(): number {
    return this.#acknowledged;
  }

  async verdict(store: SessionStore): Promise<Verdict> {
    let [lost, revived] = [0, 0];
    for (const [id, { acknowledged, maybe, buried, contradicted }] of this.#entries) {
      const there = (await store.read(id))?.json;
      if (there !== undefined && buried) revived++;
      else if (contradicted || (there !== acknowledged && !maybe.includes(there))) lost++;
    }
    return { acknowledged: this.#acknowledged, rejected: this.#rejected, lost, revived };
  }

  async #life(store: SessionStore): Promise<void> {
    let id = this.#id();
    try {
      let record = this.#record();
      if (!await this.#write([[id, record.json]], () => store.create(id, record))) return;
      let version = (await store.read(id))?.version;
      for (let step = 0; step < 4; step++) {
        record = this.#record();
        const to = step === 2 ? this.#id() : id;
        const ends: [string, State][] = to === id
          ? [[id, record.json]]
          : [[id, undefined], [to, record.json]];
        const result = await this.#write(
          ends,
          () =>
            to === id ? store.commit(id, record, version) : store.rotate(id, to, record, version),
        );
        if (typeof result !== "object") return;
        // A commit that the client sent twice is told of itself.
        const own = result.status === "conflict" && result.current.json === record.json;
        if (result.status !== "committed" && !own) {
          // Nobody else writes here, so something acknowledged is missing.
          this.#entries.get(id)!.contradicted = true;
          return;
        }
        version = result.status === "conflict" ? result.current.version : result.version;
        if (to !== id) this.#entries.get(id)!.buried = true;
        id = to;
      }
      if (this.#serial % 2 === 0) {
        const done = await this.#write(
          [[id, undefined]],
          async () => (await store.destroy(id), true),
        );
        if (done) this.#entries.get(id)!.buried = true;
      }
    } catch {
      // A read that failed: the session stays as it was acknowledged.
      this.#rejected++;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Notes what may come of a write before it leaves, and what came of it. */
  async #write<T>(ends: [string, State][], run: () => T | Promise<T>): Promise<T | undefined> {
    for (const [id, state] of ends) {
      const entry = this.#entries.get(id) ??
        { acknowledged: undefined, maybe: [], buried: false, contradicted: false };
      entry.maybe.push(state);
      this.#entries.set(id, entry);
    }
    try {
      const result = await run();
      // A create that the client sent twice finds itself: left as "maybe".
      if (result === false) return undefined;
      this.#acknowledged++;
      for (const [id, state] of ends) {
        Object.assign(this.#entries.get(id)!, { acknowledged: state, maybe: [] });
      }
      return result;
    } catch {
      this.#rejected++;
      await new Promise((resolve) => setTimeout(resolve, 20));
      return undefined;
    }
  }

  #id(): string {
    return `${this.#run}-${++this.#serial}`;
  }

  #record(): { json: string; expires: number } {
    return {
      json: JSON.stringify({ cookie: { httpOnly: true, path: "/" }, serial: ++this.#serial }),
      expires: Date.now() + 3_600_000,
    };
  }
}
