/** What the SQL stores refuse when they are made, and not later. */
import { describe, expect, test, vi } from "vitest";
import { type MysqlClient, mysqlSchema, mysqlStore } from "../../src/stores/mysql.ts";
import { postgresSchema, postgresStore } from "../../src/stores/postgres.ts";
import { sqliteSchema, sqliteStore } from "../../src/stores/sqlite.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** A thing with methods of these names, which nobody may call. */
function thing(...methods: string[]): Any {
  const called = (name: string) => () => expect.fail(`${name}() was called`);
  return Object.fromEntries(methods.map((name) => [name, called(name)]));
}

const makers: [name: string, make: (options: Any) => unknown, client: Any][] = [
  ["mysqlStore", mysqlStore as Any, thing("execute", "query", "getConnection")],
  ["postgresStore", postgresStore as Any, thing("query", "connect")],
  ["sqliteStore", sqliteStore as Any, thing("prepare", "exec")],
];

describe.each(makers)("%s()", (_name, make, client) => {
  test.each([
    ["tableName", "table"],
    ["Table", "table"],
    ["tabel", "table"],
    ["sweepIntervall", "sweepInterval"],
    ["pruneSessionInterval", "sweepInterval"],
    ["clients", "client"],
    ["tTl", "ttl"],
  ])("refuses the option %s, and asks whether %s was meant", (wrong, meant) => {
    const made = () => make({ client, [wrong]: "sessions" });
    expect(made).toThrow(TypeError);
    expect(made).toThrow(`There is no option "${wrong}", only client, table, ttl, sweepInterval`);
    expect(made).toThrow(`; did you mean "${meant}"?`);
  });

  test("refuses an option that is like no other, and names those there are", () => {
    expect(() => make({ client, pool: 1 })).toThrow(
      /^There is no option "pool", only client, table, ttl, sweepInterval, now[^;]*$/,
    );
    expect(() => make({ client, pool: undefined })).not.toThrow();
  });

  test.each([undefined, null, "options"])("refuses %s as options", (options) => {
    expect(() => make(options)).toThrow(TypeError);
    expect(() => make(options)).toThrow(/^The options must be an object, not /);
  });

  test.each([-1, NaN, "900", false])("refuses %s as sweepInterval", (sweepInterval) => {
    expect(() => make({ client, sweepInterval })).toThrow(/^Option "sweepInterval" must be/);
  });

  test.each([
    ["Knex", thing("raw", "batchInsert", "select", "insert", "query", "execute")],
    ["Knex", Object.assign(() => {}, thing("raw", "batchInsert"))],
    ["Sequelize", thing("define", "authenticate", "query")],
    ["TypeORM", thing("createQueryRunner", "getRepository", "query")],
    ["Prisma", thing("$queryRawUnsafe", "$connect")],
    ["Kysely", thing("selectFrom", "executeQuery")],
    ["Drizzle", thing("select", "insert", "update", "delete", "execute")],
  ])("refuses %s, and says what to pass (%#)", (what, builder) => {
    const made = () => make({ client: builder });
    expect(made).toThrow(TypeError);
    expect(made).toThrow(
      `Option "client" must be the pool or the connection of the driver below it, not ${what}`,
    );
  });
});

describe.each([
  ["mysqlSchema", mysqlSchema as Any],
  ["postgresSchema", postgresSchema as Any],
  ["sqliteSchema", sqliteSchema as Any],
])("%s()", (_name, schema) => {
  test("refuses an option that it does not have, and what is no object", () => {
    expect(() => schema({ tabel: "x" })).toThrow(TypeError);
    expect(() => schema({ tabel: "x" })).toThrow(
      /^There is no option "tabel", only table(, schema)?; did you mean "table"\?$/,
    );
    for (const wrong of ["t", 5, null]) {
      expect(() => schema(wrong)).toThrow(TypeError);
      expect(() => schema(wrong)).toThrow(/^The options must be an object, not /);
    }
    expect(schema({ table: undefined })).toBe(schema());
  });
});

test.each([
  ["pg_temp", (schema: string) => postgresSchema({ schema })],
  ["PG_TEMP_3", (schema: string) => postgresStore({ client: makers[1]![2], schema })],
])("the schema %s, which each connection has for itself, is refused", (schema, make) => {
  expect(() => make(schema)).toThrow(TypeError);
  expect(() => make(schema)).toThrow(
    `Option "schema" must be one that every connection finds, not "${schema}"`,
  );
});

