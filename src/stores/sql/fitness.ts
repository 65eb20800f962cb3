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
  ];
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
