/** What createSchema() does of a MySQL table that others use, and what another library's says. */
import { createPool, type Pool } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** As its schema.sql makes it. */
const EXPRESS_MYSQL_SESSION = "CREATE TABLE `sessions` (" +
  "`session_id` varchar(128) COLLATE utf8mb4_bin NOT NULL, " +
  "`expires` int(11) unsigned NOT NULL, `data` mediumtext COLLATE utf8mb4_bin, " +
  "PRIMARY KEY (`session_id`)) ENGINE=InnoDB";

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("on MariaDB", () => {
  let server: MariadbServer;
  let pool: Pool;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0", "--lock-wait-timeout=5"]);
    // In the database `test` everybody may create tables.
    const first = createPool(server.url);
    await first.query("CREATE DATABASE app");
    await first.end();
    pool = createPool(server.url.replace("/test", "/app"));
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });

  /** A store, and what it asked for beside looking. */
  function watched(table: string, client: Pool = pool) {
    const changes: string[] = [];
    const execute = (text: string, values: (string | number | null)[]) => {
      if (!/^SELECT/.test(text)) changes.push(text);
      return client.execute(text, values);
    };
    return { changes, store: mysqlStore({ client: { execute }, table, sweepInterval: 0 }) };
  }

  test("createSchema() of a complete table only looks, and needs no right to create", async () => {
    const { store, changes } = watched("complete");
    await store.createSchema();
    expect(changes).toEqual([expect.stringMatching(/^CREATE TABLE/)]);
    await pool.query("CREATE USER app");
    await pool.query("GRANT SELECT, INSERT, UPDATE, DELETE ON app.complete TO app");
    const app = createPool(server.url.replace("root@", "app@").replace("/test", "/app"));
    const { store: limited, changes: asked } = watched("complete", app);
    // Whoever reads the table for long keeps others from changing it.
    const reader = await pool.getConnection();
    await reader.beginTransaction();
    await reader.query("SELECT count(*) FROM complete");
    try {
      await limited.createSchema();
      expect(asked).toEqual([]);
      expect(await limited.create("id", { json: '{"cookie":{}}', expires: null })).toBe(true);
    } finally {
      await reader.commit();
      reader.release();
    }
    const { store: other } = watched("not_there", app);
    await expect(other.createSchema()).rejects.toMatchObject({
      name: "SessionError",
      code: "STORE_FAILED",
      message: expect.stringMatching(
        /^The table "not_there" cannot be made by this user \(CREATE command denied to user .*\): whoever may has to run createSchema\(\), or: CREATE TABLE IF NOT EXISTS `not_there` \(.*;$/,
      ),
    });
    await pool.query("ALTER TABLE complete DROP KEY IDX_complete_subject");
    await expect(limited.createSchema()).rejects.toThrow(
      /^The table "complete" lacks what this user may not add \((ALTER|INDEX) command denied to user .*\): its owner has to run createSchema\(\), or: ALTER TABLE `complete` ADD KEY `IDX_complete_subject` \(`subject`\);$/,
    );
    await app.end();
  });

  test("createSchema() adds the columns and keys that are missing, and no others", async () => {
    await pool.query(
      "CREATE TABLE part (sid VARBINARY(1024) NOT NULL PRIMARY KEY, sess LONGTEXT CHARACTER SET utf8mb4 NOT NULL, " +
        "expire BIGINT NOT NULL, subject VARBINARY(1024), KEY ends (expire))",
    );
    await pool.query("INSERT INTO part VALUES ('old', '{\"cookie\":{}}', 4000000000000, NULL)");
    const { store, changes } = watched("part");
    await expect(store.read("old")).rejects.toThrow(
      'The table "part" lacks version, endless: run createSchema()',
    );
    changes.length = 0;
    await Promise.all([store.createSchema(), watched("part").store.createSchema()]);
    expect(changes.length).toBeLessThanOrEqual(3);
    expect(changes.join()).not.toMatch(/expire/);
    const found = (await store.read("old"))!;
    expect(found.expires).toBe(4_000_000_000_000);
    const record = { json: '{"cookie":{},"n":1}', expires: null, subject: "ada" };
    expect(await store.commit("old", record, found.version)).toMatchObject({ status: "committed" });
    changes.length = 0;
    await store.createSchema();
    expect(changes).toEqual([]);
  });

  test("createSchema() looks at no other table: not at one of that name elsewhere, nor at other names here", async () => {
    await watched("near").store.createSchema();
    await pool.query("CREATE DATABASE elsewhere");
    await pool.query("CREATE TABLE elsewhere.far LIKE near");
    await pool.query("CREATE TABLE elsewhere.half LIKE near");
    const { store, changes } = watched("far");
    await expect(store.read("id")).rejects.toThrow('There is no table "far": run createSchema()');
    await store.createSchema();
    expect(changes).toEqual([expect.stringMatching(/^CREATE TABLE/)]);
    await pool.query(
      "CREATE TABLE half (sid VARBINARY(1024) PRIMARY KEY, sess LONGTEXT CHARACTER SET utf8mb4, expire BIGINT)",
    );
    const { store: half, changes: added } = watched("half");
    await half.createSchema();
    expect(added.map((text) => text.replace(/^.* ADD (KEY|COLUMN) (\S+).*$/, "$2"))).toEqual(
      ["`version`", "`endless`", "`subject`", "`IDX_half_expire`", "`IDX_half_subject`"],
    );
  });

  test("createSchema() makes an index where another only ends with its column", async () => {
    await watched("ends").store.createSchema();
    await pool.query(
      "ALTER TABLE ends DROP KEY IDX_ends_expire, ADD KEY both_of_them (version, expire)",
    );
    const { store, changes } = watched("ends");
    await store.createSchema();
    expect(changes).toEqual([expect.stringMatching(/ADD KEY `IDX_ends_expire`/)]);
  });

  test("a table of express-mysql-session is refused by createSchema() and by the first statement", async () => {
    await pool.query(EXPRESS_MYSQL_SESSION);
    const { store, changes } = watched("sessions");
    const refused = 'The table "sessions" looks like one of express-mysql-session; name a table ' +
      `of the store's own in option "table" and run createSchema()`;
    await expect(store.createSchema()).rejects.toThrow(refused);
    expect(changes).toEqual([]);
    const record = { json: "{}", expires: null };
    await expect(store.read("id")).rejects.toThrow(refused);
    await expect(store.create("id", record)).rejects.toThrow(refused);
    await expect(store.destroy("id")).rejects.toThrow(refused);
  });

  test("its sessions move with the statement that the documentation shows", async () => {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    const data = JSON.stringify({
      cookie: { originalMaxAge: 3_600_000, expires: new Date(expires * 1000), path: "/" },
      user: "ada",
    });
    await pool.execute("INSERT INTO sessions VALUES ('moved', ?, ?)", [expires, data]);
    const { store } = watched("session");
    await store.createSchema();
    await pool.query(
      "INSERT INTO `session` (sid, sess, expire, version, endless) " +
        "SELECT session_id, data, expires * 1000, 0, 0 FROM `sessions`",
    );
    const found = (await store.read("moved"))!;
    expect(found).toMatchObject({ json: data, expires: expires * 1000 });
    const record = { json: '{"cookie":{},"n":1}', expires: null };
    expect(await store.commit("moved", record, found.version))
      .toMatchObject({ status: "committed" });
  });

  test("a table that is not there is missed in the same words by every verb", async () => {
    const { store } = watched("nowhere");
    const missing = 'There is no table "nowhere": run createSchema()';
    const record = { json: "{}", expires: null };
    for (
      const act of [
        () => store.create("an-id", record),
        () => store.read("an-id"),
        () => store.commit("an-id", record, 1),
        () => store.destroyAll("ada"),
        () => store.sweep(),
        () => store.clear(),
      ]
    ) await expect(act()).rejects.toThrow(missing);
  });
});
