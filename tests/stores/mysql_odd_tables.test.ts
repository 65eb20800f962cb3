/** Which tables createSchema() of the MySQL store takes as they are, and which it refuses. */
import mariadb from "mariadb";
import { createPool, type Pool } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";
import {
  type Columns,
  columnsOf,
  holdsSessions,
  refusesTable,
  refusesWhatIsNoTable,
} from "./sql_odd_tables.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const OURS: Columns = {
  sid: "VARBINARY(1024) NOT NULL PRIMARY KEY",
  sess: "LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
  expire: "BIGINT NOT NULL",
  version: "BIGINT NOT NULL",
  endless: "TINYINT NOT NULL",
  subject: "VARBINARY(1024)",
};

const table = (others: Columns, ...keys: string[]): string =>
  `CREATE TABLE session (${columnsOf(OURS, others, ...keys)}) DEFAULT CHARSET utf8mb4`;

const NO_KEY = 'column "sid" is no primary or unique key by itself';
const NOT_ID = "not VARBINARY(512) or longer, nor VARCHAR(128) or longer with the collation " +
  "utf8mb4_0900_bin (MariaDB: utf8mb4_nopad_bin)";
const NOT_DATA = "not LONGTEXT or MEDIUMTEXT in utf8mb4, without a check that it is JSON";

/** What is said of a unique key that would refuse sessions. */
const only = (parts: string): string =>
  `a unique key over ${parts} refuses a second session of the same: ` +
  'it needs column "sid" as well, or not to be unique';

