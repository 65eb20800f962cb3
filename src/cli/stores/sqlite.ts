/** Sessions in a SQLite file, by Node's own client or better-sqlite3. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { sqliteStore, type SqliteSyncClient } from "../../stores/sqlite.ts";
import { sqliteDialect } from "../../stores/sql/sqlite.ts";
import { Failure, wordsOf } from "../failure.ts";
import type { Access, OpenSql } from "../opened_store.ts";
import { loadBuiltin, loadClient } from "../project_modules.ts";
import { type FileAddress, nameOf } from "../store_address.ts";
import type { AnyRow } from "./sql_database.ts";

interface Database extends SqliteSyncClient {
  close(): void;
}

/** Opens it: no file is made but where one is to be filled. */
export function openSqlite(address: FileAddress, access: Access, folder: string): OpenSql {
  const file = resolve(folder, address.file);
  const name = nameOf(address);
  if (access !== "create" && !existsSync(file)) throw new Failure(`${name}: there is no such file`);
  const database = open(file, access === "read", folder, name);
  const { table } = address;
  return {
    kind: "sqlite",
    name,
    store: sqliteStore({ client: database, sweepInterval: 0, table }),
    database: {
      dialect: sqliteDialect,
      place: { table },
      query: (text) => Promise.resolve(database.prepare(text).all() as AnyRow[]),
    },
    close: () => Promise.resolve(database.close()),
  };
}

function open(file: string, readOnly: boolean, folder: string, name: string): Database {
  const builtin = loadBuiltin("node:sqlite");
  try {
    const database = builtin === undefined
      ? betterSqlite(file, readOnly, folder)
      : new builtin.DatabaseSync(file, { readOnly });
    // A file that is no database is only noticed when it is read.
    database.prepare("PRAGMA schema_version").all();
    return database as Database;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`${name} could not be opened: ${wordsOf(error)}`);
  }
}

function betterSqlite(file: string, readonly: boolean, folder: string): Database {
  const what = "SQLite on a Node without node:sqlite (it is in 22.13 and later)";
  const { module } = loadClient(folder, ["better-sqlite3"], what);
  return new (module as new (file: string, options: object) => Database)(file, { readonly });
}
