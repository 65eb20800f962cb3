/** Writers of one session take turns within a process, in the order they came. */
import { systemClock } from "../clock.ts";
import { isPromise } from "../maybe_promise.ts";
import { sharedForEach } from "../shared_by_builds.ts";
import type { MaybePromise, SessionStore, Version } from "../store.ts";
import { isStoreTimeout, type StoreTimeout } from "./store_timeout.ts";
import { waitForOther } from "./wait_for_other.ts";

/** What stands in the store: the next writer need not lose a round to learn it. */
export interface Newest {
  readonly version: Version;
  readonly text: string;
  readonly cookie: unknown;
}

/** A session that is being written to. */
export interface Turn {
  newest: Newest | undefined;
  /** This process has the lease on the session. */
  hasLease: boolean;
  /** How many writers in a row have had their turn, this one included. */
  readonly number: number;
  /** Nobody waits for the next one. */
  readonly isLast: boolean;
}

/** However long it takes. */
const PATIENT: StoreTimeout = { ioTimeout: 0, clock: systemClock };

/** A writer that waits, until whoever is done before it says that it may begin. */
interface Place {
  line: Line;
  readonly begin: () => void;
}

class Line implements Turn {
  newest: Newest | undefined;
  hasLease = false;
  number = 0;
  running = 0;
  /** How many turns have ended. */
  ended = 0;
  readonly waiting: Place[] = [];

  get isLast(): boolean {
    return this.waiting.length === 0;
  }

  /** Its turn has come, and what runs is counted from now on, not when it is at it. */
  begin(): void {
    this.running++;
    this.number++;
  }
}

export class WriterQueue {
  readonly #lines = new Map<string, Line>();

  /** The one queue of a store, whichever entries use it. */
  static readonly of: (store: SessionStore) => WriterQueue = sharedForEach(
    "queues",
    () => new WriterQueue(),
  );

  /**
   * Runs `act` when the writers before it are done: at once if there are none.
   *
   * @param timeout How long a store is waited for: a line that has not moved for so long is
   * left to itself, as the version keeps writers apart as well.
   */
  take<T>(
    id: string,
    act: (turn: Turn) => MaybePromise<T>,
    timeout: StoreTimeout = PATIENT,
  ): MaybePromise<T> {
    const line = this.#lines.get(id);
    if (line !== undefined) return this.#wait(id, line, act, timeout);
    const opened = new Line();
    this.#lines.set(id, opened);
    opened.begin();
    return this.#run(id, opened, act);
  }

  /** In Workers a request may do nothing in another's name: each begins by itself. */
  async #wait<T>(
    id: string,
    line: Line,
    act: (turn: Turn) => MaybePromise<T>,
    timeout: StoreTimeout,
  ): Promise<T> {
    let place!: Place;
    const begun = new Promise<void>((resolve) => place = { line, begin: resolve });
    line.waiting.push(place);
    let seen = [line, line.ended];
    const isStuck = (): boolean => {
      const before = seen;
      seen = [place.line, place.line.ended];
      return seen.every((part, at) => part === before[at]) && place.line.waiting.includes(place);
    };
    if (!await waitForOther(begun, timeout, isStuck)) this.#goAround(id, place);
    return await this.#run(id, place.line, act);
  }

  /** Those who hold up the line may be gone for ever: a request was ended, a driver fell silent. */
  #goAround(id: string, place: Place): void {
    const { waiting } = place.line;
    const fresh = new Line();
    for (const other of waiting.splice(0)) {
      other.line = fresh;
      if (other !== place) fresh.waiting.push(other);
    }
    this.#lines.set(id, fresh);
    fresh.begin();
  }

  #run<T>(id: string, line: Line, act: (turn: Turn) => MaybePromise<T>): MaybePromise<T> {
    let result: MaybePromise<T>;
    try {
      result = act(line);
    } catch (error) {
      this.#done(id, line, false);
      throw error;
    }
    if (isPromise(result)) {
      result.then(
        () => this.#done(id, line, false),
        (error) => this.#done(id, line, isStoreTimeout(error)),
      );
    } else this.#done(id, line, false);
    return result;
  }

  /**
   * @param isSilent The store does not answer. One after the other those who wait would
   * wait as many times as long; the version keeps them apart as well.
   */
  #done(id: string, line: Line, isSilent: boolean): void {
    line.running--;
    line.ended++;
    while (!line.isLast && (line.running === 0 || isSilent)) {
      const { begin } = line.waiting.shift()!;
      line.begin();
      begin();
    }
    if (line.running === 0 && this.#lines.get(id) === line) this.#lines.delete(id);
  }
}