/** Faults that a table has, by what makes it. */
const FAULTY: readonly (readonly [what: string, make: string, fault: string])[] = [
  ["no key", table({ sid: "VARBINARY(1024) NOT NULL" }), NO_KEY],
  ["a key of two columns", table({ sid: "VARBINARY(512)" }, "PRIMARY KEY (sid, expire)"), NO_KEY],
  [
    "a key of what ids begin with",
    table({ sid: "VARBINARY(512)" }, "UNIQUE KEY (sid(16))"),
    NO_KEY,
  ],
  ["an index that is no key", table({ sid: "VARBINARY(512)" }, "KEY (sid)"), NO_KEY],
  [
    "short ids",
    table({ sid: "VARBINARY(32) PRIMARY KEY" }),
    `column "sid" is varbinary(32), ${NOT_ID}`,
  ],
  [
    "ids of fewer bytes than 128 characters may have",
    table({ sid: "VARBINARY(511) PRIMARY KEY" }),
    `column "sid" is varbinary(511), ${NOT_ID}`,
  ],
  [
    "short ids of characters",
    table({ sid: "VARCHAR(127) COLLATE utf8mb4_nopad_bin PRIMARY KEY" }),
    `column "sid" is varchar(127) COLLATE utf8mb4_nopad_bin, ${NOT_ID}`,
  ],
  [
    "ids that are one whatever spaces follow",
    table({ sid: "VARCHAR(255) COLLATE utf8mb4_bin PRIMARY KEY" }),
    `column "sid" is varchar(255) COLLATE utf8mb4_bin, ${NOT_ID}`,
  ],
  [
    "ids without most characters",
    table({ sid: "VARCHAR(255) CHARACTER SET latin1 COLLATE latin1_nopad_bin PRIMARY KEY" }),
    `column "sid" is varchar(255) COLLATE latin1_nopad_bin, ${NOT_ID}`,
  ],
  [
    "ids of ASCII",
    table({ sid: "VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY" }),
    `column "sid" is varchar(255) COLLATE ascii_bin, ${NOT_ID}`,
  ],
  [
    "ids that zeros fill",
    table({ sid: "BINARY(128) PRIMARY KEY" }),
    `column "sid" is binary(128), ${NOT_ID}`,
  ],
  [
    "ids that are one whatever their case",
    table({ sid: "VARCHAR(255) COLLATE utf8mb4_general_ci PRIMARY KEY" }),
    `column "sid" is varchar(255) COLLATE utf8mb4_general_ci, ${NOT_ID}`,
  ],
  [
    "numbers for ids",
    table({ sid: "BIGINT PRIMARY KEY" }),
    `column "sid" is bigint, ${NOT_ID}`,
  ],
  [
    "data of 64 kB",
    table({ sess: "TEXT COLLATE utf8mb4_bin" }),
    `column "sess" is text COLLATE utf8mb4_bin, ${NOT_DATA}`,
  ],
  [
    "short data",
    table({ sess: "VARCHAR(4096) COLLATE utf8mb4_bin" }),
    `column "sess" is varchar(4096) COLLATE utf8mb4_bin, ${NOT_DATA}`,
  ],
  [
    "data without most characters",
    table({ sess: "LONGTEXT CHARACTER SET latin1 COLLATE latin1_bin" }),
    `column "sess" is longtext COLLATE latin1_bin, ${NOT_DATA}`,
  ],
  [
    "data without emoji",
    table({ sess: "LONGTEXT CHARACTER SET utf8mb3 COLLATE utf8mb3_bin" }),
    `column "sess" is longtext COLLATE utf8mb3_bin, ${NOT_DATA}`,
  ],
  [
    "data of MariaDB's JSON, which refuses half a surrogate pair",
    table({ sess: "JSON NOT NULL" }),
    `column "sess" is longtext COLLATE utf8mb4_bin CHECK (json_valid), ${NOT_DATA}`,
  ],
  [
    "data that a constraint of the table checks to be JSON",
    table({ sess: "LONGTEXT COLLATE utf8mb4_bin" }, "CONSTRAINT json CHECK (JSON_VALID(sess))"),
    `column "sess" is longtext COLLATE utf8mb4_bin CHECK (json_valid), ${NOT_DATA}`,
  ],
  ["one session for a person", table({ subject: "VARBINARY(1024) UNIQUE" }), only("subject")],
  [
    "one session for a person and an end",
    table({}, "UNIQUE KEY (expire, subject)"),
    only("expire and subject"),
  ],
  [
    "one session for what a column takes of its text",
    table({ uid: "VARCHAR(50) AS (json_value(sess, '$.uid')) STORED UNIQUE" }),
    only("uid"),
  ],
  [
    "one session for ids that begin alike",
    table({}, "UNIQUE KEY (sid(16))"),
    only("sid(16)"),
  ],
  ["data of bytes", table({ sess: "LONGBLOB" }), `column "sess" is longblob, ${NOT_DATA}`],
  ["ends in seconds", table({ expire: "INT UNSIGNED" }), 'column "expire" is int'],
  ["ends that are dates", table({ expire: "DATETIME" }), 'column "expire" is datetime, not BIGINT'],
  ["small versions", table({ version: "INT" }), 'column "version" is int'],
  [
    "versions that nobody may write",
    table({ version: "BIGINT AS (expire) STORED" }),
    " GENERATED ALWAYS AS (`expire`), not BIGINT",
  ],
  [
    "bits for what has no end",
    table({ endless: "BIT(1)" }),
    'column "endless" is bit(1), not TINYINT',
  ],
  [
    "subjects that are one whatever their case",
    table({ subject: "VARCHAR(255) COLLATE utf8mb4_general_ci" }),
    `column "subject" is varchar(255) COLLATE utf8mb4_general_ci, ${NOT_ID}`,
  ],
  [
    "subjects that are one whatever spaces follow",
    table({ subject: "VARCHAR(255) COLLATE utf8mb4_bin" }),
    `column "subject" is varchar(255) COLLATE utf8mb4_bin, ${NOT_ID}`,
  ],
  [
    "short subjects",
    table({ subject: "VARBINARY(511)" }),
    `column "subject" is varbinary(511), ${NOT_ID}`,
  ],
  [
    "nobody without a subject",
    table({ subject: "VARBINARY(512) NOT NULL DEFAULT ''" }),
    'column "subject" is NOT NULL, and must take NULL',
  ],
  [
    "a column that wants a value",
    table({ device: "VARCHAR(20) NOT NULL" }),
    `column "device" is NOT NULL without a default, and not the store's`,
  ],
];

