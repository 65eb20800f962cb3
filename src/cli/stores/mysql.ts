/** Sessions in a table of MySQL or MariaDB, by mysql2 or mariadb. */
import { type MysqlClient, mysqlStore } from "../../stores/mysql.ts";
import { mysqlDialect } from "../../stores/sql/mysql.ts";
import { badUsage, Failure, wordsOf } from "../failure.ts";
import type { OpenSql } from "../opened_store.ts";
import { loadClient } from "../project_modules.ts";
import { nameOf, type ServerAddress } from "../store_address.ts";
import type { AnyRow } from "./sql_database.ts";

/** Milliseconds until a server that does not answer is out of reach. */
const PATIENCE = 10_000;
/** What `copy` keeps busy. */
const CONNECTIONS = 4;

interface Pool {
  query(text: string): Promise<unknown>;
  end(): Promise<void>;
}

/** Opens it, and asks it something. */
export async function openMysql(address: ServerAddress, folder: string): Promise<OpenSql> {
  const { name: client, module } = loadClient(folder, ["mysql2/promise", "mariadb"], "MySQL");
  const isMysql2 = client !== "mariadb";
  const { hostname, port, username, password, pathname, searchParams } = new URL(address.url);
  if (pathname.length < 2) throw badUsage("The URL names no database, as in mysql://localhost/app");
  const { createPool } = module as { createPool(options: object): Pool };
  const pool = createPool({
    host: hostname,
    port: port === "" ? 3306 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    connectionLimit: CONNECTIONS,
    connectTimeout: PATIENCE,
    ...isMysql2 ? {} : { acquireTimeout: PATIENCE, initializationTimeout: PATIENCE },
    ...searchParams.get("ssl") === "true" ? { ssl: {} } : {},
  });
  const query = async (text: string): Promise<readonly AnyRow[]> => {
    const answer = await pool.query(text) as unknown[];
    return (isMysql2 ? answer[0] : answer) as AnyRow[];
  };
  const name = nameOf(address);
  try {
    await query("SELECT 1 AS answer");
  } catch (error) {
    await pool.end();
    throw new Failure(`${name} could not be opened: ${wordsOf(error)}`);
  }
  const { table } = address;
  return {
    kind: "mysql",
    name,
    store: mysqlStore({ client: pool as unknown as MysqlClient, sweepInterval: 0, table }),
    database: { dialect: mysqlDialect, place: { table }, query },
    close: () => pool.end(),
  };
}
