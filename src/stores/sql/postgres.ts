/**
 * Postgres: the table of connect-pg-simple, with three nullable columns of ours.
 *
 * A row has changed when our version or its text has: connect-pg-simple may
 * write the same row and knows nothing of our version. The text is compared
 * with the text that was read, which costs less than a digest at either end.
 *
 * A row's end is compared as `timestamptz`: connect-pg-simple writes one into
 * its `timestamp` column, so that Postgres converts it by the `TimeZone` of the
 * connection, there and back.
 *
 * Most clients have every statement parsed and planned anew, and that takes
 * longer than running it: so the expressions are as few and short as can be,
 * and a commit does not carry the look at what stood in its way, which is rare.
 */
import { codeOf, type Dialect, NOTHING, type Parameter, type Place } from "./dialect.ts";
import { flawIn, lookInPostgres, postgresNeeds } from "./postgres_look.ts";

const COLUMNS = "sess::text AS json, version AS mark, " +
  "extract(epoch FROM expire::timestamptz) AS expire, endless";

// Text first: some clients encode a parameter by the type the server reports for it.
const CASTS: { readonly [name in Parameter]?: (parameter: string) => string } = {
  json: (parameter) => `${parameter}::text::json`,
  endless: (parameter) => `${parameter}::int::boolean`,
  expire: (parameter) => `to_timestamp(${parameter})`,
  now: (parameter) => `to_timestamp(${parameter})`,
};

/** What a version is: what the row held of ours, and its text. */
interface Seen {
  readonly mark: number | null;
  readonly base: string;
}

const quote = (name: string): string => `"${name}"`;

/** The dialect of Postgres 11 and later. */
export const postgresDialect: Dialect = {
  // 63 bytes, less `IDX_` and `_subject`.
  longestName: 51,
  quote,
  parameter: (name, index) => CASTS[name]?.(`$${index}`) ?? `$${index}`,
  numbered: true,
  columns: COLUMNS,
  id: "sid",
  unchanged: "version IS NOT DISTINCT FROM {mark} AND sess::text = {base}",
  versionOf: (mark, base): Seen => ({ mark, base }),
  expected(version) {
    const { mark, base } = Object(version) as Partial<Seen>;
    return typeof base === "string" && (mark === null || Number.isSafeInteger(mark))
      ? { mark: mark ?? null, base }
      : { mark: null, base: null };
  },
  toTime: (ms) => ms / 1000,
  fromTime: (seconds) => Math.round(Number(seconds) * 1000),
  looseText: false,
  upsert: true,
  begins: "starts_with(sess::text, {own})",
  countsMatches: true,
  counted: " RETURNING 1 AS live",

  sizes: { drop: 500, read: 250, count: Infinity },
  // A row that somebody holds is not worth a wait: the next sweep takes it.
  sweep: (table, limit) =>
    `DELETE FROM ${table} WHERE expire <= {now} AND sid IN (SELECT sid FROM ${table} ` +
    `WHERE expire <= {now} ORDER BY expire LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
  dropSome: (table, limit) =>
    `DELETE FROM ${table} WHERE subject = {subject} AND sid IN (SELECT sid FROM ${table} ` +
    `WHERE subject = {subject} AND sid <> {except} LIMIT ${limit}) ` +
    "RETURNING expire > {now} AS live",
  dropsExpired: true,
  // Who writes to a row that one long statement drops would wait for all the others.
  clearPage: (table, limit) =>
    `WITH page AS (SELECT sid FROM ${table} WHERE sid > {after} ORDER BY sid LIMIT ${limit}), ` +
    `dropped AS (DELETE FROM ${table} WHERE sid IN (SELECT sid FROM page)) ` +
    "SELECT max(sid) AS sid FROM page",
  listJoined: (table) =>
    "SELECT string_agg(sid, chr(2)) AS sid FROM (SELECT sid, row_number() OVER () AS n " +
    `FROM ${table} WHERE subject = {subject} AND expire > {now}) AS found GROUP BY n / 200`,
  // No key has that character in it.
  keysIn: (value) => String(value).split("\u0002"),

  look: (_place, table) => lookInPostgres(table),
  needs: postgresNeeds,
  flawIn,
  schema({ table, schema }: Place, found) {
    const name = schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`;
    const { columns, indexes } = found ?? NOTHING;
    const lacks = (column: string): boolean => !columns.has(column);
    const parts: [isMissing: boolean, text: string][] = [
      [
        lacks("sid"),
        `CREATE TABLE IF NOT EXISTS ${name} (\n` +
        '  "sid" varchar NOT NULL PRIMARY KEY,\n' +
        '  "sess" json NOT NULL,\n' +
        '  "expire" timestamptz(6) NOT NULL\n)',
      ],
      [
        ["version", "endless", "subject"].some(lacks),
        `ALTER TABLE ${name}\n` +
        '  ADD COLUMN IF NOT EXISTS "version" bigint,\n' +
        '  ADD COLUMN IF NOT EXISTS "endless" boolean,\n' +
        '  ADD COLUMN IF NOT EXISTS "subject" text',
      ],
      [
        !indexes.has("expire"),
        `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_expire`)} ON ${name} ("expire")`,
      ],
      [
        !indexes.has("subject"),
        `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_subject`)} ON ${name} ("subject")\n` +
        '  WHERE "subject" IS NOT NULL',
      ],
    ];
    return parts.filter(([isMissing]) => isMissing).map(([, text]) => text);
  },

  // Serialization failure, deadlock: both undo the statement.
  isTransient: (error) => ["40001", "40P01"].includes(codeOf(error)),
  // No table, column or schema; and what a table says that does not fit: it has no such key, a
  // column has another type, or takes no NULL.
  isMissing: (error) =>
    ["42P01", "42703", "3F000", "42P10", "42804", "42883", "23502"].includes(codeOf(error)),
  misplaced(error, { table, schema }) {
    if (codeOf(error) !== "3F000") return undefined;
    return schema === undefined
      ? `The search_path of the connection leads to no schema for the table "${table}" ` +
        'that is there and that this user may use: name one in option "schema"'
      : `There is no schema "${schema}" for the table "${table}": ` +
        'make it, or name another in option "schema"';
  },
  isForbidden: (error) => codeOf(error) === "42501",
  // Also what two processes get that make the same table at once.
  isDuplicate: (error) => ["23505", "42P07", "42701", "42710"].includes(codeOf(error)),
};