/** Tables that others make and that hold sessions. */
const FIT: readonly (readonly [what: string, make: string])[] = [
  [
    "one of characters that are compared as bytes",
    table({
      sid: "VARCHAR(128) COLLATE utf8mb4_nopad_bin PRIMARY KEY",
      subject: "VARCHAR(128) COLLATE utf8mb4_nopad_bin",
    }),
  ],
  [
    "one of as many bytes as an id may have",
    table({ sid: "VARBINARY(512) PRIMARY KEY", subject: "VARBINARY(512)" }),
  ],
  ["one of MEDIUMTEXT", table({ sess: "MEDIUMTEXT COLLATE utf8mb4_general_ci" })],
  [
    "one that checks another column to be JSON",
    table({ more: "JSON" }) + "; CREATE TABLE session2 (sess JSON)",
  ],
  [
    "one with unique keys that are in nobody's way",
    table(
      { email: "VARCHAR(99) UNIQUE", small: "VARCHAR(99) AS (lower(email)) STORED UNIQUE" },
      "UNIQUE KEY (sid, subject)",
      "UNIQUE KEY (email, subject)",
    ),
  ],
  [
    "one of other whole numbers",
    table({
      expire: "BIGINT UNSIGNED NOT NULL",
      version: "BIGINT UNSIGNED",
      endless: "BOOLEAN",
    }),
  ],
  [
    "one with a key of its own beside the id",
    table({
      id: "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
      sid: "VARBINARY(512) NOT NULL UNIQUE",
    }),
  ],
  [
    "one with further columns that see to themselves",
    table({
      made: "TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP",
      device: "VARCHAR(20)",
      mark: "VARCHAR(36) NOT NULL DEFAULT (uuid())",
      size: "INT AS (length(sess)) STORED",
    }),
  ],
  [
    "one with a column that a trigger fills",
    `${table({ device: "VARCHAR(20) NOT NULL" })}; ` +
    "CREATE TRIGGER fills BEFORE INSERT ON session FOR EACH ROW SET NEW.device = 'any'",
  ],
  ["a partitioned one", `${table({})} PARTITION BY KEY (sid) PARTITIONS 3`],
  ["one that keeps what was", `${table({})} WITH SYSTEM VERSIONING`],
  ["one of another engine", `${table({ sid: "VARBINARY(512) PRIMARY KEY" })} ENGINE=Aria`],
];

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("on MariaDB", () => {
  let server: MariadbServer;
  let admin: Pool;
  let cases = 0;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
    admin = createPool(server.url);
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  /** Works in a database of its own; and what was asked beside looking. */
  async function within(
    make: string,
    act: (
      store: ReturnType<typeof mysqlStore>,
      changes: string[],
      url: string,
      pool: Pool,
    ) => Promise<void>,
    settings = "",
  ): Promise<void> {
    const name = `case_${++cases}`;
    await admin.query(`CREATE DATABASE ${name}`);
    const url = server.url.replace(/test$/, name);
    const pool = createPool({ uri: url, multipleStatements: true, connectionLimit: 1 });
    const changes: string[] = [];
    const execute = (text: string, values: (string | number | null)[]) => {
      if (!/^SELECT/.test(text)) changes.push(text);
      return pool.execute(text, values);
    };
    try {
      await pool.query(settings + make);
      await act(mysqlStore({ client: { execute }, sweepInterval: 0 }), changes, url, pool);
    } finally {
      await pool.end();
    }
  }

  test.each(FAULTY)("a table with %s is refused, and left as it is", async (_what, make, fault) => {
    await within(make, async (store, changes) => {
      await refusesTable(store, changes, fault, (message) => message.replace(/\((11|20)\)/g, ""));
    });
  });

  test.each([
    [
      "a view",
      `${table({}).replace("session", "real_session")}; ` +
      "CREATE VIEW session AS SELECT * FROM real_session",
    ],
    ["a sequence", "CREATE SEQUENCE session"],
  ])("%s of that name is refused, and left as it is", async (what, make) => {
    await within(make, async (store, changes) => {
      await refusesWhatIsNoTable(store, changes, what);
    });
  });

  test.each(FIT)("a table such as %s holds sessions, for both drivers", async (_what, make) => {
    await within(make, async (store, _changes, url) => {
      await store.createSchema();
      await holdsSessions(store);
      const client = mariadb.createPool({
        ...{ host: "127.0.0.1", port: server.port, user: "root" },
        ...{ database: url.replace(/^.*\//, ""), connectionLimit: 1 },
      });
      const other = mysqlStore({ client, sweepInterval: 0 });
      await other.createSchema();
      await holdsSessions(other).finally(() => client.end());
    });
  });

  test("where nothing is strict a column that wants a value gets one", async () => {
    await within(table({ device: "VARCHAR(20) NOT NULL" }), async (store) => {
      await store.createSchema();
      await holdsSessions(store);
    }, "SET SESSION sql_mode = ''; ");
  });

  test.each([
    ["has short ids", table({ sid: "VARBINARY(32) PRIMARY KEY" }), 'column "sid" is varbinary(32)'],
    ["wants another value", table({ device: "INT NOT NULL" }), 'column "device" is NOT NULL'],
  ])(
    "without createSchema() the first write says so of a table that %s",
    async (_, make, fault) => {
      await within(make, async (store) => {
        const record = { json: "{}", expires: null };
        await expect(store.create("x".repeat(43), record)).rejects.toThrow(
          `cannot hold sessions: ${fault}`,
        );
      });
    },
  );
});
