/** What happened to a session of a callback store, and what may not have: a model that knows no log. */

/** A deed and what became of it, in ticks; what failed after it was sent is in doubt. */
export interface Deed {
  readonly from: number;
  to: number;
  fate: "acknowledged" | "refused" | "doubt" | undefined;
}

/** Says whether it was done. */
type Act = () => Promise<boolean>;

/** A key that was written. */
export interface Write extends Deed {
  readonly key: string;
  /** It replaced all there was since it looked. */
  readonly isBlind: boolean;
}

/** Somebody looked. */
export interface Look {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly keys: ReadonlySet<string> | undefined;
  /** When all was over. */
  readonly isLast?: boolean;
}

export class History {
  #now = 0;
  readonly writes: Write[] = [];
  readonly ends: Deed[] = [];
  readonly moves: (Deed & { readonly into: string })[] = [];
  readonly looks: Look[] = [];
  /** The application itself stored the session after it had ended. */
  isBegunAnew = false;

  tick(): number {
    return ++this.#now;
  }

  /** Notes a deed and how it goes: what fails may have taken effect, unless the error says otherwise. */
  async follow<D extends Deed>(all: D[], what: Omit<D, keyof Deed>, act: Act): Promise<void> {
    const deed = { ...what, from: this.tick(), to: Infinity, fate: undefined } as unknown as D;
    all.push(deed);
    try {
      deed.fate = await act() ? "acknowledged" : "refused";
    } catch (error) {
      deed.fate = (error as { code?: string }).code === "SESSION_GONE" ? "refused" : "doubt";
    }
    deed.to = this.tick();
  }

  /** Everything that is not as it should be, in words. */
  failures(first: string): string[] {
    return [...this.#losses(first), ...this.#revivals(first), ...this.#refused(first)];
  }

  /** A session is over, or has moved, from the first moment on that it may be. */
  #mayBeOver(at: number): boolean {
    return [...this.ends, ...this.moves].some(({ from, fate }) => from < at && fate !== "refused");
  }

  #mayBeOverwritten({ from, to, key }: Write): boolean {
    return this.writes.some((other) =>
      other.isBlind && other.key !== key && other.from < to && from < other.to
    );
  }

  /** What is acknowledged is there, for everybody who looks later. */
  #losses(first: string): string[] {
    const found: string[] = [];
    for (const write of this.writes) {
      if (write.fate !== "acknowledged" || this.#mayBeOverwritten(write)) continue;
      if (write.isBlind && this.isBegunAnew) continue;
      for (const look of this.looks) {
        if (look.keys?.has(write.key) || !this.#isDue(write, look, first)) continue;
        found.push(`${write.key} was acknowledged at ${write.to}, and is missing at ${look.from}`);
      }
    }
    return found;
  }

  #isDue(write: Write, { id, from, to, isLast }: Look, first: string): boolean {
    if (!isLast) return id === first && write.to < from && !this.#mayBeOver(to);
    if (this.ends.some(({ fate }) => fate !== "refused")) return false;
    if (this.moves.some(({ fate }) => fate !== "refused" && fate !== "acknowledged")) return false;
    return id === (this.moves.find(({ fate }) => fate === "acknowledged")?.into ?? first);
  }

  /** What has ended, or moved away, is not there any more. */
  #revivals(first: string): string[] {
    if (this.isBegunAnew) return [];
    const found: string[] = [];
    const isAcknowledged = ({ fate }: Deed) => fate === "acknowledged";
    const ends = this.ends.filter(isAcknowledged);
    for (const { id, from, keys } of this.looks) {
      if (keys === undefined) continue;
      const move = this.moves.find(({ into }) => into === id);
      const isOver = id === first
        ? [...ends, ...this.moves.filter(isAcknowledged)].some(({ to }) => to < from)
        : ends.some(({ to }) => to < move!.from);
      if (isOver) found.push(`${id} was over, and is there at ${from}`);
    }
    return found;
  }

  /** What was refused is nowhere. */
  #refused(first: string): string[] {
    // A move that failed leaves open whether what came too late for it came too late.
    if (this.isBegunAnew || this.moves.some(({ fate }) => fate === "doubt")) return [];
    // And what moved may have been seen on its way to the old id.
    const refused = this.writes.filter(({ fate }) => fate === "refused");
    return refused.flatMap(({ key, to }) =>
      this.looks.filter(({ id, from, keys }) => id === first && from > to && keys?.has(key))
        .map(({ from }) => `${key} was refused at ${to}, and is there at ${from}`)
    );
  }
}
