/** A database beside its sessions: what the tool asks of it that the store does not. */
import type { Dialect, Place, Row } from "../../stores/sql/dialect.ts";
import { toBeRun, toFoundTable, whatIsMissing } from "../../stores/sql/schema.ts";

/** One row, by the names of its columns. */
export type AnyRow = Readonly<Record<string, unknown>>;

/** A database with a place for sessions. */
export interface SqlDatabase {
  readonly dialect: Dialect;
  readonly place: Place;
  /** Runs one statement. */
  query(text: string): Promise<readonly AnyRow[]>;
}

/** What a table lacks. */
export interface SchemaState {
  /** The statements that `createSchema()` would run. */
  readonly statements: readonly string[];
  /** Why sessions cannot be kept as it is; nothing if they can. */
  readonly failure: string | undefined;
}

/** The table's name in quotes, with its schema. */
export function quotedName({ dialect, place }: Pick<SqlDatabase, "dialect" | "place">): string {
  const table = dialect.quote(place.table);
  return place.schema === undefined ? table : `${dialect.quote(place.schema)}.${table}`;
}

/**
 * Looks at the table.
 *
 * @throws {SessionError} If it is another library's.
 */
export async function schemaOf(database: SqlDatabase): Promise<SchemaState> {
  const { dialect, place } = database;
  const rows = await database.query(dialect.look(place, quotedName(database)));
  const found = toFoundTable(rows as readonly Row[]);
  return {
    statements: toBeRun(dialect, place, found),
    failure: whatIsMissing(dialect, place, found)?.message,
  };
}
