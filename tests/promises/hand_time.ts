/** Time that passes only while everybody waits for it. */
import type { Clock } from "../../src/clock.ts";
import type { SessionStore } from "../../src/store.ts";
import { intercept } from "../../src/testing/intercept.ts";

interface Timer {
  readonly at: number;
  readonly act: () => void;
}

export class HandTime implements Clock {
  readonly #start = Date.now();
  #passed = 0;
  /** In the order they were set. */
  readonly #timers: Timer[] = [];

  /** Milliseconds since the test began. */
  get passed(): number {
    return this.#passed;
  }

  readonly now = (): number => this.#start + this.#passed;

  readonly after = (ms: number, act: () => void): () => void => {
    const timer = { at: this.#passed + ms, act };
    this.#timers.push(timer);
    return () => {
      const index = this.#timers.indexOf(timer);
      if (index >= 0) this.#timers.splice(index, 1);
    };
  };

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve));
  }

  /**
   * Lets time pass for as long as somebody has to wait for `act`.
   *
   * @param turns So many turns of the event loop without an end mean that all wait.
   */
  async during<T>(act: () => Promise<T>, turns = 20): Promise<T> {
    let isDone = false;
    const result = act().finally(() => isDone = true);
    // Whoever awaits the result still sees its error.
    result.catch(() => {});
    while (!isDone) {
      for (let turn = 0; turn < turns && !isDone; turn++) await new Promise(setImmediate);
      if (!isDone) this.#next();
    }
    return await result;
  }

  /** A store so many milliseconds away, there and back. */
  distant<S extends SessionStore>(store: S, ms: number): S {
    const seen = intercept(store, async (_call, proceed) => {
      await this.sleep(ms / 2);
      const answer = await proceed();
      await this.sleep(ms / 2);
      return answer;
    });
    return remote(seen);
  }

  /** What is due next happens. */
  #next(): void {
    const next = this.#timers.reduce<Timer | undefined>(
      (first, timer) => first === undefined || timer.at < first.at ? timer : first,
      undefined,
    );
    if (next === undefined) return;
    this.#timers.splice(this.#timers.indexOf(next), 1);
    this.#passed = Math.max(this.#passed, next.at);
    next.act();
  }
}

/** As a store on another machine: it cannot tell without waiting that a record is gone. */
export function remote<S extends SessionStore>(store: S): S {
  return new Proxy(store, {
    has: (target, name) => name !== "isGone" && name in target,
    get: (target, name) => name === "isGone" ? undefined : Reflect.get(target, name, target),
  });
}
