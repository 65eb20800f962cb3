/** Which tables createSchema() of the SQLite store takes as they are, and which it refuses. */
import { createClient } from "@libsql/client";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import {
  type Columns,
  columnsOf,
  holdsSessions,
  refusesTable,
  refusesWhatIsNoTable,
} from "./sql_odd_tables.ts";

const OURS: Columns = {
  sid: "TEXT NOT NULL PRIMARY KEY",
  sess: "TEXT NOT NULL",
  expire: "INTEGER NOT NULL",
  version: "INTEGER NOT NULL",
  endless: "INTEGER NOT NULL",
  subject: "TEXT",
};

const table = (others: Columns, ...keys: string[]): string =>
  `CREATE TABLE session (${columnsOf(OURS, others, ...keys)})`;

const NO_KEY = 'column "sid" is no primary or unique key by itself';

/** What is said of a unique key that would refuse sessions. */
const only = (parts: string): string =>
  `a unique key over ${parts} refuses a second session of the same: ` +
  'it needs column "sid" as well, or not to be unique';

/** Faults that a table has, by what makes it. */
const FAULTY: readonly (readonly [what: string, make: string, fault: string])[] = [
  ["no key", table({ sid: "TEXT" }), NO_KEY],
  ["a key of two columns", table({ sid: "TEXT" }, "PRIMARY KEY (sid, expire)"), NO_KEY],
  [
    "a key of some rows",
    `${table({ sid: "TEXT" })}; CREATE UNIQUE INDEX part ON session (sid) WHERE version > 0`,
    NO_KEY,
  ],
  [
    "a key of what is made of the id",
    `${table({ sid: "TEXT" })}; CREATE UNIQUE INDEX part ON session (lower(sid))`,
    NO_KEY,
  ],
  [
    "an index that is no key",
    `${table({ sid: "TEXT" })}; CREATE INDEX part ON session (sid)`,
    NO_KEY,
  ],
  ["rows without numbers", `${table({})} WITHOUT ROWID`, "it is WITHOUT ROWID"],
  [
    "rows without numbers, and other options",
    `${table({})} STRICT, without  rowid`,
    "it is WITHOUT",
  ],
  [
    "ids that become numbers",
    table({ sid: "STRING PRIMARY KEY" }),
    'column "sid" is STRING, not TEXT, compared byte for byte',
  ],
  ["numbers for ids", table({ sid: "INTEGER PRIMARY KEY" }), 'column "sid" is INTEGER, not TEXT'],
  [
    "ids that are one whatever their case",
    table({ sid: "TEXT NOT NULL COLLATE NOCASE PRIMARY KEY" }),
    'column "sid" is TEXT COLLATE NOCASE, not TEXT, compared byte for byte',
  ],
  [
    "ids that are one whatever spaces follow",
    'CREATE TABLE session("sid" TEXT PRIMARY KEY collate "rtrim", sess TEXT, expire INTEGER)',
    'column "sid" is TEXT COLLATE rtrim, not TEXT',
  ],
  [
    "a key that takes ids for one whatever their case",
    table({ sid: "TEXT NOT NULL" }, "PRIMARY KEY (sid COLLATE NOCASE)"),
    `${NO_KEY}; ${only("sid COLLATE NOCASE")}`,
  ],
  [
    "a second key that takes ids for one whatever their case",
    `${table({})}; CREATE UNIQUE INDEX part ON session (sid COLLATE NOCASE)`,
    `sessions: ${only("sid COLLATE NOCASE")}`,
  ],
  [
    "a second key of what is made of the id",
    `${table({})}; CREATE UNIQUE INDEX part ON session (lower(sid))`,
    `sessions: ${only("(lower(sid))")}`,
  ],
  ["one session for a person", table({ subject: "TEXT UNIQUE" }), only("subject")],
  [
    "one session for a person and an end",
    `${table({})}; CREATE UNIQUE INDEX part ON session (expire, subject) WHERE version > 0`,
    only("expire and subject"),
  ],
  [
    "one session for what a column takes of its text",
    table({ uid: "TEXT AS (json_extract(sess, '$.uid')) UNIQUE" }),
    only("uid"),
  ],
  [
    "subjects that nobody may write",
    table({ subject: "TEXT AS (json_extract(sess, '$.uid'))" }),
    'column "subject" is TEXT GENERATED ALWAYS, not TEXT',
  ],
  [
    "versions that nobody may write",
    table({ version: "INTEGER NOT NULL AS (1) STORED" }),
    'column "version" is INTEGER GENERATED ALWAYS, not INTEGER',
  ],
  [
    "a column that wants a value and has none by default",
    table({ device: "TEXT NOT NULL DEFAULT (NULL)" }),
    `column "device" is NOT NULL without a default, and not the store's`,
  ],
  [
    "an id that takes the place of another",
    table({ sid: "TEXT PRIMARY KEY ON CONFLICT REPLACE" }),
    "its ON CONFLICT REPLACE would drop sessions or writes in silence",
  ],
  [
    "an id that lets writes go without a word",
    table({ sid: "TEXT PRIMARY KEY on  conflict /* no */ ignore" }),
    "its ON CONFLICT IGNORE would drop sessions or writes in silence",
  ],
  ["data of another kind", table({ sess: "INTEGER" }), 'column "sess" is INTEGER, not TEXT'],
  ["ends that are text", table({ expire: "TEXT" }), 'column "expire" is TEXT, not INTEGER'],
  ["ends of no type", table({ expire: "" }), 'column "expire" is of no type, not INTEGER'],
  ["versions that are text", table({ version: "TEXT" }), 'column "version" is TEXT, not INTEGER'],
  ["text for what has no end", table({ endless: "TEXT" }), 'column "endless" is TEXT, not INTEGER'],
  ["numbers for subjects", table({ subject: "NUMERIC" }), 'column "subject" is NUMERIC, not TEXT'],
  [
    "subjects that are one whatever their case",
    table({ subject: "TEXT COLLATE NOCASE" }),
    'column "subject" is TEXT COLLATE NOCASE, not TEXT',
  ],
  [
    "nobody without a subject",
    table({ subject: "TEXT NOT NULL DEFAULT ''" }),
    'column "subject" is NOT NULL, and must take NULL',
  ],
  [
    "a column that wants a value",
    table({ device: "TEXT NOT NULL" }),
    `column "device" is NOT NULL without a default, and not the store's`,
  ],
];

