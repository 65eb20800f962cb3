/** What createSchema() does of a Postgres table that others use, and what a missing one says. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const CONNECT_PG_SIMPLE = (table: string) =>
  `CREATE TABLE ${table} (sid varchar NOT NULL PRIMARY KEY, sess json NOT NULL, ` +
  `expire timestamp(6) NOT NULL); CREATE INDEX ${table}_ends ON ${table} (expire)`;

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("on a server", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
    // Whoever waits for a lock is told so, and no test hangs.
    pool = new pg.Pool({ connectionString: server.url, options: "-c lock_timeout=5s" });
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });

  /** A store, and what it asked for beside looking. */
  function watched(table: string, client: pg.Pool = pool) {
    const changes: string[] = [];
    const query = (text: string, values: unknown[]) => {
      if (!/^SELECT/.test(text)) changes.push(text.replace(/\s+/g, " "));
      return client.query(text, values);
    };
    return { changes, store: postgresStore({ client: { query }, table, sweepInterval: 0 }) };
  }

  test("createSchema() of a complete table waits for no pg_dump, and makes nobody wait", async () => {
    const { store, changes } = watched("complete");
    await store.createSchema();
    expect(changes.length).toBe(4);
    changes.length = 0;
    const dump = await pool.connect();
    await dump.query("BEGIN");
    // The lock that pg_dump takes on every table.
    await dump.query("LOCK TABLE complete IN ACCESS SHARE MODE");
    try {
      await store.createSchema();
      expect(await store.create("id", { json: '{"cookie":{}}', expires: null })).toBe(true);
    } finally {
      await dump.query("COMMIT");
      dump.release();
    }
    expect(changes).toEqual([expect.stringMatching(/^INSERT/)]);
  });

  test("createSchema() of a complete table needs no right to create", async () => {
    const { store } = watched("granted");
    await store.createSchema();
    await pool.query(
      "CREATE ROLE app LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC; " +
        "GRANT SELECT, INSERT, UPDATE, DELETE ON granted TO app",
    );
    const app = new pg.Pool({ connectionString: server.url.replace("postgres@", "app@") });
    const { store: limited } = watched("granted", app);
    await limited.createSchema();
    expect(await limited.create("id", { json: '{"cookie":{}}', expires: null })).toBe(true);
    const { store: other } = watched("not_there", app);
    await expect(other.createSchema()).rejects.toThrow(
      'The table "not_there" cannot be made by this user (permission denied for schema public): ' +
        'whoever may has to run createSchema(), or: CREATE TABLE IF NOT EXISTS "not_there" (',
    );
    await app.end();
  });

  test("createSchema() gives a table of connect-pg-simple what it lacks, and no index twice", async () => {
    await pool.query(CONNECT_PG_SIMPLE("simple"));
    await pool.query(`INSERT INTO simple VALUES ('old', '{"cookie":{}}', now() + '1 hour')`);
    const { store, changes } = watched("simple");
    await expect(store.read("old")).rejects.toThrow(
      'The table "simple" lacks version, endless, subject: run createSchema()',
    );
    changes.length = 0;
    await store.createSchema();
    expect(changes).toEqual([
      expect.stringMatching(/^ALTER TABLE "simple" ADD COLUMN/),
      expect.stringMatching(/^CREATE INDEX .* \("subject"\)/),
    ]);
    expect((await store.read("old"))?.json).toBe('{"cookie":{}}');
    changes.length = 0;
    await store.createSchema();
    expect(changes).toEqual([]);
  });

  test("createSchema() looks at no other table's indexes, and makes one where another only ends with its column", async () => {
    await watched("near").store.createSchema();
    await pool.query("CREATE TABLE half (sid varchar PRIMARY KEY, sess json, expire timestamptz)");
    const { store, changes } = watched("half");
    await store.createSchema();
    expect(changes).toEqual([
      expect.stringMatching(/^ALTER TABLE/),
      expect.stringMatching(/^CREATE INDEX .* \("expire"\)/),
      expect.stringMatching(/^CREATE INDEX .* \("subject"\)/),
    ]);
    await pool.query('DROP INDEX "IDX_half_expire"; CREATE INDEX ON half (version, expire)');
    changes.length = 0;
    await store.createSchema();
    expect(changes).toEqual([expect.stringMatching(/^CREATE INDEX .* \("expire"\)/)]);
  });

  test("a table that is not there, nor its schema, is missed by every verb in the same words", async () => {
    const { store } = watched("nowhere");
    const missing = 'There is no table "nowhere": run createSchema()';
    const record = { json: "{}", expires: null };
    for (
      const act of [
        () => store.create("an-id", record),
        () => store.read("an-id"),
        () => store.readAndTouch("an-id", 1),
        () => store.commit("an-id", record, { mark: 1, base: "{}" }),
        () => store.destroyAll("ada"),
        () => store.sweep(),
      ]
    ) await expect(act()).rejects.toThrow(missing);
    const elsewhere = postgresStore({ client: pool, schema: "none", table: "nowhere" });
    await expect(elsewhere.read("an-id")).rejects.toThrow(missing);
  });

  test("createSchema() says that there is no such schema, or none that the connection finds", async () => {
    const named = postgresStore({ client: pool, schema: "none", sweepInterval: 0 });
    await expect(named.createSchema()).rejects.toMatchObject({
      name: "SessionError",
      code: "STORE_FAILED",
      message: 'There is no schema "none" for the table "session": make it, or name another in ' +
        'option "schema"',
    });
    const nothing =
      'The search_path of the connection leads to no schema for the table "session" ' +
      'that is there and that this user may use: name one in option "schema"';
    const lost = new pg.Pool({ connectionString: server.url, options: "-c search_path=none" });
    await expect(watched("session", lost).store.createSchema()).rejects.toThrow(nothing);
    await lost.end();
    await pool.query(
      "CREATE ROLE stranger LOGIN; CREATE SCHEMA closed; CREATE TABLE closed.session (sid text)",
    );
    const stranger = new pg.Pool({
      connectionString: server.url.replace("postgres@", "stranger@"),
      options: "-c search_path=closed",
    });
    await expect(watched("session", stranger).store.createSchema()).rejects.toThrow(nothing);
    const closed = postgresStore({ client: stranger, schema: "closed", sweepInterval: 0 });
    await expect(closed.createSchema()).rejects.toMatchObject({
      name: "SessionError",
      message: 'This user may not look for the table "session" (permission denied for schema ' +
        "closed): whoever owns its schema has to GRANT USAGE on it",
    });
    await stranger.end();
  });

  test("createSchema() says what the owner of a table has to run, and what has been run is left out", async () => {
    await pool.query(
      `${CONNECT_PG_SIMPLE("owned")}; CREATE ROLE guest LOGIN; GRANT ALL ON owned TO guest`,
    );
    const guest = new pg.Pool({ connectionString: server.url.replace("postgres@", "guest@") });
    const refused = (rest: string) => ({
      name: "SessionError",
      code: "STORE_FAILED",
      message:
        'The table "owned" lacks what this user may not add (must be owner of table owned): ' +
        `its owner has to run createSchema(), or: ${rest}`,
      cause: expect.objectContaining({ code: "42501" }),
    });
    const index = 'CREATE INDEX IF NOT EXISTS "IDX_owned_subject" ON "owned" ("subject") ' +
      'WHERE "subject" IS NOT NULL;';
    await expect(watched("owned", guest).store.createSchema()).rejects.toMatchObject(refused(
      'ALTER TABLE "owned" ADD COLUMN IF NOT EXISTS "version" bigint, ADD COLUMN IF NOT EXISTS ' +
        `"endless" boolean, ADD COLUMN IF NOT EXISTS "subject" text; ${index}`,
    ));
    await pool.query(
      'ALTER TABLE owned ADD "version" bigint, ADD "endless" boolean, ADD "subject" text',
    );
    await expect(watched("owned", guest).store.createSchema()).rejects.toMatchObject(
      refused(index),
    );
    await guest.end();
  });

  test("a table of another library is left alone, and said to be one", async () => {
    await pool.query('CREATE TABLE orm (id varchar PRIMARY KEY, json text, "expiredAt" bigint)');
    const { store, changes } = watched("orm");
    const refused = 'The table "orm" looks like one of connect-typeorm; name a table of the ' +
      `store's own in option "table"`;
    await expect(store.createSchema()).rejects.toThrow(refused);
    await expect(store.read("id")).rejects.toThrow(refused);
    expect(changes.filter((text) => /CREATE|ALTER/.test(text))).toEqual([]);
  });
});
