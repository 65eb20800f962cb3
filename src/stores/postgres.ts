/**
 * Sessions in Postgres, in the table of connect-pg-simple.
 *
 * Atomic: every change is one statement that compares and swaps. An app may
 * move from connect-pg-simple to this store and back, or run both at once, and
 * no session ends; see {@linkcode postgresSchema} for the columns to add.
 *
 * @module
 */
import { kindOf } from "../errors.ts";
import { flag } from "../option_checks.ts";
import { sharedByBuilds } from "../shared_by_builds.ts";
import type { Driver, Row, Scalar, Statement } from "./sql/dialect.ts";
import { type LookAlike, refuseLookAlikes } from "./sql/look_alikes.ts";
import { checkName, resolvePlace, resolveSqlOptions, type SqlOptions } from "./sql/options.ts";
import { postgresDialect } from "./sql/postgres.ts";
import type { WatchableStore } from "../watchable_store.ts";
import type { PostgresListener } from "./postgres/listening.ts";
import { resolveListener, tellingOn, watching } from "./postgres/notices.ts";
import { type SlidingSqlSessionStore, SqlStore } from "./sql/store.ts";

export type { SlidingSqlSessionStore, SqlSessionStore } from "./sql/store.ts";
export type { SqlOptions } from "./sql/options.ts";
export type {
  PostgresListenClient,
  PostgresListener,
  PostgresListenSource,
} from "./postgres/listening.ts";

/**
 * What the store uses of a client that has `query()`: pg's `Pool` and
 * `Client`, PGlite, Neon's `Pool` and `neon()`, pg-promise.
 */
export interface PostgresQueryClient {
  /** Runs one statement; the answer is the rows, or an object with `rows`. */
  query(text: string, values: unknown[]): Promise<unknown>;
}

/** What the store uses of postgres.js, and of Bun's `SQL`. */
export interface PostgresUnsafeClient {
  /** Runs one statement; the answer is the rows. */
  unsafe(text: string, values: never[], options?: { prepare?: boolean }): PromiseLike<unknown>;
}

/** A plain query function, as older versions of Neon's `neon()` give one. */
export type PostgresQueryFunction = (text: string, values: unknown[]) => Promise<unknown>;

/** Any client that {@linkcode postgresStore} takes. */
export type PostgresClient = PostgresQueryClient | PostgresUnsafeClient | PostgresQueryFunction;

/** Where the sessions are. */
export interface PostgresPlace {
  /**
   * The table. A letter or `_`, then letters, digits and `_`; at most 51 of
   * them.
   *
   * @default {"session"}
   */
  table?: string;
  /**
   * The schema that holds the table; without one, the `search_path` of the
   * connection finds it. Spelled as `table` is.
   */
  schema?: string;
}

/** Options of {@linkcode postgresStore}. */
export interface PostgresStoreOptions extends SqlOptions, PostgresPlace {
  /** The client. The store never opens or closes connections. */
  client: PostgresClient;
  /**
   * Whether pg's `Pool` and `Client` prepare each statement once on every
   * connection: that halves the cost of a read. Leave it off behind a pooler
   * that shares connections by the transaction and cannot do it (PgBouncer
   * before 1.21). postgres.js goes by its own option of the same name.
   *
   * @default {false}
   */
  prepare?: boolean;
  /**
   * Hears what other processes do: a function that makes a client of pg (`() => new Client()`),
   * which is connected and ended here, once more whenever it was cut; or postgres.js, or PGlite.
   * With it every process is told at once when a session ends or moves (`watch`, for
   * `session.signal`): the statements that do it notify as well. Give it to every process of the
   * application, be it only for them to tell.
   *
   * Not through a pooler that shares connections by the transaction: `LISTEN` needs one of its own.
   *
   * @default {undefined}, nobody is told, and nothing is notified
   */
  listener?: PostgresListener;
}

/** The store that {@linkcode postgresStore} makes. */
export type PostgresSessionStore = SlidingSqlSessionStore;

/**
 * Makes a store in a Postgres table.
 *
 * A `timestamp` column, as connect-pg-simple makes it, holds local times of the
 * connection's `TimeZone`: keep that the same on every connection, or make the
 * column a `timestamptz`, which both libraries read and write as well.
 *
 * Expired rows stay until they are swept; they are never read as sessions. connect-pg-simple inserts with each save, so while it shares the
 * table, a session it saves late comes back after a `destroy()`.
 *
 * @param options The client, and where the sessions are; see {@linkcode PostgresStoreOptions}.
 * @returns A store that is atomic, slides, sweeps, iterates and knows its subjects.
 * @throws {TypeError} If an option is missing, unknown or of the wrong type, or a name is no plain name.
 *
 * @example
 * ```ts
 * import { PGlite } from "@electric-sql/pglite";
 * import { postgresStore } from "@websession/websession/stores/postgres";
 *
 * const store = postgresStore({ client: new PGlite() });
 * await store.createSchema();
 * await store.create("an-id", { json: '{"cookie":{}}', expires: null });
 * if (await store.length() !== 1) throw new Error("not stored");
 * ```
 */
