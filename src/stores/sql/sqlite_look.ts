/** What SQLite tells of a table, in one query. */
import type { Need } from "./dialect.ts";
import { need } from "./fitness.ts";

/** The query. */
export function lookInSqlite(table: string): string {
  return "SELECT 'table' AS kind, CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 'virtual table' " +
    "ELSE type END AS name, sql AS type, '' AS note FROM sqlite_master " +
    `WHERE type <> 'trigger' AND name = '${table}' COLLATE NOCASE UNION ALL ` +
    // Such a primary key is the row's number, which comes by itself.
    `SELECT 'column', name, type, CASE WHEN NOT "notnull" THEN '' ` +
    "WHEN dflt_value IS NOT NULL OR (pk = 1 AND upper(type) = 'INTEGER') THEN 'filled' " +
    `ELSE 'required' END FROM pragma_table_info('${table}') UNION ALL ` +
    "SELECT 'index', max(CASE part.seqno WHEN 0 THEN part.name END), '', " +
    `CASE WHEN list."unique" AND NOT list.partial AND count(*) = 1 THEN 'key' ELSE '' END ` +
    `FROM pragma_index_list('${table}') AS list ` +
    "JOIN pragma_index_info(list.name) AS part GROUP BY list.name";
}

/** Its rows have numbers unless it says otherwise at its very end. */
export function flawIn(definition: string): string | undefined {
  return /\)[^()]*\bwithout\s+rowid\b[^()]*$/i.test(definition) ? "it is WITHOUT ROWID" : undefined;
}

/** How a column compares, if that is not byte for byte. */
export function collationIn(definition: string, column: string): string {
  const [, collation = "BINARY"] = new RegExp(
    `[(,]\\s*["'\`[]?${column}\\b[^,]*?\\bcollate\\s+["'\`[]?(\\w+)`,
    "i",
  ).exec(definition) ?? [];
  return /^binary$/i.test(collation) ? "" : ` COLLATE ${collation}`;
}

// What has a number's affinity turns an id of digits into a number: STRING is one of these.
const KEY = need(
  "TEXT, compared byte for byte",
  /^$|^(?!.*int)(?!.* collate ).*(?:char|clob|text)/i,
);

/** What the statements need of the columns. */
export const sqliteNeeds: { readonly [column: string]: Need } = {
  sid: KEY,
  sess: need("TEXT", /^(?!.*(?:int|real|floa|doub|blob))/i),
  expire: need("INTEGER", /int/i),
  version: need("INTEGER", /int/i),
  endless: need("INTEGER", /int|bool/i),
  subject: KEY,
};
