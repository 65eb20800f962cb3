/** What MySQL and MariaDB tell of a table, in one query. */
import type { Need } from "./dialect.ts";
import { LONGEST, need } from "./fitness.ts";

/** The query: of a table of the connection's database. */
export function lookInMysql(table: string): string {
  const here = `table_schema = DATABASE() AND table_name = '${table}'`;
  return "SELECT 'table' AS kind, CASE WHEN table_type LIKE '%VIEW' THEN 'view' " +
    "WHEN table_type = 'SEQUENCE' THEN 'sequence' ELSE 'table' END AS name, " +
    `'' AS type, '' AS note FROM information_schema.tables WHERE ${here} UNION ALL ` +
    "SELECT 'column', column_name, CONCAT(column_type, " +
    "COALESCE(CONCAT(' COLLATE ', collation_name), ''), " +
    "CASE WHEN extra LIKE '% GENERATED%' THEN CONCAT(' GENERATED ALWAYS AS (', " +
    "generation_expression, ')') ELSE '' END" +
    // What MariaDB calls JSON, and shows of it to whoever may change the table; to MySQL a comment.
    " /*M!, CASE WHEN EXISTS (SELECT 1 FROM information_schema.check_constraints AS held " +
    `WHERE held.constraint_schema = DATABASE() AND held.table_name = '${table}' ` +
    "AND LOWER(held.check_clause) LIKE CONCAT('%json_valid(`', column_name, '`)%')) " +
    "THEN ' CHECK (json_valid)' ELSE '' END */), " +
    "CASE WHEN is_nullable <> 'NO' THEN '' " +
    // Without strictness it takes what is nothing of its type.
    "WHEN column_default IS NOT NULL OR @@sql_mode NOT LIKE '%STRICT%' " +
    "OR extra LIKE '%auto_increment%' OR extra LIKE '% GENERATED%' " +
    "OR EXISTS (SELECT 1 FROM information_schema.triggers WHERE event_object_schema = DATABASE() " +
    `AND event_object_table = '${table}' AND action_timing = 'BEFORE' ` +
    "AND event_manipulation = 'INSERT') THEN 'filled' ELSE 'required' END " +
    `FROM information_schema.columns WHERE ${here} UNION ALL ` +
    // A key over the beginning of a column would take many ids for one.
    "SELECT 'index', MAX(CASE WHEN seq_in_index = 1 THEN column_name END), " +
    "CASE WHEN MAX(non_unique) = 0 THEN GROUP_CONCAT(CONCAT(column_name, " +
    "COALESCE(CONCAT('(', sub_part, ')'), '')) SEPARATOR ' and ') END, " +
    "CASE WHEN MAX(non_unique) = 0 AND COUNT(*) = 1 AND COUNT(sub_part) = 0 THEN 'key' " +
    `ELSE '' END FROM information_schema.statistics WHERE ${here} GROUP BY index_name`;
}

/** The most bytes that a character takes. */
const WIDEST = 4;

/** Bytes, or characters of a collation that tells all texts apart, also by spaces at the end. */
const KEY: Need = {
  needed: `VARBINARY(${LONGEST * WIDEST}) or longer, nor VARCHAR(${LONGEST}) or longer with the ` +
    "collation utf8mb4_0900_bin (MariaDB: utf8mb4_nopad_bin)",
  fits(type) {
    const [, bytes, length] =
      /^var(?:binary\((\d+)\)|char\((\d+)\) COLLATE utf8mb4_(?:nopad|0900)_bin)$/.exec(type) ?? [];
    return Number(bytes) >= LONGEST * WIDEST || Number(length) >= LONGEST;
  },
};

/** What the statements need of the columns. */
export const mysqlNeeds: { readonly [column: string]: Need } = {
  sid: KEY,
  // Not MySQL's JSON, which sorts the keys.
  sess: need(
    // JSON of MariaDB refuses half a surrogate pair, which JSON.stringify() writes as an escape.
    "LONGTEXT or MEDIUMTEXT in utf8mb4, without a check that it is JSON",
    /^(?:long|medium)text COLLATE (?:utf8mb4|utf16|utf16le|utf32|gb18030)_(?!.* CHECK )/,
  ),
  expire: need("BIGINT", /^bigint\b(?!.*GENERATED)/),
  version: need("BIGINT", /^bigint\b(?!.*GENERATED)/),
  endless: need("TINYINT", /^(?:tiny|small|medium|big)?int\b(?!.*GENERATED)/),
  subject: KEY,
};
