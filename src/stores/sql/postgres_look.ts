/** What Postgres tells of a table, in one query of its catalogue. */
import type { Need } from "./dialect.ts";
import { LONGEST, need } from "./fitness.ts";

/**
 * The query: `table` is quoted, and found by the `search_path` if it names no schema.
 *
 * By way of JSON goes what Postgres 11 does not know: collations that take texts for one another,
 * generated columns.
 */
export function lookInPostgres(table: string): string {
  const found = `to_regclass('${table}')`;
  return "SELECT 'table' AS kind, CASE WHEN relkind IN ('r', 'p') THEN 'table' " +
    "WHEN relkind = 'v' THEN 'view' WHEN relkind = 'm' THEN 'materialized view' " +
    "WHEN relkind = 'f' THEN 'foreign table' WHEN relkind = 'S' THEN 'sequence' " +
    "WHEN relkind = 'c' THEN 'type' ELSE 'index' END AS name, " +
    "CASE WHEN relispartition THEN 'partition' WHEN relkind = 'r' AND EXISTS (SELECT FROM " +
    "pg_catalog.pg_inherits WHERE inhparent = pg_class.oid) THEN 'parent' ELSE '' END AS type, " +
    `'' AS note FROM pg_catalog.pg_class WHERE oid = ${found} UNION ALL ` +
    // A domain is what it is made of.
    "SELECT 'column', attname::text, format_type(" +
    "CASE typtype WHEN 'd' THEN typbasetype ELSE atttypid END, " +
    "CASE typtype WHEN 'd' THEN typtypmod ELSE atttypmod END) || " +
    "CASE WHEN to_jsonb(c) ->> 'collisdeterministic' = 'false' " +
    "THEN ' COLLATE ' || quote_ident(collname) ELSE '' END || " +
    "coalesce((SELECT string_agg(' ' || pg_get_constraintdef(k.oid), '') FROM " +
    "pg_catalog.pg_constraint AS k WHERE contypid = atttypid AND contype = 'c'), '') || " +
    "CASE WHEN attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY' " +
    "WHEN to_jsonb(a) ->> 'attgenerated' <> '' THEN ' GENERATED ALWAYS AS (' || " +
    "pg_get_expr(adbin, adrelid) || ')' ELSE '' END, " +
    "CASE WHEN NOT (attnotnull OR typnotnull) THEN '' " +
    // A trigger that runs before each row is inserted (1, 2 and 4) may fill it in.
    "WHEN atthasdef OR attidentity <> '' OR typdefault IS NOT NULL OR EXISTS (SELECT FROM " +
    "pg_catalog.pg_trigger WHERE tgrelid = attrelid AND NOT tgisinternal AND tgtype & 7 = 7) " +
    "THEN 'filled' ELSE 'required' END FROM pg_catalog.pg_attribute AS a " +
    "JOIN pg_catalog.pg_type AS t ON t.oid = atttypid " +
    "LEFT JOIN pg_catalog.pg_attrdef ON adrelid = attrelid AND adnum = attnum " +
    "LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = attcollation " +
    `WHERE attrelid = ${found} AND attnum > 0 AND NOT attisdropped UNION ALL ` +
    "SELECT 'index', CASE WHEN indisvalid THEN attname END, " +
    "CASE WHEN indisunique THEN parts END, " +
    "CASE WHEN indisunique AND indimmediate AND indisvalid AND indpred IS NULL " +
    "AND indnkeyatts = 1 AND parts = attname THEN 'key' END FROM pg_catalog.pg_index " +
    "LEFT JOIN pg_catalog.pg_attribute ON attrelid = indrelid AND attnum = indkey[0] " +
    // The collation of a part is its own, whatever the column's is.
    "CROSS JOIN LATERAL (SELECT string_agg(pg_get_indexdef(indexrelid, n, false) || " +
    "CASE WHEN to_jsonb(c) ->> 'collisdeterministic' = 'false' " +
    "THEN ' COLLATE ' || quote_ident(collname) ELSE '' END, ' and ') AS parts " +
    "FROM generate_series(1, indnkeyatts) AS n " +
    "LEFT JOIN pg_catalog.pg_collation AS c ON c.oid = indcollation[n - 1]) AS whole " +
    `WHERE indrelid = ${found}`;
}

/** What is wrong with a table that holds only some of its rows. */
export function flawIn(definition: string): string | undefined {
  if (definition === "partition") return "it is a partition, and takes only part of them";
  if (definition !== "parent") return undefined;
  return "other tables inherit from it, whose rows no key of its own keeps apart";
}

const KEY: Need = {
  needed: `text or varchar, of ${LONGEST} characters or more, that is compared exactly`,
  fits(type) {
    const [isText, length] = /^(?:text|character varying(?:\((\d+)\))?)$/.exec(type) ?? [];
    return isText !== undefined && Number(length ?? LONGEST) >= LONGEST;
  },
};

/** What the statements need of the columns. */
export const postgresNeeds: { readonly [column: string]: Need } = {
  sid: KEY,
  // Not jsonb: it knows no NUL, and a text comes back in another order, by which it is no longer
  // known to have the lifetime that it has.
  sess: need("json or text", /^(?:json|text|character varying)$/),
  // With fewer a session would end at another moment than the one it was given.
  expire: need(
    "timestamptz or timestamp of 3 digits or more",
    /^timestamp(?:\([3-6]\))? with(?:out)? time zone$/,
  ),
  version: need("bigint", /^(?:bigint|numeric)$/),
  endless: need("boolean", /^boolean$/),
  subject: KEY,
};
