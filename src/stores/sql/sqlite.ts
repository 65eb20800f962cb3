/** The dialect of SQLite, which libSQL, Turso, D1 speak as well. */
import { codeOf, type Dialect } from "./dialect.ts";
import { ownRows } from "./own_rows.ts";

const quote = (name: string): string => `"${name}"`;

/** The dialect of SQLite 3.35 and later (`RETURNING`). */
export const sqliteDialect: Dialect = {
  longestName: 51,
  quote,
  parameter: () => "?",
  numbered: false,
  columns: "sess AS json, version AS mark, expire, endless",
  id: "sid",
  ...ownRows,
  looseText: true,
  upsert: true,
  // Neither LIKE, which knows no case, nor GLOB, whose patterns D1 keeps short.
  begins: "substr(sess, 1, length({own})) = {own}",
  countsMatches: true,
  counted: "",

  // A row in a large file costs about 50 µs, and nothing else runs meanwhile.
  batch: 100,
  sweep: (table, limit) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} ` +
    `WHERE expire <= {now} ORDER BY expire LIMIT ${limit})`,

  schema: ({ table }) => [
    `CREATE TABLE IF NOT EXISTS ${quote(table)} (\n` +
    '  "sid" TEXT NOT NULL PRIMARY KEY,\n' +
    '  "sess" TEXT NOT NULL,\n' +
    '  "expire" INTEGER NOT NULL,\n' +
    '  "version" INTEGER NOT NULL,\n' +
    '  "endless" INTEGER NOT NULL,\n' +
    '  "subject" TEXT\n)',
    `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_expire`)} ON ${quote(table)} ("expire")`,
    `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_subject`)} ON ${quote(table)} ("subject")\n` +
    '  WHERE "subject" IS NOT NULL',
  ],

  // A locked database is the client's to wait for: `PRAGMA busy_timeout`.
  isTransient: () => false,
  // The drivers agree on the text alone: codes are numbers in one and words in the next.
  isDuplicate: (error) =>
    codeOf(error).startsWith("SQLITE_CONSTRAINT_") ||
    /UNIQUE constraint failed/.test(String((error as Error | undefined)?.message)),
};
