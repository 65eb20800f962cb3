/** The last calls of a case, for the message of its failure. */
import { intercept, type StoreCall } from "./intercept.ts";
import { isPromise } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import type { AnyStore } from "./types.ts";

interface Noted {
  readonly through: string;
  readonly call: StoreCall;
  readonly began: number;
  outcome: { readonly answer: unknown } | { readonly error: unknown } | undefined;
}

/** As many calls as a reader follows. */
const LAST = 5;

/** Notes what was asked of the stores of one case. */
export class Recorder {
  readonly #calls: Noted[] = [];
  readonly #open = new Set<Noted>();
  readonly #failed = new WeakMap<object, Noted>();

  /** The same store, whose calls are noted as those of `through`. */
  watch(store: AnyStore, through: string): AnyStore {
    return intercept(store, (call, proceed) => {
      const noted: Noted = { through, call, began: performance.now(), outcome: undefined };
      this.#calls.push(noted);
      if (this.#calls.length > LAST) this.#calls.shift();
      try {
        const answer = proceed();
        if (!isPromise(answer)) return this.#answered(noted, answer);
        this.#open.add(noted);
        // The caller gets the same promise; this branch of it has no failure of its own.
        answer.then(
          (value) => this.#answered(noted, value),
          (error: unknown) => this.#threw(noted, error),
        );
        return answer;
      } catch (error) {
        this.#threw(noted, error);
        throw error;
      }
    });
  }

  /** What went wrong, with the call that threw it, where a store did. */
  explain(error: unknown): string {
    const text = error instanceof Error ? error.message : String(error);
    const failed = Object(error) === error ? this.#failed.get(error as object) : undefined;
    return failed === undefined ? text : `${named(failed)} threw: ${text}`;
  }

  /** The last calls in words. */
  calls(): string {
    return this.#calls.map((noted) => `${named(noted)} ${outcomeOf(noted)}`).join("; ");
  }

  /**
   * The answer of `run()`, unless a call is open for so many milliseconds before: a
   * store that hangs is to be named, and no runner knows its calls.
   */
  async unlessHanging(run: () => MaybePromise<void>, limit: number): Promise<void> {
    let timer: ReturnType<typeof setInterval> | undefined;
    const hanging = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        for (const noted of this.#open) {
          if (performance.now() - noted.began < limit) break;
          return reject(new Error(`${named(noted)} has not answered within ${limit} ms`));
        }
      }, Math.min(limit / 2, 1_000));
    });
    try {
      await Promise.race([run(), hanging]);
    } finally {
      clearInterval(timer);
    }
  }

  #answered(noted: Noted, answer: unknown): unknown {
    this.#open.delete(noted);
    noted.outcome = { answer };
    return answer;
  }

  #threw(noted: Noted, error: unknown): void {
    this.#open.delete(noted);
    noted.outcome = { error };
    if (Object(error) === error) this.#failed.set(error as object, noted);
  }
}

function named({ through, call: { verb, args } }: Noted): string {
  const ids = (verb === "rotate" ? args.slice(0, 2) : args.slice(0, 1)).map(short);
  return `${through}.${verb}(${ids.join(", ")})`;
}

function outcomeOf({ outcome }: Noted): string {
  if (outcome === undefined) return "has not answered";
  if ("error" in outcome) return `threw ${short(String(outcome.error))}`;
  const { answer } = outcome;
  if (typeof answer !== "object" || answer === null) return `= ${short(answer)}`;
  const { status, json, expires } = answer as Record<string, unknown>;
  if (typeof status === "string") return `= ${status}`;
  return json === undefined ? `= ${short(answer)}` : `= ${short(json)} until ${short(expires)}`;
}

function short(value: unknown): string {
  const text = value === undefined ? "undefined" : JSON.stringify(value) ?? String(value);
  return text.length > 90 ? `${text.slice(0, 80)}…` : text;
}
