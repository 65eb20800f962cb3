/** Which tables createSchema() of the Postgres store takes as they are, and which it refuses. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
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

/** As connect-pg-simple makes them. */
const THEIRS: Columns = {
  sid: "varchar NOT NULL PRIMARY KEY",
  sess: "json NOT NULL",
  expire: "timestamp(6) NOT NULL",
};
/** Ours as well, so that nothing would have to be added. */
const OURS: Columns = {
  ...THEIRS,
  version: "bigint",
  endless: "boolean",
  subject: "text",
};

const table = (others: Columns, ...keys: string[]): string =>
  `CREATE TABLE session (${columnsOf(OURS, others, ...keys)})`;

const NO_KEY = 'column "sid" is no primary or unique key by itself';
const NOT_ID = "not text or varchar, of 128 characters or more, that is compared exactly";
/** What is said of a unique key that would refuse sessions. */
const only = (parts: string): string =>
  `a unique key over ${parts} refuses a second session of the same: ` +
  'it needs column "sid" as well, or not to be unique';
const ANY_CASE = "CREATE COLLATION IF NOT EXISTS any_case " +
  "(provider = icu, locale = 'und-u-ks-level2', deterministic = false); ";
const REAL = `${table({})}; ALTER TABLE session RENAME TO real_session; `;

