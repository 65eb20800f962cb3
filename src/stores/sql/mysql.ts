/** The dialect of MySQL, which MariaDB shares. */
import { codeOf, type Dialect, type FoundTable, type Parameter } from "./dialect.ts";
import { lookInMysql, mysqlNeeds } from "./mysql_look.ts";
import { ownRows } from "./own_rows.ts";

const quote = (name: string): string => `\`${name}\``;

/**
 * Prepared statements carry every JavaScript number as a double; these are
 * compared with whole numbers, and as whole numbers.
 */
const WHOLE: ReadonlySet<Parameter> = new Set(["expire", "now", "version", "mark"]);

/** Clients have an error's word or its number. */
const is = (...codes: (string | number)[]) => {
  const known = new Set(codes.map(String));
  return (error: unknown): boolean => known.has(codeOf(error));
};

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

  sizes: { drop: 500, read: 250, count: Infinity },
  sweep: (table, limit) =>
    `DELETE FROM ${table} WHERE expire <= {now} ORDER BY expire LIMIT ${limit}`,
  dropSome: (table, limit) =>
    `DELETE FROM ${table} WHERE subject = {subject} AND sid <> {except} AND expire > {now} ` +
    `LIMIT ${limit}`,
  // MySQL cannot answer what it deleted, and the sweep takes those that have expired.
  dropsExpired: false,
  // Not GROUP_CONCAT(), which MySQL cuts after 1,024 bytes.
  listJoined: (table) =>
    "SELECT JSON_ARRAYAGG(CONVERT(sid USING utf8mb4)) AS sid FROM " +
    `(SELECT sid, ROW_NUMBER() OVER () AS n FROM ${table} ` +
    "WHERE subject = {subject} AND expire > {now}) AS found GROUP BY FLOOR(n / 200)",
  // What MySQL calls JSON, clients have parsed already.
  keysIn: (value) => Array.isArray(value) ? value.map(String) : JSON.parse(String(value)),
  // In one statement it would hold every row until it is done.
  clearSome: (table, limit) => `DELETE FROM ${table} LIMIT ${limit}`,

  look: ({ table }) => lookInMysql(table),
  needs: mysqlNeeds,
  schema({ table }, found) {
    const expire = `KEY ${quote(`IDX_${table}_expire`)} (\`expire\`)`;
    const subject = `KEY ${quote(`IDX_${table}_subject`)} (\`subject\`)`;
    if (found === undefined || found.columns.size === 0) {
      return [
        `CREATE TABLE IF NOT EXISTS ${quote(table)} (\n` +
        "  `sid` VARBINARY(1024) NOT NULL PRIMARY KEY,\n" +
        "  `sess` LONGTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,\n" +
        "  `expire` BIGINT NOT NULL,\n" +
        "  `version` BIGINT NOT NULL,\n" +
        "  `endless` TINYINT NOT NULL,\n" +
        "  `subject` VARBINARY(1024),\n" +
        `  ${expire},\n` +
        `  ${subject}\n` +
        ") ENGINE=InnoDB",
      ];
    }
    return missing(found, { expire, subject }).map((what) =>
      `ALTER TABLE ${quote(table)} ADD ${what}`
    );
  },

  isTransient: is("ER_LOCK_DEADLOCK", 1213, "ER_CHECKREAD", 1020),
  isMissing: is(
    ...["ER_NO_SUCH_TABLE", 1146, "ER_BAD_FIELD_ERROR", 1054],
    // A table that does not fit: another column wants a value, or one takes none of this kind.
    ...["ER_NO_DEFAULT_FOR_FIELD", 1364, "ER_WARN_DATA_OUT_OF_RANGE", 1264],
    ...["ER_DATA_TOO_LONG", 1406, "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD", 1366],
  ),
  misplaced: () => undefined,
  isForbidden: is(
    ...["ER_TABLEACCESS_DENIED_ERROR", 1142, "ER_COLUMNACCESS_DENIED_ERROR", 1143],
    ...["ER_DBACCESS_DENIED_ERROR", 1044, "ER_SPECIFIC_ACCESS_DENIED_ERROR", 1227],
  ),
  // Also what two processes get that add to the same table at once.
  isDuplicate: is("ER_DUP_ENTRY", 1062, "ER_DUP_FIELDNAME", 1060, "ER_DUP_KEYNAME", 1061),
};

/** What a table with rows in it lacks. */
function missing(
  { columns, indexes }: FoundTable,
  keys: { readonly expire: string; readonly subject: string },
): string[] {
  const parts: [isThere: boolean, what: string][] = [
    [columns.has("version"), "COLUMN `version` BIGINT NOT NULL DEFAULT 0"],
    [columns.has("endless"), "COLUMN `endless` TINYINT NOT NULL DEFAULT 0"],
    [columns.has("subject"), "COLUMN `subject` VARBINARY(1024)"],
    [indexes.has("expire"), keys.expire],
    [indexes.has("subject"), keys.subject],
  ];
  return parts.filter(([isThere]) => !isThere).map(([, what]) => what);
}
