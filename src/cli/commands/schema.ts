/** `websession schema`: prints or applies what a database lacks for sessions. */
import { Option } from "commander";
import { mysqlSchema } from "../../stores/mysql.ts";
import { postgresSchema } from "../../stores/postgres.ts";
import { sqliteSchema } from "../../stores/sqlite.ts";
import { EXIT } from "../exit_codes.ts";
import { badUsage, Failure } from "../failure.ts";
import { withStore } from "../open_store.ts";
import { parseStore, type ServerAddress } from "../store_address.ts";
import { schemaOf } from "../stores/sql_database.ts";
import { counted } from "../table_text.ts";
import { type AddCommand, storeOption } from "../tool.ts";

interface Options {
  readonly store?: string;
  readonly for?: string;
  readonly apply?: boolean;
}

/** From nothing, by the kind of database. */
const SCHEMAS = {
  postgres: ({ table, schema }: Pick<ServerAddress, "table" | "schema">) =>
    postgresSchema(schema === undefined ? { table } : { table, schema }),
  mysql: ({ table }: { table: string }) => mysqlSchema({ table }),
  sqlite: ({ table }: { table: string }) => sqliteSchema({ table }),
};

/** The SQL of an empty database of a kind, `postgres#schema.table`. Nothing is opened. */
function schemaFor(text: string): string {
  const [kind, place = ""] = text.split("#");
  if (!Object.hasOwn(SCHEMAS, kind!)) {
    throw badUsage("--for takes postgres, mysql or sqlite, and behind a # the name of a table");
  }
  const host = kind === "sqlite" ? "sqlite:file" : `${kind}://host/database`;
  const address = parseStore(place === "" ? host : `${host}#${place}`);
  return SCHEMAS[kind as keyof typeof SCHEMAS](address as ServerAddress).trimEnd();
}

/** Adds `schema`. */
export const addSchema: AddCommand = (program, tool) => {
  const { terminal } = tool;
  program.command("schema")
    .description("print, or apply, the SQL that a database lacks for sessions")
    .addOption(storeOption().makeOptionMandatory(false))
    .addOption(new Option("--for <database>", "the SQL of an empty one, without opening it"))
    .option("--apply", "run it; what is there stays")
    .action(async ({ store: url, for: database, apply = false }: Options) => {
      if (database !== undefined) {
        if (apply) throw badUsage("--apply needs a database, --store, not --for");
        terminal.print(schemaFor(database));
        return tool.end(EXIT.done);
      }
      if (url === undefined) throw badUsage("--store names the database, or --for its kind");
      if (parseStore(url).kind === "redis") throw badUsage("Redis has no schema");
      await withStore(url, apply ? "create" : "read", tool.folder, async (opened) => {
        if (opened.kind === "redis") throw new Failure("Redis has no schema");
        const { statements } = await schemaOf(opened.database);
        for (const statement of statements) terminal.print(`${statement};`);
        if (statements.length === 0) {
          terminal.note(`${opened.name} has everything`);
        } else if (!apply) {
          terminal.note(`${opened.name} lacks this; --apply runs it`);
        } else {
          await (opened.store as { createSchema?(): Promise<void> }).createSchema?.();
          terminal.note(`Ran ${counted(statements.length, "statement")} on ${opened.name}`);
        }
      });
      tool.end(EXIT.done);
    });
};
