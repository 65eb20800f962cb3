/** How a process hears of what others do to sessions: from the store, or by looking. */
import { afterQuietlyBy, type Clock } from "../clock.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { SessionNotice, WatchableStore } from "../watchable_store.ts";
import type { Waiting } from "./waiting.ts";

/** How long to wait before a store is asked once more to be watched, at first and at most. */
const PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/** What is watched, and who is told. */
interface Watching {
  readonly watch: WatchableStore["watch"];
  readonly hear: (notice: SessionNotice) => void;
  readonly report: (error: unknown) => void;
}

/** What is heard of a store, for as long as somebody waits. */
export class StoreWatch {
  readonly #clock: Clock;
  readonly #watching: Watching;
  #isOver = false;
  #stop: (() => MaybePromise<void>) | undefined;

  constructor(clock: Clock, watching: Watching) {
    this.#clock = clock;
    this.#watching = watching;
    this.#begin(PAUSE);
  }

  stop(): void {
    this.#isOver = true;
    this.#end();
  }

  #begin(pause: number): void {
    void attempt(() => this.#listen(), (error) => {
      if (this.#isOver) return;
      this.#watching.report(error);
      this.#stop = afterQuietlyBy(this.#clock, pause, () => {
        this.#begin(Math.min(pause * 2, LONGEST_PAUSE));
      });
    });
  }

  #listen(): MaybePromise<void> {
    const { watch, hear } = this.#watching;
    const told = (notice: SessionNotice) => {
      if (!this.#isOver) hear(notice);
    };
    return after(watch(told), (stop) => {
      this.#stop = stop;
      if (this.#isOver) return this.#end();
      // What ended before it was heard.
      told({ what: "missed" });
    });
  }

  /** Nobody waits for it, and nobody listens any more. */
  #end(): void {
    const stop = this.#stop;
    this.#stop = undefined;
    void attempt(() => stop?.(), () => {});
  }
}

/** Looks at sessions again and again where the application has asked for it: one timer for all of a store. */
export class Rechecks {
  readonly #look: (which: (waiting: Waiting) => boolean) => Promise<void>;
  #every = Infinity;
  #cancel: (() => void) | undefined;

  constructor(look: (which: (waiting: Waiting) => boolean) => Promise<void>) {
    this.#look = look;
  }

  /** From now on at least as often as this one asks for. */
  plan({ clock, recheckInterval = Infinity }: Waiting): void {
    if (recheckInterval >= this.#every) return;
    this.#every = recheckInterval;
    this.#cancel?.();
    const round = (): void => {
      const cancel = this.#cancel = afterQuietlyBy(clock, recheckInterval, () => {
        const looked = this.#look((waiting) => waiting.recheckInterval !== undefined);
        void looked.then(() => {
          if (this.#cancel === cancel) round();
        });
      });
    };
    round();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#every = Infinity;
  }
}
