/** What there is of a table, and what is to be done about it. */
import { SessionError } from "../../errors.ts";
import type { Dialect, FoundColumn, FoundTable, Place, Row } from "./dialect.ts";
import { faultsOf } from "./fitness.ts";

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
  let kind: string | undefined;
  let definition = "";
  const columns = new Map<string, FoundColumn>();
  const indexes = new Set<string>();
  const keys = new Set<string>();
  const uniques: string[][] = [];
  for (const row of rows) {
    const [name, type, note] = [row.name, row.type, row.note].map((text) => String(text ?? ""));
    if (row.kind === "table") {
      [kind, definition] = [name, type!];
    } else if (row.kind === "column") {
      columns.set(name!, { type: type!, takesNull: note === "", isRequired: note === "required" });
    } else {
      indexes.add(name!);
      if (note === "key") keys.add(name!);
      if (type !== "") uniques.push(type!.split(" and "));
    }
  }
  return { kind, definition, columns, indexes, keys, uniques };
}

/** The statements that a table needs; throws if it is none, another library's, or does not fit. */
export function toBeRun(dialect: Dialect, place: Place, found: FoundTable): string[] {
  const refused = refusal(dialect, place, found);
  if (refused !== undefined) throw refused;
  return dialect.schema(place, found);
}

/** Says why a statement failed by what the table is; nothing if it has everything and fits. */
export function whatIsMissing(
  dialect: Dialect,
  place: Place,
  found: FoundTable,
): SessionError | undefined {
  const refused = refusal(dialect, place, found);
  if (refused !== undefined) return refused;
  if (found.columns.size === 0) return failure(`There is no table "${place.table}"`);
  const lacks = ALL.filter((name) => !found.columns.has(name));
  if (lacks.length === 0) return undefined;
  return failure(`The table "${place.table}" lacks ${lacks.join(", ")}`);
}

/** Why nothing that is added would make a table of this. */
function refusal(dialect: Dialect, { table }: Place, found: FoundTable): SessionError | undefined {
  const { kind = "table", columns } = found;
  if (kind !== "table") {
    const article = /^[aeiou]/.test(kind) ? "an" : "a";
    return refused(`"${table}" is ${article} ${kind} and no table`, "name");
  }
  if (columns.size === 0) return undefined;
  if (OWN.some((name) => !columns.has(name))) {
    const other = OTHERS.find(([, names]) => names.every((name) => columns.has(name)));
    const whose = other === undefined
      ? "was not made for this store"
      : `looks like one of ${other[0]}`;
    return refused(`The table "${table}" ${whose}`, "name");
  }
  const faults = faultsOf(dialect, found);
  if (faults.length === 0) return undefined;
  return refused(
    `The table "${table}" cannot hold sessions: ${faults.join("; ")}`,
    "change it, or name",
  );
}

function refused(why: string, what: "name" | "change it, or name"): SessionError {
  return new SessionError(
    "STORE_FAILED",
    `${why}; ${what} a table of the store's own in option "table" and run createSchema()`,
  );
}

function failure(what: string): SessionError {
  return new SessionError("STORE_FAILED", `${what}: run createSchema()`);
}
