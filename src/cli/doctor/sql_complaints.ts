/** What is wrong with a database that keeps sessions, whichever it is: its table, and its settings. */
import { SCHEMA_COMMAND, wordsOf } from "../failure.ts";
import type { OpenSql } from "../opened_store.ts";
import {
  quotedName,
  schemaOf,
  type SchemaState,
  type SqlDatabase,
} from "../stores/sql_database.ts";
import { type Complaint, complaints, error, warning } from "./finding.ts";
import { mysqlComplaints } from "./mysql_complaints.ts";
import { postgresComplaints } from "./postgres_complaints.ts";

/** Settings by their names, in lower case. */
export type Settings = Readonly<Record<string, string>>;

/** What a database says of its settings, in two columns. */
const SETTINGS = {
  postgres: (table: string) =>
    "SELECT name, setting AS value FROM pg_settings UNION ALL " +
    "SELECT 'in_recovery', pg_is_in_recovery()::text UNION ALL " +
    `SELECT 'persistence', relpersistence::text FROM pg_class WHERE oid = to_regclass('${table}')`,
  mysql: (table: string) =>
    "SELECT variable_name AS name, variable_value AS value " +
    "FROM information_schema.session_variables UNION ALL " +
    "SELECT 'engine', engine FROM information_schema.tables " +
    `WHERE table_schema = DATABASE() AND table_name = '${table}'`,
};

/** Asks it, and says everything that is. */
export async function sqlComplaints({ kind, database }: OpenSql): Promise<Complaint[]> {
  switch (kind) {
    case "postgres": {
      const settings = toSettings(await database.query(SETTINGS.postgres(quotedName(database))));
      return [...await tableComplaints(database), ...postgresComplaints(settings)];
    }
    case "mysql": {
      const settings = await mysqlSettings(database);
      return [...await tableComplaints(database), ...mysqlComplaints(settings)];
    }
    case "sqlite": {
      const [mode] = await database.query("PRAGMA journal_mode");
      return [...await tableComplaints(database), ...sqliteComplaints(String(mode?.journal_mode))];
    }
  }
}

async function tableComplaints(database: SqlDatabase): Promise<Complaint[]> {
  try {
    return schemaComplaints(await schemaOf(database));
  } catch (failure) {
    return [error("foreign-table", wordsOf(failure), "A table of its own: #name behind the URL")];
  }
}

/** What a table lacks. */
export function schemaComplaints({ failure, statements }: SchemaState): Complaint[] {
  const remedy = SCHEMA_COMMAND;
  return complaints(
    [failure !== undefined, error("no-schema", `${failure?.split(":")[0]}`, remedy)],
    [
      failure === undefined && statements.length > 0,
      warning(
        "no-index",
        "The table lacks an index: each sweep or list() reads all of it",
        remedy,
      ),
    ],
  );
}

/** What is wrong with a SQLite file. */
export function sqliteComplaints(journalMode: string): Complaint[] {
  return complaints(
    [
      ["off", "memory"].includes(journalMode),
      error(
        "journal-mode",
        `journal_mode is ${journalMode}: a crash while something is written ruins the file`,
        "PRAGMA journal_mode = WAL",
      ),
    ],
    [
      ["delete", "truncate", "persist"].includes(journalMode),
      warning(
        "journal-mode",
        `journal_mode is ${journalMode}: whoever writes locks every reader out, and waits for the disk`,
        "PRAGMA journal_mode = WAL, once for the file",
      ),
    ],
  );
}

async function mysqlSettings(database: SqlDatabase): Promise<Settings> {
  const table = database.place.table;
  try {
    return toSettings(await database.query(SETTINGS.mysql(table)));
  } catch {
    // MySQL 8 has them elsewhere.
    const elsewhere = SETTINGS.mysql(table)
      .replace("information_schema.session_variables", "performance_schema.session_variables");
    return toSettings(await database.query(elsewhere));
  }
}

function toSettings(rows: readonly Readonly<Record<string, unknown>>[]): Settings {
  return Object.fromEntries(rows.map((row) => {
    return [String(row.name).toLowerCase(), String(row.value)];
  }));
}