/** Tables that others make and that hold sessions. */
const FIT: readonly (readonly [what: string, make: string])[] = [
  ["one without our columns", "CREATE TABLE session (sid PRIMARY KEY, sess JSON, expire INT)"],
  ["one of limited types", table({ sid: "VARCHAR(32) PRIMARY KEY", subject: "NVARCHAR(32)" })],
  ["a strict one", `${table({ sess: "ANY" })} STRICT`],
  [
    "one of other whole numbers",
    table({ expire: "BIGINT", version: "BIGINT", endless: "BOOLEAN" }),
  ],
  [
    "one that says how bytes are compared",
    table({ sid: "TEXT COLLATE BINARY PRIMARY KEY", subject: "TEXT COLLATE binary" }),
  ],
  [
    "one whose other columns compare otherwise",
    table({ sid: "TEXT PRIMARY KEY", subject: "TEXT", device: "TEXT COLLATE NOCASE" }),
  ],
  [
    "one with a key of its own beside the id",
    table({ id: "INTEGER PRIMARY KEY NOT NULL", sid: "TEXT NOT NULL UNIQUE" }),
  ],
  [
    "one with a key that was made later",
    `${table({ sid: "TEXT" })}; CREATE UNIQUE INDEX ids ON session (sid)`,
  ],
  [
    "one with further columns that see to themselves",
    table({
      made: "TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP",
      device: "TEXT",
      size: "INTEGER NOT NULL AS (length(sess)) STORED",
      note: "TEXT DEFAULT 'a row without rowid (none), on conflict replace'",
      late: "TEXT UNIQUE ON CONFLICT ABORT -- on conflict replace\n",
    }),
  ],
  [
    "one with unique keys that are in nobody's way",
    `${table({ email: "TEXT UNIQUE" }, "UNIQUE (sid, subject)", "UNIQUE (email, subject)")}; ` +
    "CREATE UNIQUE INDEX part ON session (upper(email))",
  ],
  [
    "one with a trigger of its name",
    `${table({})}; CREATE TRIGGER session AFTER INSERT ON session BEGIN SELECT 1; END`,
  ],
  ["one in capitals", table({}).replace("TABLE session", "TABLE SESSION")],
  ["a temporary one", table({}).replace("TABLE", "TEMP TABLE")],
];

/** A store, and what it asked for that changes something. */
function made(make: string) {
  const database = new DatabaseSync(":memory:");
  database.exec(make);
  const changes: string[] = [];
  const client = {
    prepare(text: string) {
      if (!/^(SELECT|PRAGMA)/.test(text)) changes.push(text);
      return database.prepare(text);
    },
  };
  return { store: sqliteStore({ client, sweepInterval: 0 }), changes };
}

describe("createSchema()", () => {
  test.each(FAULTY)("a table with %s is refused, and left as it is", async (_what, make, fault) => {
    const { store, changes } = made(make);
    await refusesTable(store, changes, fault);
  });

  test.each([
    [
      "a view",
      `${table({}).replace("session", "real_session")}; ` +
      "CREATE VIEW session AS SELECT * FROM real_session",
    ],
    ["a virtual table", "CREATE VIRTUAL TABLE session USING fts5(sid, sess, expire)"],
  ])("%s of that name is refused, and left as it is", async (what, make) => {
    const { store, changes } = made(make);
    await refusesWhatIsNoTable(store, changes, what);
  });

  test.each(FIT)("a table such as %s holds sessions", async (_what, make) => {
    const { store, changes } = made(make);
    await store.createSchema();
    await holdsSessions(store);
    changes.length = 0;
    await store.createSchema();
    expect(changes).toEqual([]);
  });

  test("a client with promises is told the same", async () => {
    const client = createClient({ url: ":memory:" });
    await client.execute(table({ sid: "TEXT" }));
    await expect(sqliteStore({ client }).createSchema()).rejects.toThrow(NO_KEY);
    client.close();
  });
});

test.each([
  ["has no key", table({ sid: "TEXT" }), NO_KEY],
  ["has no numbers of rows", `${table({})} WITHOUT ROWID`, "it is WITHOUT ROWID"],
  ["wants another value", table({ device: "TEXT NOT NULL" }), 'column "device" is NOT NULL'],
])(
  "without createSchema() the first call that fails says so of a table that %s",
  async (_, make, fault) => {
    const { store } = made(make);
    const record = { json: "{}", expires: null, subject: "ada" };
    await expect((async () => {
      await store.create("id", record);
      await store.list("ada");
    })()).rejects.toThrow(`cannot hold sessions: ${fault}`);
  },
);
