/** Runs of one case that happen at once. */

/**
 * Runs all at once and waits for every one, also where one fails: a case that
 * ends leaves no call under way, whose failure would be another test's.
 *
 * @throws What the first of them threw.
 */
export async function together<T>(runs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results = await Promise.allSettled(runs.map((run) => run()));
  return results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** The same run so many times at once, each with its number. */
export function everyone<T>(count: number, run: (number: number) => Promise<T>): Promise<T[]> {
  return together(Array.from({ length: count }, (_, number) => () => run(number)));
}
