/** Refuses slips in what a test plans: a fault that nobody knows never happens, and its test shows nothing. */

/** @throws {TypeError} If a name is not among the known ones. */
export function checkNames(what: string, given: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || known.includes(name)) continue;
    throw new TypeError(`${what} has no "${name}", only ${known.join(", ")}`);
  }
}

/** @throws {TypeError} If a word is given that is not among the known ones. */
export function checkWord(what: string, given: unknown, known: Iterable<string>): void {
  const words = [...known];
  if (given === undefined || words.includes(given as string)) return;
  throw new TypeError(`${what} must be one of ${words.join(", ")}, not ${JSON.stringify(given)}`);
}