export function postgresStore(
  options: PostgresStoreOptions & { listener: PostgresListener },
): PostgresSessionStore & WatchableStore;
/** Makes a store in a Postgres table. */
export function postgresStore(options: PostgresStoreOptions): PostgresSessionStore;
export function postgresStore(options: PostgresStoreOptions): PostgresSessionStore {
  const resolved = resolveSqlOptions(options, postgresDialect, ["schema", "prepare", "listener"]);
  const { client, schema } = options;
  const listen = resolveListener(options.listener);
  const { table } = resolved;
  const dialect = listen === undefined
    ? postgresDialect
    : { ...postgresDialect, telling: tellingOn(table) };
  checkSchema(schema);
  const prepare = flag("prepare", options.prepare);
  const driver = driverOf(client, prepare);
  const store = new SqlStore({ ...resolved, schema, dialect, driver });
  if (listen !== undefined) Object.assign(store, watching(table, driver, listen));
  return store as SqlStore & PostgresSessionStore;
}

/**
 * The statements that `createSchema()` runs where there is no table, for those who migrate by hand.
 *
 * On a table of connect-pg-simple they add three nullable columns (`version`,
 * `endless`, `subject`) and an index: no row is rewritten, and
 * connect-pg-simple goes on working.
 *
 * @param place The table and its schema; see {@linkcode PostgresPlace}.
 * @returns SQL text, one statement after the other.
 * @throws {TypeError} If an option is unknown, or a name is no plain name.
 *
 * @example
 * ```ts
 * import { postgresSchema } from "@websession/websession/stores/postgres";
 *
 * console.log(postgresSchema({ table: "user_sessions" }));
 * ```
 */
export function postgresSchema(place: PostgresPlace = {}): string {
  const { table } = resolvePlace(place, postgresDialect, ["schema"]);
  const { schema } = place;
  checkSchema(schema);
  return postgresDialect.schema({ table, schema }).map((text) => `${text};\n`).join("");
}

/** Refuses what is no plain name of a schema, or one that every connection has for itself. */
function checkSchema(schema: unknown): void {
  if (schema === undefined) return;
  checkName("schema", schema, postgresDialect.longestName);
  if (!/^pg_temp(?:_\d+)?$/i.test(String(schema))) return;
  throw new TypeError(
    `Option "schema" must be one that every connection finds, not "${String(schema)}"`,
  );
}

/** The clients of other databases, and of this one that answer otherwise. */
const LOOK_ALIKES: readonly LookAlike[] = [
  ["pg-native", ["query", "querySync"], "a client with promises, as pg's Pool is"],
  ["one of MySQL, which mysqlStore() takes", ["query", "execute"], "a client of Postgres"],
  ["one of SQLite, which sqliteStore() takes", ["query", "prepare"], "a client of Postgres"],
];

function driverOf(client: PostgresClient, prepare: boolean): Driver {
  refuseLookAlikes(client, LOOK_ALIKES);
  const { query, unsafe } = Object(client) as Partial<PostgresQueryClient & PostgresUnsafeClient>;
  if (typeof query === "function") {
    if (prepare) return preparing(query.bind(client) as unknown as PgQuery);
    return async ({ text }, values) => toResult(await query.call(client, text, values));
  }
  if (typeof unsafe === "function") {
    // Prepared, as every other statement of postgres.js: else it describes each one first.
    return async ({ text, once }, values) =>
      toResult(await unsafe.call(client, text, values as never[], { prepare: once !== true }));
  }
  if (typeof client === "function") {
    return async ({ text }, values) => toResult(await client(text, values));
  }
  throw new TypeError(
    'Option "client" must be a Postgres client with query() or unsafe(), or a query function, ' +
      `not ${kindOf(client)}`,
  );
}

/** Clients count changed rows differently or not at all, so the statements return them. */
function toResult(answer: unknown): { rows: Row[]; affected: number } {
  const rows = (Array.isArray(answer) ? answer : (answer as { rows: Row[] }).rows) as Row[];
  return { rows, affected: rows.length };
}

/** pg's own form of a query: a statement with a name is prepared. */
type PgQuery = (query: { name: string; text: string; values: Scalar[] }) => Promise<unknown>;

/** A connection knows a name for one statement only, whichever build gave it. */
const names = sharedByBuilds("statements", () => ({ given: 0 }));

function preparing(query: PgQuery): Driver {
  const named = new WeakMap<Statement, string>();
  return async (statement, values) => {
    let name = statement.once === true ? "" : named.get(statement);
    if (name === undefined) named.set(statement, name = `websession_${++names.given}`);
    return toResult(await query({ name, text: statement.text, values }));
  };
}
