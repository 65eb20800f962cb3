/** What is fuzzed: a law, and input that fast-check draws by a seed and makes small when it fails. */
import fc from "fast-check";

export interface Property {
  /** Sentence of the law. */
  readonly name: string;
  /** So many runs belong to a round. */
  readonly runs: number;
  /** The text of a failure, or `undefined`. */
  run(seed: number, runs: number): Promise<string | undefined>;
}

/** A law that input must keep: it throws, or rejects, where that does not. */
export function property<T>(
  name: string,
  runs: number,
  input: fc.Arbitrary<T>,
  law: (input: T) => void | Promise<void>,
): Property {
  return {
    name,
    runs,
    async run(seed, numRuns) {
      const checked = fc.asyncProperty(input, async (drawn) => await law(drawn));
      const details = await fc.check(checked, { seed, numRuns });
      if (!details.failed) return undefined;
      const { stack } = Object(details.errorInstance) as { stack?: string };
      return `${fc.defaultReportMessage(details)}\n\n${stack}`;
    },
  };
}

/** A law that was broken. */
export function broken(what: string, ...shown: readonly unknown[]): never {
  throw new Error([what, ...shown.map((each) => JSON.stringify(each))].join("\n  "));
}

/** Whether two things are the same JSON, whatever the order of their keys. */
export function sameJson(one: unknown, other: unknown): boolean {
  return canonical(one) === canonical(other);
}

function canonical(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, each) => {
    if (typeof each !== "object" || each === null || Array.isArray(each)) return each;
    // A map, so that no key is special.
    return Object.entries(each).sort(([one], [other]) => one < other ? -1 : 1);
  });
}
