/** Refuses options that a store does not have, with the name that was perhaps meant. */
import { kindOf } from "../../errors.ts";

/** Throws a TypeError for the first option that is not among `known`. */
export function checkKnown(options: unknown, known: readonly string[]): void {
  refuseThing(options, known[0]);
  refuseUnknown(options, known, (name) => {
    const meant = nearest(name, known);
    return meant === undefined ? "" : `; did you mean "${meant}"?`;
  });
}

/** What a store is made of: the first of its options, which some pass alone. */
const THINGS = ["client", "collection", "kv", "namespace", "store"];

/** Throws a TypeError for the client itself (or whatever the store is made of) in place of options. */
function refuseThing(options: unknown, thing = ""): void {
  if (!THINGS.includes(thing) || options === null) return;
  if (typeof options !== "object" && typeof options !== "function") return;
  if (Object.hasOwn(options, thing) || isPlain(options)) return;
  const what = typeof (options as { then?: unknown }).then === "function"
    ? "a promise"
    : `the ${thing} itself`;
  throw new TypeError(`The options must be an object, not ${what}: pass { ${thing} }`);
}

/** Whether it holds values, and does nothing but what one slip may have added. */
function isPlain(options: object): boolean {
  if (![Object.prototype, null].includes(Object.getPrototypeOf(options) as object)) return false;
  return Object.values(options).filter((value) => typeof value === "function").length < 2;
}

/** The same without a guess, for the store that is in every bundle. */
export function refuseUnknown(
  options: unknown,
  known: readonly string[],
  hint: (name: string) => string = () => "",
): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`The options must be an object, not ${kindOf(options)}`);
  }
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    throw new TypeError(`There is no option "${name}", only ${known.join(", ")}${hint(name)}`);
  }
}

/** The known name that shares most with a wrong one, if that is half of it or more. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const candidate of known) {
    const share = 2 * shared(name.toLowerCase(), candidate.toLowerCase()) /
      (name.length + candidate.length);
    if (share > most) [best, most] = [candidate, share];
  }
  return most >= 0.5 ? best : undefined;
}

/** How many letters two names have in common, in the same order. */
function shared(one: string, other: string): number {
  let row = new Array<number>(other.length + 1).fill(0);
  for (const letter of one) {
    const next = [0];
    for (let at = 1; at <= other.length; at++) {
      const same = letter === other[at - 1] ? row[at - 1]! + 1 : 0;
      next.push(Math.max(same, row[at]!, next[at - 1]!));
    }
    row = next;
  }
  return row[other.length]!;
}
