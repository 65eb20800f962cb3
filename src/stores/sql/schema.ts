/** What there is of a table, and what is to be done about it. */
import { SessionError } from "../../errors.ts";
import type { Dialect, FoundTable, Place, Row } from "./dialect.ts";

/** Columns without which a table was not made for sessions such as ours. */
const OWN = ["sid", "sess", "expire"];
/** Those, and what other libraries' tables lack. */
const ALL = [...OWN, "version", "endless", "subject"];

/** Other libraries, by columns that together only their tables have. */
const OTHERS: readonly (readonly [library: string, columns: readonly string[]])[] = [
  ["express-mysql-session", ["session_id", "expires", "data"]],
  ["connect-session-knex or connect-sqlite3", ["sid", "sess", "expired"]],
  ["connect-session-sequelize", ["sid", "expires", "data"]],
  ["connect-typeorm", ["id", "json", "expiredAt"]],
];

/** Reads the rows that `Dialect.look()` asks for. */
export function toFoundTable(rows: readonly Row[]): FoundTable {
  const columns = new Map<string, string>();
  const indexes = new Set<string>();
  for (const { kind, name, type } of rows) {
    if (kind === "column") columns.set(String(name), String(type));
    else indexes.add(String(name));
  }
  return { columns, indexes };
}

/** The statements that a table needs; throws if it is another library's. */
export function toBeRun(dialect: Dialect, place: Place, found: FoundTable): string[] {
  if (isForeign(dialect, found)) throw foreign(place, found);
  return dialect.schema(place, found);
}

/** Says why a statement did not find what it asked for; nothing if the table has everything. */
export function whatIsMissing(
  dialect: Dialect,
  place: Place,
  found: FoundTable,
): SessionError | undefined {
  if (isForeign(dialect, found)) return foreign(place, found);
  if (found.columns.size === 0) return failure(`There is no table "${place.table}"`);
  const lacks = ALL.filter((name) => !found.columns.has(name));
  if (lacks.length === 0) return undefined;
  return failure(`The table "${place.table}" lacks ${lacks.join(", ")}`);
}

/** Has the columns of something else, or ours with types that would not do. */
function isForeign({ types }: Dialect, { columns }: FoundTable): boolean {
  if (columns.size === 0) return false;
  return OWN.some((name) => {
    const type = columns.get(name);
    return type === undefined || types[name]?.test(type) === false;
  });
}

function foreign({ table }: Place, { columns }: FoundTable): SessionError {
  const other = OTHERS.find(([, names]) => names.every((name) => columns.has(name)));
  const whose = other === undefined
    ? "was not made for this store"
    : `looks like one of ${other[0]}`;
  return new SessionError(
    "STORE_FAILED",
    `The table "${table}" ${whose}; name a table of the store's own in option "table" ` +
      "and run createSchema()",
  );
}

function failure(what: string): SessionError {
  return new SessionError("STORE_FAILED", `${what}: run createSchema()`);
}
