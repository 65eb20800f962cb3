/** The clients of MySQL, known by their shape. */
import { kindOf } from "../../errors.ts";
import { isPromise } from "../../maybe_promise.ts";
import type { Driver, Result, Row } from "../sql/dialect.ts";
import { has, type LookAlike, refuseLookAlikes } from "../sql/look_alikes.ts";
import { type PlanetscaleClient, planetscaleDriver } from "./planetscale.ts";

/** What the store uses of the promise `Pool` or `Connection` of mysql2. */
export interface MysqlPromiseClient {
  /** Runs one prepared statement; the answer's first element is the rows or the header. */
  execute(text: string, values: (string | number | null)[]): Promise<[unknown, ...unknown[]]>;
}

/** What the store uses of the `Pool` or `Connection` of mysql2 that is asked with callbacks. */
export interface Mysql2CallbackClient {
  /** The same connections with promises. */
  promise(): MysqlPromiseClient;
}

/** What the store uses of the promise `Pool` or `Connection` of MariaDB's own connector. */
export interface MariadbClient {
  /** Runs one prepared statement; the answer is the rows or the header. */
  execute(asked: { sql: string }, values: (string | number | null)[]): Promise<unknown>;
  /** Runs a statement many times; the store only looks whether it is there. */
  batch(...args: never[]): Promise<unknown>;
}

/** What the store uses of that connector's `Pool` or `Connection` that is asked with callbacks. */
export interface MariadbCallbackClient {
  /** Runs one prepared statement and hands on an error, or the rows or the header. */
  execute(
    asked: { sql: string },
    values: (string | number | null)[],
    done: (error: unknown, answer?: unknown) => void,
  ): void;
  /** Runs a statement many times; the store only looks whether it is there. */
  batch(...args: never[]): void;
}

/** Any client that {@linkcode mysqlStore} takes. */
export type MysqlClient =
  | MysqlPromiseClient
  | Mysql2CallbackClient
  | MariadbClient
  | MariadbCallbackClient
  | PlanetscaleClient;

/** What to pass instead. */
const WANTED = "a client of mysql2, mariadb or @planetscale/database";

/** The clients of other databases, and of this one that answer otherwise. */
const LOOK_ALIKES: readonly LookAlike[] = [
  ["one of libSQL, which sqliteStore() takes", ["execute", "executeMultiple"], WANTED],
];

/** Finds out what kind of client this is. */
export function driverOf(client: MysqlClient): Driver {
  refuseLookAlikes(client, LOOK_ALIKES);
  if (!has(client, "execute")) {
    throw new TypeError(`Option "client" must be ${WANTED} with execute(), not ${kindOf(client)}`);
  }
  // What its transactions hand on has the connection, and goes with them.
  if (has((client as { conn?: unknown }).conn, "refresh")) {
    throw new TypeError(`Option "client" must be ${WANTED}, not a transaction of PlanetScale`);
  }
  if (has(client, "batch")) return mariadbDriver(client as MariadbClient | MariadbCallbackClient);
  // The `Client`, or what `connect()` makes.
  if (has(client, "transaction") && (has(client, "connection") || has(client, "refresh"))) {
    return planetscaleDriver(client as PlanetscaleClient);
  }
  const { promise } = client as Partial<Mysql2CallbackClient>;
  return mysql2Driver(promise?.call(client) ?? client as MysqlPromiseClient);
}

/** What mysql2 keeps of its options: a pool of callbacks has it beside that of its connections. */
interface Mysql2Client {
  readonly pool?: Mysql2Client;
  readonly connection?: Mysql2Client;
  readonly config?: Mysql2Options & { readonly connectionConfig?: Mysql2Options };
}

type Mysql2Options = { readonly [name in "rowsAsArray" | "nestTables" | "typeCast"]?: unknown };

/** Refuses options by which rows would come in another form. */
function refuseForms(client: Mysql2Client): void {
  const { config } = client.pool ?? client.connection ?? client;
  const { rowsAsArray, nestTables, typeCast } = config?.connectionConfig ?? config ?? {};
  const name = rowsAsArray ? "rowsAsArray" : nestTables ? "nestTables" : "typeCast";
  if (name === "typeCast" && typeCast !== false) return;
  throw new TypeError(`Option "client" must be a client of mysql2 without its option "${name}"`);
}

function mysql2Driver(client: MysqlPromiseClient): Driver {
  refuseForms(client as Mysql2Client);
  return async ({ text }, values) => {
    const answer = await client.execute(text, values);
    if (!Array.isArray(answer)) {
      throw new TypeError('Option "client" must answer as a client of mysql2 does: [rows, fields]');
    }
    return toResult(answer[0]);
  };
}

/**
 * What the application may have set for its own statements, and would change the answers to ours;
 * and `logParam`, by which an error quotes the values.
 */
const OWN = {
  rowsAsArray: false,
  metaAsArray: false,
  nestTables: false,
  namedPlaceholders: false,
  typeCast: undefined,
  logParam: false,
};

/**
 * The connector of MariaDB answers the rows, or the header, by themselves: as a promise or, to
 * the same method of "mariadb/callback", by a callback. Nobody but it says which.
 */
function mariadbDriver(client: MariadbClient | MariadbCallbackClient): Driver {
  return ({ text }, values) =>
    new Promise((resolve, reject) => {
      const done = (answer: unknown): void => {
        try {
          resolve(toResult(answer));
        } catch (error) {
          reject(error);
        }
      };
      // Its own copy: the connector writes into it.
      const asked: unknown = (client as MariadbCallbackClient).execute(
        { sql: text, ...OWN },
        values,
        (error, answer) => error ? reject(error) : done(answer),
      );
      if (isPromise(asked)) asked.then(done, reject);
    });
}

/** The rows of an answer, or what its header says: anything else is no answer. */
function toResult(answer: unknown): Result {
  if (Array.isArray(answer)) return { rows: answer as Row[], affected: 0 };
  const affected = Number(Object(answer).affectedRows);
  if (Number.isNaN(affected)) {
    throw new TypeError('Option "client" must answer a statement by its rows or its header');
  }
  return { rows: [], affected };
}
