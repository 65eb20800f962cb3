/** What createSchema() does of a SQLite file, and what a missing table says. */
import { createClient } from "@libsql/client";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";

function watched(database = new DatabaseSync(":memory:")) {
  const texts: string[] = [];
  const client = {
    prepare(text: string) {
      texts.push(text);
      return database.prepare(text);
    },
  };
  return { database, texts, store: sqliteStore({ client }) };
}

const changing = (texts: string[]) => texts.filter((text) => /^(CREATE|ALTER|DROP)/.test(text));

describe("createSchema()", () => {
  test("of a table that is complete only looks: it runs on a file that cannot be written", async () => {
    const { store, texts, database } = watched();
    await store.createSchema();
    expect(changing(texts).length).toBe(3);
    texts.length = 0;
    database.exec("PRAGMA query_only = ON");
    await store.createSchema();
    expect(changing(texts)).toEqual([]);
  });

  test("says that a table is in an attached database, where no index is made for it", async () => {
    const { store, database } = watched();
    await store.createSchema();
    database.exec(
      "ATTACH ':memory:' AS other; CREATE TABLE other.session AS SELECT * FROM session; " +
        "DROP TABLE session; CREATE UNIQUE INDEX other.ids ON session (sid)",
    );
    await expect(store.createSchema()).rejects.toMatchObject({
      name: "SessionError",
      code: "STORE_FAILED",
      message: 'The table "session" is in an attached database: open that by a client of its own',
    });
  });

  test("makes the index that is missing, and no other", async () => {
    const { store, texts, database } = watched();
    await store.createSchema();
    database.exec('DROP INDEX "IDX_session_subject"');
    texts.length = 0;
    await store.createSchema();
    expect(changing(texts)).toEqual([expect.stringMatching(/^CREATE INDEX .*subject/)]);
  });

  test("looks at no other table's indexes, and makes one where another only ends with its column", async () => {
    const { store, texts, database } = watched();
    await sqliteStore({ client: database, table: "near" }).createSchema();
    await store.createSchema();
    expect(changing(texts).length).toBe(3);
    database.exec('DROP INDEX "IDX_session_expire"');
    database.exec("CREATE INDEX both_of_them ON session (version, expire)");
    texts.length = 0;
    await store.createSchema();
    expect(changing(texts)).toEqual([expect.stringMatching(/^CREATE INDEX .*"expire"/)]);
  });

  test("adds the columns that are missing, and what was there is a session still", async () => {
    const { store, database } = watched();
    database.exec(
      "CREATE TABLE session (sid TEXT PRIMARY KEY, sess TEXT NOT NULL, expire INTEGER NOT NULL)",
    );
    database.exec("INSERT INTO session VALUES ('old', '{\"cookie\":{}}', 4000000000000)");
    await store.createSchema();
    expect(await store.read("old")).toMatchObject({ expires: 4_000_000_000_000 });
    const { version } = (await store.read("old"))!;
    const record = { json: '{"cookie":{},"n":1}', expires: null, subject: "ada" };
    expect(await store.commit("old", record, version)).toMatchObject({ status: "committed" });
    expect(await store.list("ada")).toEqual(["old"]);
  });

  test.each([
    ["sid TEXT PRIMARY KEY, sess TEXT, ends INTEGER", "was not made for this store"],
    ["sid PRIMARY KEY, expired, sess", "looks like one of connect-session-knex or connect-sqlite3"],
  ])("leaves a table of another library alone, and says so: %s", async (columns, why) => {
    const { store, texts, database } = watched();
    database.exec(`CREATE TABLE session (${columns})`);
    await expect(store.createSchema()).rejects.toThrow(
      `The table "session" ${why}; name a table of the store's own in option "table"`,
    );
    expect(changing(texts)).toEqual([]);
  });
});

describe("without createSchema()", () => {
  const missing = 'There is no table "session": run createSchema()';
  const record = { json: "{}", expires: null };

  test("every verb says what to run, and names no id", async () => {
    const store = sqliteStore({ client: new DatabaseSync(":memory:") });
    for (
      const act of [
        () => store.create("an-id", record),
        () => store.read("an-id"),
        () => store.commit("an-id", record, 1),
        () => store.touch("an-id", null),
        () => store.rotate("an-id", "other", record, 1),
        () => store.destroy("an-id"),
        () => store.readAndTouch("an-id", 1),
        () => store.list("ada"),
        () => store.destroyAll("ada"),
        () => store.length(),
        () => store.sweep(),
        () => store.clear(),
      ]
    ) expect(act).toThrow(missing);
    await expect(store.all()[Symbol.asyncIterator]().next()).rejects.toThrow(missing);
  });

  test("a client with promises says so too, and the application is told in these words", async () => {
    const client = createClient({ url: ":memory:" });
    const store = sqliteStore({ client });
    await expect(store.read("an-id")).rejects.toThrow(missing);
    const sessions = createSessions({ secret: "x".repeat(32), store });
    const visit = sessions.wrap((_request, session) => {
      session["n"] = 1;
      return new Response("");
    });
    await expect(visit(new Request("https://app.test/"))).rejects.toThrow(missing);
    client.close();
  });

  test("a column that is missing is named", () => {
    const client = new DatabaseSync(":memory:");
    client.exec(
      "CREATE TABLE session (sid TEXT PRIMARY KEY, sess TEXT, expire INTEGER, version INTEGER)",
    );
    const store = sqliteStore({ client });
    expect(() => store.read("id")).toThrow(
      'The table "session" lacks endless, subject: run createSchema()',
    );
  });

  test("what the driver says otherwise stays what it says", () => {
    const client = new DatabaseSync(":memory:");
    const store = sqliteStore({ client });
    client.close();
    expect(() => store.read("id")).toThrow(/database is not open/);
  });
});
