/** What keeps a table that is there from holding sessions. */
import type { Dialect, FoundTable, Need } from "./dialect.ts";

/** The longest id or subject that a store has to keep, in characters. */
export const LONGEST = 128;

/** A need that the spelling of a type decides. */
export function need(needed: string, types: RegExp): Need {
  return { needed, fits: (type) => types.test(type) };
}

/** Why the statements would fail, or take one session for another; empty if they do not. */
export function faultsOf(dialect: Dialect, found: FoundTable): string[] {
  const flaw = dialect.flawIn?.(found.definition);
  return [
    ...(flaw === undefined ? [] : [flaw]),
    ...[...found.columns].flatMap(([name]) => faultsIn(dialect, found, name)),
    ...(found.keys.has("sid") ? [] : ['column "sid" is no primary or unique key by itself']),
    ...found.uniques.filter((parts) => isInTheWay(found, parts)).map((parts) =>
      `a unique key over ${parts.join(" and ")} refuses a second session of the same: ` +
      'it needs column "sid" as well, or not to be unique'
    ),
  ];
}

/** Columns of the store's, in what a key or another column is made of. */
const OURS = /\b(?:sid|sess|expire|version|endless|subject)\b/;

/** Whether a unique key is over nothing but what the store writes, and not over the whole id. */
function isInTheWay({ columns }: FoundTable, parts: readonly string[]): boolean {
  if (parts.includes("sid")) return false;
  return parts.every((part) => {
    const [, made] = / GENERATED ALWAYS(.*)$/s.exec(columns.get(part)?.type ?? "") ?? [];
    return OURS.test(part) || made === "" || OURS.test(made ?? "");
  });
}

function faultsIn({ needs, typeIn }: Dialect, found: FoundTable, name: string): string[] {
  const { type, takesNull, isRequired } = found.columns.get(name)!;
  const need = needs[name];
  if (need === undefined) {
    return isRequired
      ? [`column "${name}" is NOT NULL without a default, and not the store's`]
      : [];
  }
  const whole = type + (typeIn?.(found.definition, name) ?? "");
  if (!need.fits(whole)) {
    return [`column "${name}" is ${whole || "of no type"}, not ${need.needed}`];
  }
  // Most sessions have none.
  return name === "subject" && !takesNull
    ? ['column "subject" is NOT NULL, and must take NULL']
    : [];
}
