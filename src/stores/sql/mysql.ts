/** The dialect of MySQL, which MariaDB shares. */
import { codeOf, type Dialect, type Parameter } from "./dialect.ts";
import { ownRows } from "./own_rows.ts";

const quote = (name: string): string => `\`${name}\``;

/**
 * Prepared statements carry every JavaScript number as a double; these are
 * compared with whole numbers, and as whole numbers.
 */
const WHOLE: ReadonlySet<Parameter> = new Set(["expire", "now", "version", "mark"]);

/**
 * The dialect of MySQL 8 and MariaDB 10.5.
 *
 * Ids and subjects are bytes: a text column would compare them without regard
 * to case or trailing spaces.
 */
export const mysqlDialect: Dialect = {
  // 64 characters, less `IDX_` and `_subject`.
  longestName: 51,
  quote,
  parameter: (name) => WHOLE.has(name) ? "CAST(? AS SIGNED)" : "?",
  numbered: false,
  columns: "sess AS json, version AS mark, expire, endless",
  id: "CONVERT(sid USING utf8mb4)",
  ...ownRows,
  looseText: true,
  upsert: false,
  countsMatches: false,
  counted: "",

  batch: 1000,
  sweep: (table, limit) =>
    `DELETE FROM ${table} WHERE expire <= {now} ORDER BY expire LIMIT ${limit}`,

  schema: ({ table }) => [
    `CREATE TABLE IF NOT EXISTS ${quote(table)} (\n` +
    "  `sid` VARBINARY(1024) NOT NULL PRIMARY KEY,\n" +
    "  `sess` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n" +
    "  `expire` BIGINT NOT NULL,\n" +
    "  `version` BIGINT NOT NULL,\n" +
    "  `endless` TINYINT NOT NULL,\n" +
    "  `subject` VARBINARY(1024),\n" +
    `  KEY ${quote(`IDX_${table}_expire`)} (\`expire\`),\n` +
    `  KEY ${quote(`IDX_${table}_subject`)} (\`subject\`)\n` +
    ") ENGINE=InnoDB",
  ],

  // A deadlock undoes the statement.
  isTransient: (error) => ["ER_LOCK_DEADLOCK", "1213"].includes(codeOf(error)),
  isDuplicate: (error) => ["ER_DUP_ENTRY", "1062"].includes(codeOf(error)),
};
