/** The schema of each SQL store, as it is written down for those who migrate by hand. */
import { describe, expect, test } from "vitest";
import { mysqlSchema } from "../../src/stores/mysql.ts";
import { postgresSchema } from "../../src/stores/postgres.ts";
import { sqliteSchema } from "../../src/stores/sqlite.ts";
import { type Dialect, type FoundTable, NOTHING } from "../../src/stores/sql/dialect.ts";
import { mysqlDialect } from "../../src/stores/sql/mysql.ts";
import { postgresDialect } from "../../src/stores/sql/postgres.ts";
import { sqliteDialect } from "../../src/stores/sql/sqlite.ts";

describe("the schema, for those who migrate by hand, is", () => {
  const table = (columns: readonly string[], indexes: readonly string[] = []): FoundTable => ({
    ...NOTHING,
    kind: "table",
    columns: new Map(
      columns.map((name) => [name, { type: "text", takesNull: true, isRequired: false }]),
    ),
    indexes: new Set(indexes),
  });
  const OLD = ["sid", "sess", "expire"];
  const ALL = [...OLD, "version", "endless", "subject"];
  const added = (dialect: Dialect, found: FoundTable) =>
    dialect.schema({ table: "session" }, found);

  test("that of SQLite", () => {
    expect(sqliteSchema()).toMatchInlineSnapshot(`
      "CREATE TABLE IF NOT EXISTS "session" (
        "sid" TEXT NOT NULL PRIMARY KEY,
        "sess" TEXT NOT NULL,
        "expire" INTEGER NOT NULL,
        "version" INTEGER NOT NULL,
        "endless" INTEGER NOT NULL,
        "subject" TEXT
      );
      CREATE INDEX IF NOT EXISTS "IDX_session_expire" ON "session" ("expire");
      CREATE INDEX IF NOT EXISTS "IDX_session_subject" ON "session" ("subject")
        WHERE "subject" IS NOT NULL;
      "
    `);
    expect(added(sqliteDialect, table(OLD, ["expire"]))).toMatchInlineSnapshot(`
      [
        "ALTER TABLE "session" ADD COLUMN "version" INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE "session" ADD COLUMN "endless" INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE "session" ADD COLUMN "subject" TEXT",
        "CREATE INDEX IF NOT EXISTS "IDX_session_subject" ON "session" ("subject")
        WHERE "subject" IS NOT NULL",
      ]
    `);
    expect(added(sqliteDialect, table(ALL, ["expire", "subject"]))).toEqual([]);
  });

  test("that of Postgres, in a schema and out of it", () => {
    expect(postgresSchema({ schema: "app" })).toMatchInlineSnapshot(`
      "CREATE TABLE IF NOT EXISTS "app"."session" (
        "sid" varchar NOT NULL PRIMARY KEY,
        "sess" json NOT NULL,
        "expire" timestamptz(6) NOT NULL
      );
      ALTER TABLE "app"."session"
        ADD COLUMN IF NOT EXISTS "version" bigint,
        ADD COLUMN IF NOT EXISTS "endless" boolean,
        ADD COLUMN IF NOT EXISTS "subject" text;
      CREATE INDEX IF NOT EXISTS "IDX_session_expire" ON "app"."session" ("expire");
      CREATE INDEX IF NOT EXISTS "IDX_session_subject" ON "app"."session" ("subject")
        WHERE "subject" IS NOT NULL;
      "
    `);
    expect(added(postgresDialect, table(OLD, ["expire"]))).toMatchInlineSnapshot(`
      [
        "ALTER TABLE "session"
        ADD COLUMN IF NOT EXISTS "version" bigint,
        ADD COLUMN IF NOT EXISTS "endless" boolean,
        ADD COLUMN IF NOT EXISTS "subject" text",
        "CREATE INDEX IF NOT EXISTS "IDX_session_subject" ON "session" ("subject")
        WHERE "subject" IS NOT NULL",
      ]
    `);
    expect(added(postgresDialect, table(ALL, ["subject"]))).toMatchInlineSnapshot(`
      [
        "CREATE INDEX IF NOT EXISTS "IDX_session_expire" ON "session" ("expire")",
      ]
    `);
    expect(added(postgresDialect, table(ALL, ["expire", "subject"]))).toEqual([]);
  });

  test("that of MySQL and MariaDB", () => {
    expect(mysqlSchema()).toMatchInlineSnapshot(`
      "CREATE TABLE IF NOT EXISTS \`session\` (
        \`sid\` VARBINARY(1024) NOT NULL PRIMARY KEY,
        \`sess\` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
        \`expire\` BIGINT NOT NULL,
        \`version\` BIGINT NOT NULL,
        \`endless\` TINYINT NOT NULL,
        \`subject\` VARBINARY(1024),
        KEY \`IDX_session_expire\` (\`expire\`),
        KEY \`IDX_session_subject\` (\`subject\`)
      ) ENGINE=InnoDB;
      "
    `);
    expect(added(mysqlDialect, table(OLD))).toMatchInlineSnapshot(`
      [
        "ALTER TABLE \`session\` ADD COLUMN \`version\` BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE \`session\` ADD COLUMN \`endless\` TINYINT NOT NULL DEFAULT 0",
        "ALTER TABLE \`session\` ADD COLUMN \`subject\` VARBINARY(1024)",
        "ALTER TABLE \`session\` ADD KEY \`IDX_session_expire\` (\`expire\`)",
        "ALTER TABLE \`session\` ADD KEY \`IDX_session_subject\` (\`subject\`)",
      ]
    `);
    expect(added(mysqlDialect, table(ALL, ["expire", "subject"]))).toEqual([]);
  });
});

test("what MySQL 8 calls its types is what is asked for, but not JSON, whose keys it sorts", () => {
  const fits = (column: string, type: string) => mysqlDialect.needs[column]!.fits(type);
  expect(fits("sid", "varchar(255) COLLATE utf8mb4_0900_bin")).toBe(true);
  expect(fits("sid", "varchar(255) COLLATE utf8mb4_0900_ai_ci")).toBe(false);
  expect(fits("sess", "mediumtext COLLATE utf8mb4_0900_ai_ci")).toBe(true);
  expect(fits("sess", "json")).toBe(false);
  expect(fits("expire", "bigint unsigned")).toBe(true);
  expect(fits("version", "bigint")).toBe(true);
  expect(fits("endless", "tinyint(1)")).toBe(true);
  expect(fits("subject", "varchar(255) COLLATE utf8mb4_0900_bin")).toBe(true);
});
