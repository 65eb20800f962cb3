/**
 * What a tiered store may remember: the answer of a call is kept only if nothing
 * was written to the same id while the call was under way.
 */
import type { StoredSession } from "../../store.ts";
import { LruMap } from "../shared/lru_map.ts";

interface Entry {
  readonly stored: StoredSession;
  /** When the store was asked. */
  at: number;
  /** Which call learned it: an older call never replaces what a younger one learned. */
  readonly serial: number;
}

/** What is under way for one id; there is one only while something is. */
interface Lane {
  open: number;
  writing: number;
  creating: number;
  /** Writes and creations so far: a change tells a call that it was overtaken. */
  writes: number;
  creations: number;
}

/** One call under way. */
export interface Ticket {
  readonly id: string;
  readonly kind: "read" | "write" | "create";
  readonly lane: Lane;
  readonly at: number;
  readonly serial: number;
  /** No other write was under way when this call began. */
  readonly alone: boolean;
  /** No other creation was under way either. */
  readonly noCreation: boolean;
  readonly writes: number;
  readonly creations: number;
  readonly epoch: number;
  /** What was remembered when this write began. */
  readonly before: Entry | undefined;
}

/** When an entry was learned that a write under way has put in doubt. */
const NEVER = -Infinity;

/** Bounded memory of live sessions, beside the ids that are gone. */
export class TierCache {
  readonly #entries = new LruMap<Entry>();
  /** Until when an id is known to be gone; in the order that they went, which is that of their ends. */
  readonly #gone = new LruMap<number>();
  readonly #lanes = new Map<string, Lane>();
  readonly #max: number;
  readonly #freshFor: number;
  readonly #negativeFor: number;
  readonly #now: () => number;
  #serial = 0;
  /** Changes when many sessions are destroyed at once. */
  #epoch = 0;
  #purging = 0;

  constructor(max: number, freshFor: number, negativeFor: number, now: () => number) {
    this.#max = max;
    this.#freshFor = freshFor;
    this.#negativeFor = negativeFor;
    this.#now = now;
  }

  /** The session, if it is fresh. */
  get(id: string): StoredSession | undefined {
    const entry = this.#entries.peek(id);
    if (entry === undefined) return undefined;
    if (this.#fresh(entry)) {
      this.#entries.use(id);
      return entry.stored;
    }
    // Once seen to be over it is over, also for a clock that is set back.
    entry.at = NEVER;
    return undefined;
  }

  /** Whether this process knows that the id was destroyed. */
  isGoneId(id: string): boolean {
    const until = this.#gone.peek(id);
    if (until === undefined) return false;
    if (this.#now() < until) return true;
    this.#gone.delete(id);
    return false;
  }

  /** Begins a read. */
  look(id: string): Ticket {
    return this.#open(id, "read");
  }

  /** Begins a write: until it is answered nobody knows what stands there. */
  write(id: string, kind: "write" | "create" = "write"): Ticket {
    const ticket = this.#open(id, kind);
    if (ticket.before !== undefined) this.#entries.set(id, { ...ticket.before, at: NEVER });
    return ticket;
  }

  /** Ends a call. */
  close({ id, kind, lane }: Ticket): void {
    if (kind !== "read") lane.writing--;
    if (kind === "create") lane.creating--;
    if (--lane.open === 0) this.#lanes.delete(id);
  }

  /** Remembers what a call learned, unless it was overtaken. */
  put(ticket: Ticket, stored: StoredSession): void {
    const { id, at, serial } = ticket;
    if (!this.#undisturbed(ticket) || (this.#entries.peek(id)?.serial ?? 0) > serial) return;
    this.#remember(id, { stored, at, serial });
  }

  /** Remembers again what was known before a write that moved only the end. */
  keep(ticket: Ticket, expires: number | null): void {
    const { id, before, serial } = ticket;
    // An endless session may have got an end from the store: only a read tells.
    if (before === undefined || expires === null || !this.#undisturbed(ticket)) return;
    this.#remember(id, { stored: { ...before.stored, expires }, at: before.at, serial });
  }

  /** Remembers that the id is gone, unless it may have been created meanwhile. */
  setGone({ id, lane, noCreation, creations }: Ticket): void {
    this.#entries.delete(id);
    if (!noCreation || lane.creations !== creations || this.#negativeFor === 0) return;
    this.#gone.set(id, this.#now() + this.#negativeFor);
    this.#evict();
  }

  /** Forgets that the id was gone: it was created. */
  setCreated({ id }: Ticket): void {
    this.#gone.delete(id);
  }

  /** Runs something that destroys sessions whose ids are not known here. */
  async around<T>(run: () => Promise<T>): Promise<T> {
    this.#purging++;
    this.#epoch++;
    this.#entries.clear();
    try {
      return await run();
    } finally {
      this.#purging--;
    }
  }

  #open(id: string, kind: Ticket["kind"]): Ticket {
    let lane = this.#lanes.get(id);
    if (lane === undefined) {
      lane = { open: 0, writing: 0, creating: 0, writes: 0, creations: 0 };
      this.#lanes.set(id, lane);
    }
    const [alone, noCreation] = [lane.writing === 0, lane.creating === 0];
    lane.open++;
    if (kind !== "read") {
      lane.writing++;
      lane.writes++;
    }
    if (kind === "create") {
      lane.creating++;
      lane.creations++;
    }
    return {
      id,
      kind,
      lane,
      at: this.#now(),
      serial: ++this.#serial,
      alone: alone && this.#purging === 0,
      noCreation,
      writes: lane.writes,
      creations: lane.creations,
      epoch: this.#epoch,
      before: this.#entries.peek(id),
    };
  }

  #undisturbed({ lane, alone, writes, epoch }: Ticket): boolean {
    return alone && lane.writes === writes && this.#epoch === epoch;
  }

  #fresh({ at, stored }: Entry): boolean {
    const time = this.#now();
    const age = time - at;
    // A clock that was set back makes nothing younger.
    return age >= 0 && age < this.#freshFor && (stored.expires === null || stored.expires > time);
  }

  #remember(id: string, entry: Entry): void {
    if (this.#freshFor === 0 || this.isGoneId(id)) return;
    this.#entries.set(id, entry);
    this.#evict();
  }

  /** Drops what is one too many, and a little of what is stale, so that memory follows the traffic. */
  #evict(): void {
    for (let looked = 1;; looked++) {
      const last = this.#entries.oldest;
      if (last === undefined) break;
      if (this.#entries.size <= this.#max && (looked > 2 || this.#fresh(last.value))) break;
      this.#entries.delete(last.key);
    }
    const time = this.#now();
    for (let last = this.#gone.oldest; last !== undefined; last = this.#gone.oldest) {
      if (this.#gone.size <= this.#max && last.value > time) break;
      this.#gone.delete(last.key);
    }
  }
}
