/** Why createSchema() could not make a table or what it lacks, and who has to do what. */
import { SessionError } from "../../errors.ts";
import type { Dialect, FoundTable, Place } from "./dialect.ts";

/** How far it came. */
export interface Progress {
  /** What was there; nothing yet if it could not even be looked for. */
  readonly found: FoundTable | undefined;
  /** What has not been run. */
  readonly rest: readonly string[];
}

/** The driver's error in words that say what to do; nothing if it says something else. */
export function whyUnmade(
  dialect: Dialect,
  place: Place,
  { found, rest }: Progress,
  cause: unknown,
): SessionError | undefined {
  const table = `table "${place.table}"`;
  const failure = (why: string) => new SessionError("STORE_FAILED", why, { cause });
  const misplaced = dialect.misplaced(cause, place, found);
  if (misplaced !== undefined) return failure(misplaced);
  if (!dialect.isForbidden(cause)) return undefined;
  // Some drivers go on with the statement.
  const [said] = String((cause as Error).message).split("\n");
  if (found === undefined) {
    return failure(
      `This user may not look for the ${table} (${said}): ` +
        "whoever owns its schema has to GRANT USAGE on it",
    );
  }
  const texts = rest.map((text) => `${text.replace(/\s+/g, " ")};`).join(" ");
  return failure(
    found.columns.size === 0
      ? `The ${table} cannot be made by this user (${said}): ` +
        `whoever may has to run createSchema(), or: ${texts}`
      : `The ${table} lacks what this user may not add (${said}): ` +
        `its owner has to run createSchema(), or: ${texts}`,
  );
}
