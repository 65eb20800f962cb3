/** The last calls of a case, for the message of its failure. */
import { intercept, type StoreCall } from "./intercept.ts";
import { isPromise } from "../maybe_promise.ts";
import type { AnyStore } from "./types.ts";

interface Noted {
  readonly through: string;
  readonly call: StoreCall;
  outcome: { readonly answer: unknown } | { readonly error: unknown } | undefined;
}

/** As many calls as a reader follows. */
const LAST = 5;

/** Notes what was asked of the stores of one case. */
export class Recorder {
  readonly #calls: Noted[] = [];
  readonly #failed = new WeakMap<object, Noted>();

  /** The same store, whose calls are noted as those of `through`. */
  watch(store: AnyStore, through: string): AnyStore {
    return intercept(store, (call, proceed) => {
      const noted: Noted = { through, call, outcome: undefined };
      this.#calls.push(noted);
      if (this.#calls.length > LAST) this.#calls.shift();
      try {
        const answer = proceed();
        if (!isPromise(answer)) return this.#answered(noted, answer);
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

  #answered(noted: Noted, answer: unknown): unknown {
    noted.outcome = { answer };
    return answer;
  }

  #threw(noted: Noted, error: unknown): void {
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
