/** A store written for express-session, as far as it is asked here. */
import type { MaybePromise } from "../../store.ts";
import { call } from "./call.ts";

/** What is asked of a callback store: express-session's `Store`. */
export interface ExpressStoreLike {
  /** Finds a session. */
  // deno-lint-ignore no-explicit-any
  get(id: string, callback: (error: any, session?: any) => void): unknown;
  /** Stores a session. */
  // deno-lint-ignore no-explicit-any
  set(id: string, session: any, callback?: (error?: any) => void): unknown;
  /** Removes a session. */
  // deno-lint-ignore no-explicit-any
  destroy(id: string, callback?: (error?: any) => void): unknown;
  /** Moves a session's end. */
  // deno-lint-ignore no-explicit-any
  touch?(id: string, session: any, callback?: (error?: any) => void): unknown;
}

/** Asks a callback store, and knows for which id it is just doing so. */
export class StoreCalls {
  readonly #store: ExpressStoreLike;
  #asking: string | undefined;

  constructor(store: ExpressStoreLike) {
    this.#store = store;
  }

  get(id: string): MaybePromise<object | null | undefined> {
    return this.during(id, () => call((done) => this.#store.get(id, done)));
  }

  set(id: string, session: object): MaybePromise<void> {
    return this.during(id, () => call((done) => this.#store.set(id, session, done)));
  }

  touch(id: string, session: object): MaybePromise<void> {
    return this.during(id, () => call((done) => this.#store.touch!(id, session, done)));
  }

  destroy(id: string): MaybePromise<void> {
    return this.during(id, () => call((done) => this.#store.destroy(id, done)));
  }

  /** What the store calls of its own methods while it is being called, nobody else calls. */
  during<T>(id: string, act: () => T): T {
    const outer = this.#asking;
    this.#asking = id;
    try {
      return act();
    } finally {
      this.#asking = outer;
    }
  }

  isAsking(id: string): boolean {
    return this.#asking === id;
  }
}
