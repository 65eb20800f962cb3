/** Ways through a family of sessions, however long: none of them calls itself. */
import type { Session } from "./model.ts";

/** A session and those it came from, the nearest first. */
export function* lineage(session: Session | undefined): Generator<Session> {
  for (let each = session; each !== undefined; each = each.link?.parent) yield each;
}

/** A session and what came of it, each before what came of that. */
export function* below(session: Session): Generator<Session> {
  const waiting = [session];
  for (let each = waiting.pop(); each !== undefined; each = waiting.pop()) {
    yield each;
    waiting.push(...each.children.toReversed());
  }
}

/** Sessions, named by their numbers in order, so that the same ones have the same name. */
export class Family {
  readonly name: string;
  readonly #serials: readonly number[];
  readonly #members: ReadonlySet<number>;

  constructor(serials: readonly number[]) {
    this.#serials = serials;
    this.#members = new Set(serials);
    this.name = serials.join();
  }

  has({ serial }: Session): boolean {
    return this.#members.has(serial);
  }

  /** With one more. */
  and({ serial }: Session): Family {
    const place = this.#serials.findLastIndex((each) => each < serial) + 1;
    return new Family(this.#serials.toSpliced(place, 0, serial));
  }
}

/** A family of nobody. */
export const NOBODY: Family = new Family([]);
