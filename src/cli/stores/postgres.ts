/** Sessions in a Postgres table, by pg or postgres.js. */
import { type PostgresClient, postgresStore } from "../../stores/postgres.ts";
import { postgresDialect } from "../../stores/sql/postgres.ts";
import { Failure, wordsOf } from "../failure.ts";
import type { OpenSql } from "../opened_store.ts";
import { loadClient, type Loaded } from "../project_modules.ts";
import { nameOf, type ServerAddress } from "../store_address.ts";
import type { SqlDatabase } from "./sql_database.ts";

/** Seconds until a server that does not answer is out of reach. */
const PATIENCE = 10;
/** What `copy` keeps busy. */
const CONNECTIONS = 4;

type Client = Pick<SqlDatabase, "query"> & Pick<OpenSql, "close"> & {
  readonly client: PostgresClient;
};

interface PgPool {
  on(event: "error", listener: () => void): unknown;
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  end(): Promise<void>;
}

interface PostgresJs {
  unsafe(text: string): PromiseLike<Record<string, unknown>[]>;
  end(): Promise<void>;
}

/** Opens it, and asks it something. */
export async function openPostgres(address: ServerAddress, folder: string): Promise<OpenSql> {
  const loaded = loadClient(folder, ["pg", "postgres"], "Postgres");
  const { client, query, close } = loaded.name === "pg"
    ? pg(loaded, address.url)
    : postgresJs(loaded, address.url);
  const name = nameOf(address);
  try {
    await query("SELECT 1 AS answer");
  } catch (error) {
    await close();
    throw new Failure(`${name} could not be opened: ${wordsOf(error)}`);
  }
  const { table, schema } = address;
  const place = schema === undefined ? { table } : { table, schema };
  const store = postgresStore({ client, sweepInterval: 0, ...place });
  return {
    kind: "postgres",
    name,
    store,
    database: { dialect: postgresDialect, place, query },
    close,
  };
}

function pg({ module }: Loaded, connectionString: string): Client {
  const { Pool } = module as { Pool: new (options: object) => PgPool };
  const pool = new Pool({
    connectionString,
    max: CONNECTIONS,
    connectionTimeoutMillis: PATIENCE * 1000,
  });
  // Of connections nobody uses: who asks next is told.
  pool.on("error", () => {});
  return {
    client: pool as PostgresClient,
    query: async (text) => (await pool.query(text)).rows,
    close: () => pool.end(),
  };
}

function postgresJs({ module }: Loaded, url: string): Client {
  const make = module as (url: string, options: object) => PostgresJs;
  const sql = make(url, { max: CONNECTIONS, connect_timeout: PATIENCE, onnotice: () => {} });
  return {
    client: sql as unknown as PostgresClient,
    query: async (text) => [...await sql.unsafe(text)],
    close: () => sql.end(),
  };
}