test("sqliteStore() and postgresStore() have options of their own", () => {
  const sqlite = makers[2]![2], postgres = makers[1]![2];
  expect(() => sqliteStore({ client: sqlite, busyTimeout: 0 })).not.toThrow();
  expect(() => sqliteStore({ client: sqlite, busyTimeout: -1 })).toThrow(/"busyTimeout" must be/);
  expect(() => sqliteStore({ client: sqlite, busytimeout: 1 } as Any))
    .toThrow(/did you mean "busyTimeout"/);
  expect(() => postgresStore({ client: postgres, schemaName: "x" } as Any))
    .toThrow(/did you mean "schema"/);
});

test.each([
  [
    postgresStore,
    thing("query", "execute", "getConnection"),
    "not one of MySQL, which mysqlStore() takes",
  ],
  [
    postgresStore,
    thing("query", "prepare", "exec"),
    "not one of SQLite, which sqliteStore() takes",
  ],
  [postgresStore, thing("query", "querySync", "prepare"), "with promises"],
  [
    sqliteStore,
    thing("execute", "query", "getConnection"),
    "not one of MySQL, which mysqlStore() takes",
  ],
  [
    sqliteStore,
    thing("prepare", "each", "serialize", "run", "all"),
    "not sqlite3, sqlite or sql.js",
  ],
  [sqliteStore, thing("prepare", "each", "export", "exec"), "not sqlite3, sqlite or sql.js"],
  [sqliteStore, thing("execute", "prepareQuery", "query"), "must be"],
  [mysqlStore, thing("execute", "executeMultiple", "batch"), "not one of libSQL"],
  [
    mysqlStore,
    { ...thing("execute"), conn: thing("execute", "refresh") },
    "not a transaction of PlanetScale",
  ],
  [mysqlStore, thing("query", "getConnection"), "with execute()"],
])("a client of another kind is refused, by what it is (%#)", (make, client, why) => {
  const made = () => (make as Any)({ client });
  expect(made).toThrow(TypeError);
  expect(made).toThrow(why);
});

describe("mysqlStore()", () => {
  test("serves the callback pool of mysql2 by its promises", async () => {
    const execute = vi.fn((..._asked: unknown[]) => Promise.resolve<[unknown, unknown]>([[], []]));
    const callback = { ...thing("execute", "query"), promise: () => ({ execute }) };
    const store = mysqlStore({ client: callback });
    expect(await store.read("id")).toBeUndefined();
    expect(execute).toHaveBeenCalledOnce();
  });

  test("serves MariaDB's own connector, which answers rows or a header", async () => {
    const answers: unknown[] = [[], { affectedRows: 1, insertId: 0n }, [{ live: 3n }]];
    const execute = (_asked: { sql: string }, _values: unknown[]) =>
      Promise.resolve(answers.shift());
    const client: MysqlClient = { execute, batch: () => Promise.resolve() };
    const store = mysqlStore({ client, sweepInterval: 0 });
    expect(await store.read("id")).toBeUndefined();
    expect(await store.create("id", { json: "{}", expires: null })).toBe(true);
    expect(await store.length()).toBe(3);
  });

  test("serves that connector's callbacks, also of a method that does not count its parameters", async () => {
    const answers: unknown[][] = [[null, []], [null, { affectedRows: 1 }], [new Error("no")]];
    const execute = (...asked: unknown[]) => {
      const [error, answer] = answers.shift()!;
      queueMicrotask(() => (asked[2] as (error: unknown, answer: unknown) => void)(error, answer));
    };
    const client: MysqlClient = { execute, batch() {} };
    const store = mysqlStore({ client, sweepInterval: 0 });
    expect(await store.read("id")).toBeUndefined();
    expect(await store.create("id", { json: "{}", expires: null })).toBe(true);
    await expect(store.destroy("id")).rejects.toThrow(/^no$/);
  });

  test.each([
    ["mariadb", { execute: () => Promise.resolve(undefined), batch: () => Promise.resolve() }],
    ["mariadb/callback", { execute: (...asked: Any[]) => asked[2](null), batch() {} }],
    ["mysql2", { execute: () => Promise.resolve([]) }],
    ["PlanetScale", { ...thing("refresh", "transaction"), execute: () => Promise.resolve({}) }],
  ])("an answer that is none, of %s, is a failure: no session that is gone", async (_, client) => {
    const store = mysqlStore({ client: client as Any, sweepInterval: 0 });
    const record = { json: "{}", expires: null };
    for (
      const ask of [
        () => store.commit("id", record, 1),
        () => store.touch("id", null),
        () => store.destroy("id"),
      ]
    ) await expect(ask()).rejects.toThrow(/^Option "client" must answer/);
  });
});

test("sqliteStore() takes a client that answers how many rows were changed as a number", async () => {
  const run = vi.fn(() => 1);
  const client = { prepare: () => ({ all: () => [], run }) };
  const store = sqliteStore({ client, sweepInterval: 0 });
  expect(await store.touch("id", null)).toBe(true);
});