/** Faults that a table has, by what makes it. */
const FAULTY: readonly (readonly [what: string, make: string, fault: string])[] = [
  ["no key", table({ sid: "varchar" }), NO_KEY],
  ["a key of two columns", table({ sid: "varchar" }, "PRIMARY KEY (sid, expire)"), NO_KEY],
  [
    "a key of some rows",
    `${table({ sid: "varchar" })}; CREATE UNIQUE INDEX ON session (sid) WHERE version > 0`,
    NO_KEY,
  ],
  [
    "a key of what is made of the id",
    `${table({ sid: "varchar" })}; CREATE UNIQUE INDEX ON session (lower(sid))`,
    NO_KEY,
  ],
  [
    "a key that is looked at when a transaction ends",
    table({ sid: "varchar UNIQUE DEFERRABLE" }),
    NO_KEY,
  ],
  [
    "an index that is no key",
    `${table({ sid: "varchar" })}; CREATE INDEX ON session (sid)`,
    NO_KEY,
  ],
  [
    "short ids",
    table({ sid: "varchar(32) PRIMARY KEY" }),
    `column "sid" is character varying(32), ${NOT_ID}`,
  ],
  [
    "ids that spaces fill",
    table({ sid: "char(128) PRIMARY KEY" }),
    `column "sid" is character(128), ${NOT_ID}`,
  ],
  ["ids of another kind", table({ sid: "uuid PRIMARY KEY" }), `column "sid" is uuid, ${NOT_ID}`],
  [
    "ids that are one whatever their case",
    ANY_CASE + table({ sid: "varchar COLLATE any_case PRIMARY KEY" }),
    `column "sid" is character varying COLLATE any_case, ${NOT_ID}`,
  ],
  [
    "a key that takes ids for one whatever their case",
    `${ANY_CASE}${table({ sid: "varchar" })}; ` +
    "CREATE UNIQUE INDEX ON session (sid COLLATE any_case)",
    `${NO_KEY}; ${only("sid COLLATE any_case")}`,
  ],
  [
    "a second key that takes ids for one whatever their case",
    `${ANY_CASE}${table({})}; CREATE UNIQUE INDEX ON session (sid COLLATE any_case)`,
    `sessions: ${only("sid COLLATE any_case")}`,
  ],
  [
    "a second key of what is made of the id",
    `${table({})}; CREATE UNIQUE INDEX ON session (lower(sid))`,
    `sessions: ${only("lower((sid)::text)")}`,
  ],
  ["one session for a person", table({ subject: "text UNIQUE" }), only("subject")],
  [
    "one session for a person and an end",
    `${table({})}; CREATE UNIQUE INDEX ON session (expire, subject) WHERE version > 0`,
    only("expire and subject"),
  ],
  ["one session for an end", table({ expire: "timestamptz UNIQUE DEFERRABLE" }), only("expire")],
  [
    "one session for what a column takes of its text",
    table({ uid: "text GENERATED ALWAYS AS (sess ->> 'uid') STORED UNIQUE" }),
    only("uid"),
  ],
  [
    "data of another kind",
    table({ sess: "integer" }),
    'column "sess" is integer, not json or text',
  ],
  ["data of bytes", table({ sess: "bytea" }), 'column "sess" is bytea, not json or text'],
  [
    "data that come back in another order",
    table({ sess: "jsonb" }),
    'column "sess" is jsonb, not json or text',
  ],
  [
    "short data",
    table({ sess: "varchar(4096)" }),
    'column "sess" is character varying(4096), not json or text',
  ],
  [
    "ends that are text",
    table({ expire: "text" }),
    'column "expire" is text, not timestamptz or timestamp',
  ],
  [
    "ends that are numbers",
    table({ expire: "bigint" }),
    'column "expire" is bigint, not timestamptz or timestamp',
  ],
  [
    "ends in whole seconds",
    table({ expire: "timestamptz(0)" }),
    'column "expire" is timestamp(0) with time zone, not timestamptz or timestamp of 3 digits',
  ],
  [
    "ends in hundredths of a second",
    table({ expire: "timestamp(2)" }),
    'column "expire" is timestamp(2) without time zone, not timestamptz or timestamp of 3 digits',
  ],
  [
    "ends of a domain in whole seconds",
    `CREATE DOMAIN seconds AS timestamptz(0); ${table({ expire: "seconds" })}`,
    'column "expire" is timestamp(0) with time zone, not timestamptz or timestamp of 3 digits',
  ],
  [
    "ids of a domain that checks them",
    "CREATE DOMAIN short_id AS text CHECK (length(value) <= 32); " +
    table({ sid: "short_id PRIMARY KEY" }),
    `column "sid" is text CHECK ((length(VALUE) <= 32)), ${NOT_ID}`,
  ],
  [
    "rows in tables that inherit from it, of which an id could be one",
    `${table({})}; CREATE TABLE child () INHERITS (session)`,
    "sessions: other tables inherit from it, whose rows no key of its own keeps apart",
  ],
  [
    "no rows but those of one partition",
    `${table({})} PARTITION BY HASH (sid); ALTER TABLE session RENAME TO whole; ` +
    "CREATE TABLE session PARTITION OF whole FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "sessions: it is a partition, and takes only part of them",
  ],
  [
    "no rows but those of one partition, and without our columns",
    "CREATE TABLE whole (sid varchar PRIMARY KEY, sess json, expire timestamptz) " +
    "PARTITION BY HASH (sid); " +
    "CREATE TABLE session PARTITION OF whole FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
    "sessions: it is a partition, and takes only part of them",
  ],
  ["ends that are days", table({ expire: "date" }), 'column "expire" is date, not timestamptz'],
  [
    "small versions",
    table({ version: "integer" }),
    'column "version" is integer, not bigint',
  ],
  [
    "versions that nobody may write",
    table({ version: "bigint GENERATED ALWAYS AS IDENTITY" }),
    'column "version" is bigint GENERATED ALWAYS AS IDENTITY, not bigint',
  ],
  [
    "numbers for what has no end",
    table({ endless: "integer" }),
    'column "endless" is integer, not boolean',
  ],
  [
    "subjects of another kind",
    table({ subject: "uuid" }),
    `column "subject" is uuid, ${NOT_ID}`,
  ],
  [
    "nobody without a subject",
    table({ subject: "text NOT NULL DEFAULT ''" }),
    'column "subject" is NOT NULL, and must take NULL',
  ],
  [
    "a column that wants a value",
    table({ device: "text NOT NULL" }),
    `column "device" is NOT NULL without a default, and not the store's`,
  ],
  [
    "several faults, of which each is named",
    table({ sess: "integer", device: "text NOT NULL" }),
    'column "sess" is integer, not json or text; column "device" is NOT NULL without a default',
  ],
];

