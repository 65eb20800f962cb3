/** The dialect of SQLite, which libSQL, Turso, D1 speak as well. */
import { codeOf, type Dialect, NOTHING } from "./dialect.ts";
import { ownRows } from "./own_rows.ts";
import { collationIn, flawIn, lookInSqlite, sqliteNeeds } from "./sqlite_look.ts";

/** What a table with rows in it may lack. */
const LATER = [
  ["version", "INTEGER NOT NULL DEFAULT 0"],
  ["endless", "INTEGER NOT NULL DEFAULT 0"],
  ["subject", "TEXT"],
] as const;

/** The drivers agree on the text alone: codes are numbers in one and words in the next. */
const textOf = (error: unknown): string => String((error as Error | undefined)?.message);

const quote = (name: string): string => `"${name}"`;

/** The dialect of SQLite 3.35 and later (`RETURNING`). */
export const sqliteDialect: Dialect = {
  longestName: 51,
  quote,
  parameter: () => "?",
  numbered: false,
  // Whole numbers beyond 2^53, which a damaged row may have, make clients throw; these read as numbers.
  columns: "sess AS json, CAST(version AS REAL) AS mark, CAST(expire AS REAL) AS expire, endless",
  id: "sid",
  ...ownRows,
  looseText: true,
  upsert: true,
  // Neither LIKE, which knows no case, nor GLOB, whose patterns D1 keeps short.
  begins: "substr(sess, 1, length({own})) = {own}",
  countsMatches: true,
  counted: "",

  sizes: { drop: 50, read: 100, count: 2_500 },
  sweep: (table, limit) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} ` +
    `WHERE expire <= {now} ORDER BY expire LIMIT ${limit})`,
  dropSome: (table, limit) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} ` +
    `WHERE subject = {subject} AND sid <> {except} LIMIT ${limit}) RETURNING expire > {now} AS live`,
  dropsExpired: true,
  clearSome: (table, limit) =>
    `DELETE FROM ${table} WHERE rowid IN (SELECT rowid FROM ${table} LIMIT ${limit})`,
  rowId: "rowid",
  keysIn: (value) => [String(value)],

  look: ({ table }) => lookInSqlite(table),
  needs: sqliteNeeds,
  flawIn,
  typeIn: collationIn,
  schema({ table }, found) {
    const { columns, indexes } = found ?? NOTHING;
    const parts: [isMissing: boolean, text: string][] = [
      [
        !columns.has("sid"),
        `CREATE TABLE IF NOT EXISTS ${quote(table)} (\n` +
        '  "sid" TEXT NOT NULL PRIMARY KEY,\n' +
        '  "sess" TEXT NOT NULL,\n' +
        '  "expire" INTEGER NOT NULL,\n' +
        '  "version" INTEGER NOT NULL,\n' +
        '  "endless" INTEGER NOT NULL,\n' +
        '  "subject" TEXT\n)',
      ],
      ...LATER.map(([name, kind]): [boolean, string] => [
        columns.has("sid") && !columns.has(name),
        `ALTER TABLE ${quote(table)} ADD COLUMN ${quote(name)} ${kind}`,
      ]),
      [
        !indexes.has("expire"),
        `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_expire`)} ON ${quote(table)} ("expire")`,
      ],
      [
        !indexes.has("subject"),
        `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_subject`)} ` +
        `ON ${quote(table)} ("subject")\n  WHERE "subject" IS NOT NULL`,
      ],
    ];
    return parts.filter(([isMissing]) => isMissing).map(([, text]) => text);
  },

  locksAll: true,
  // Somebody else writes, or began to after this statement had read.
  isTransient: (error) =>
    codeOf(error).startsWith("SQLITE_BUSY") || /database (table )?is locked/.test(textOf(error)),
  isMissing: (error) =>
    /no such (table|column)|has no column named|ON CONFLICT clause does not match|NOT NULL constraint|cannot (modify|store)/
      .test(textOf(error)),
  // An index is looked for a table in the client's own database alone.
  misplaced: (error, { table }, found = NOTHING) =>
    found.columns.size > 0 && /no such table: main\./.test(textOf(error))
      ? `The table "${table}" is in an attached database: open that by a client of its own`
      : undefined,
  isForbidden: () => false,
  isDuplicate: (error) =>
    codeOf(error).startsWith("SQLITE_CONSTRAINT_") ||
    /UNIQUE constraint failed|duplicate column name/.test(textOf(error)),
};
