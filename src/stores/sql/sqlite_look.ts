/** What SQLite tells of a table, in one query. */
import type { Need } from "./dialect.ts";

/** The query. */
export function lookInSqlite(table: string): string {
  return "SELECT 'table' AS kind, CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 'virtual table' " +
    "ELSE type END AS name, sql AS type, '' AS note FROM sqlite_master " +
    `WHERE type <> 'trigger' AND name = '${table}' COLLATE NOCASE UNION ALL ` +
    // Such a primary key is the row's number, which comes by itself.
    "SELECT 'column', name, type || CASE WHEN hidden > 1 THEN ' GENERATED ALWAYS' ELSE '' END, " +
    `CASE WHEN NOT "notnull" THEN '' WHEN hidden > 1 OR trim(upper(dflt_value), '( )') <> 'NULL' ` +
    "OR (pk = 1 AND upper(type) = 'INTEGER') THEN 'filled' ELSE 'required' END " +
    `FROM pragma_table_xinfo('${table}') UNION ALL ` +
    "SELECT 'index', max(CASE part.seqno WHEN 0 THEN part.name END), " +
    // What is made of a column has no name.
    `CASE WHEN list."unique" THEN group_concat(coalesce(part.name, (SELECT substr(sql, ` +
    "instr(sql, '(')) FROM sqlite_master AS made WHERE made.name = list.name)) || " +
    "CASE upper(part.coll) WHEN 'BINARY' THEN '' ELSE ' COLLATE ' || part.coll END, ' and ') END, " +
    `CASE WHEN list."unique" AND NOT list.partial AND count(*) = 1 ` +
    "AND max(upper(part.coll)) = 'BINARY' THEN 'key' END " +
    `FROM pragma_index_list('${table}') AS list ` +
    `JOIN pragma_index_xinfo(list.name) AS part WHERE part."key" GROUP BY list.name`;
}

/** Texts and comments, in which nothing is said of the table. */
const SAID = /'[^']*'|--[^\n]*|\/\*[^]*?\*\//g;

/** Its rows have numbers unless it says otherwise at its very end. */
export function flawIn(definition: string): string | undefined {
  if (/\)[^()]*\bwithout\s+rowid\b[^()]*$/i.test(definition)) return "it is WITHOUT ROWID";
  const plain = definition.replace(SAID, " ");
  const [, instead] = /\bon\s+conflict\s+(replace|ignore)\b/i.exec(plain) ?? [];
  if (instead === undefined) return undefined;
  return `its ON CONFLICT ${instead.toUpperCase()} would drop sessions or writes in silence`;
}

/** How a column compares, if that is not byte for byte. */
export function collationIn(definition: string, column: string): string {
  const [, collation = "BINARY"] = new RegExp(
    `[(,]\\s*["'\`[]?${column}\\b[^,]*?\\bcollate\\s+["'\`[]?(\\w+)`,
    "i",
  ).exec(definition) ?? [];
  return /^binary$/i.test(collation) ? "" : ` COLLATE ${collation}`;
}

/** Of such a type, and written by the store. */
function need(needed: string, types: RegExp): Need {
  return { needed, fits: (type) => types.test(type) && !type.includes(" GENERATED ALWAYS") };
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