/** What is no table, by what makes it. */
const NO_TABLE: readonly (readonly [what: string, make: string])[] = [
  ["a view", `${REAL}CREATE VIEW session AS SELECT * FROM real_session`],
  ["a materialized view", `${REAL}CREATE MATERIALIZED VIEW session AS SELECT * FROM real_session`],
  ["an index", `${REAL}CREATE INDEX session ON real_session (expire)`],
  ["a sequence", "CREATE SEQUENCE session"],
  ["a type", "CREATE TYPE session AS (sid varchar, sess json, expire timestamp)"],
  [
    "a foreign table",
    "CREATE FOREIGN DATA WRAPPER IF_ANY; CREATE SERVER far_IF_ANY FOREIGN DATA WRAPPER IF_ANY; " +
    `CREATE FOREIGN TABLE session (${
      columnsOf(OURS, { sid: "varchar NOT NULL" })
    }) SERVER far_IF_ANY`,
  ],
];

/** Tables that others make and that hold sessions. */
const FIT: readonly (readonly [what: string, make: string])[] = [
  ["connect-pg-simple's", `CREATE TABLE session (${columnsOf(THEIRS, {})})`],
  [
    "connect-pg-simple's, by its own file",
    'CREATE TABLE session (sid varchar NOT NULL COLLATE "default", sess json NOT NULL, ' +
    "expire timestamp(6) NOT NULL) WITH (OIDS=FALSE); ALTER TABLE session ADD CONSTRAINT " +
    "session_pkey PRIMARY KEY (sid) NOT DEFERRABLE INITIALLY IMMEDIATE",
  ],
  ["one of text", table({ sid: "text PRIMARY KEY", sess: "text NOT NULL" })],
  ["one of limited ids", table({ sid: "varchar(255) PRIMARY KEY", subject: "varchar(128)" })],
  ["one of milliseconds", table({ expire: "timestamptz(3) NOT NULL" })],
  ["one of the database's precision", table({ expire: "timestamp without time zone" })],
  ["one of numeric versions", table({ version: "numeric NOT NULL" })],
  [
    "one with a key of its own beside the id",
    table({ id: "bigserial PRIMARY KEY", sid: "varchar NOT NULL UNIQUE" }),
  ],
  [
    "one with an identity beside the id",
    table({ id: "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY", sid: "varchar UNIQUE" }),
  ],
  [
    "one whose key brings other columns along",
    `${table({ sid: "varchar" })}; CREATE UNIQUE INDEX ON session (sid) INCLUDE (expire)`,
  ],
  [
    "one with unique keys that are in nobody's way",
    table(
      {
        email: "text UNIQUE",
        small: "text GENERATED ALWAYS AS (lower(email)) STORED UNIQUE",
      },
      "UNIQUE (sid, subject)",
      "UNIQUE (email, subject)",
    ) +
    "; CREATE UNIQUE INDEX ON session (upper(email)); " +
    "CREATE UNIQUE INDEX ON session (sid text_pattern_ops, expire)",
  ],
  [
    "one whose key has a collation that tells all ids apart",
    `${table({ sid: "text" })}; CREATE UNIQUE INDEX ON session (sid COLLATE "C")`,
  ],
  [
    "one with further columns that see to themselves",
    table({
      made: "timestamptz NOT NULL DEFAULT now()",
      device: "text",
      size: "integer NOT NULL GENERATED ALWAYS AS (octet_length(sess::text)) STORED",
    }),
  ],
  [
    "one with a column that a trigger fills",
    "CREATE OR REPLACE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS " +
    "$$ BEGIN NEW.device := 'any'; RETURN NEW; END $$; " +
    table({ device: "text NOT NULL" }) +
    "; CREATE TRIGGER fills BEFORE INSERT ON session FOR EACH ROW EXECUTE FUNCTION fill()",
  ],
  [
    "one that had other columns",
    `${table({ device: "text NOT NULL" })}; ALTER TABLE session DROP COLUMN device`,
  ],
  [
    "one of domains",
    "CREATE DOMAIN id_text AS varchar(200); CREATE DOMAIN filled AS text NOT NULL DEFAULT 'x'; " +
    table({ sid: "id_text PRIMARY KEY", device: "filled" }),
  ],
  ["an unlogged one", table({}).replace("TABLE", "UNLOGGED TABLE")],
  [
    "a partitioned one",
    `${table({})} PARTITION BY HASH (sid); ` +
    "CREATE TABLE s0 PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 0); " +
    "CREATE TABLE s1 PARTITION OF session FOR VALUES WITH (MODULUS 2, REMAINDER 1)",
  ],
  [
    "one that inherits",
    `CREATE TABLE base (sid varchar, sess json); ${table({})} INHERITS (base)`,
  ],
];

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("on a server", () => {
  let server: PostgresServer;
  let admin: pg.Pool;
  let cases = 0;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
    admin = new pg.Pool({ connectionString: server.url });
  });
  afterAll(async () => {
    await admin?.end();
    await server?.stop();
  });

  /** Works in a schema of its own, which the `search_path` finds; and what was asked beside looking. */
  async function within(
    make: string,
    act: (store: ReturnType<typeof postgresStore>, changes: string[]) => Promise<void>,
  ): Promise<void> {
    const schema = `case_${++cases}`;
    await admin.query(`CREATE SCHEMA ${schema}`);
    const options = `-c search_path=${schema}`;
    const pool = new pg.Pool({ connectionString: server.url, options });
    const changes: string[] = [];
    const query = (text: string, values: unknown[]) => {
      if (!/^SELECT/.test(text)) changes.push(text);
      return pool.query(text, values);
    };
    try {
      await pool.query(make.replaceAll("IF_ANY", `wrapper_${cases}`));
      await act(postgresStore({ client: { query }, sweepInterval: 0 }), changes);
    } finally {
      await pool.end();
    }
  }

  test.each(FAULTY)("a table with %s is refused, and left as it is", async (_what, make, fault) => {
    await within(make, async (store, changes) => {
      await refusesTable(store, changes, fault);
    });
  });

  test.each(NO_TABLE)("%s of that name is refused, and left as it is", async (what, make) => {
    await within(make, async (store, changes) => {
      await refusesWhatIsNoTable(store, changes, what);
    });
  });

  test.each(FIT)("a table such as %s holds sessions", async (_what, make) => {
    await within(make, async (store) => {
      await store.createSchema();
      await holdsSessions(store);
      await store.createSchema();
    });
  });

  test.each([
    ["has no key", table({ sid: "varchar" }), NO_KEY],
    ["has data of another kind", table({ sess: "integer" }), 'column "sess" is integer'],
    ["wants another value", table({ device: "text NOT NULL" }), 'column "device" is NOT NULL'],
  ])(
    "without createSchema() the first write says so of a table that %s",
    async (_, make, fault) => {
      await within(make, async (store) => {
        const record = { json: "{}", expires: null };
        await expect(store.create("id", record)).rejects.toThrow(`cannot hold sessions: ${fault}`);
      });
    },
  );

  test("a table in a named schema is looked at there", async () => {
    const make = table({ sess: "integer" }).replace("TABLE session", "TABLE named.session");
    await admin.query(`CREATE SCHEMA named; ${make}`);
    const named = postgresStore({ client: admin, schema: "named", sweepInterval: 0 });
    await expect(named.createSchema()).rejects.toThrow(
      'column "sess" is integer, not json or text',
    );
  });
});
