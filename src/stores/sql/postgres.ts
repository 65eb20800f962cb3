/**
 * Postgres: the table of connect-pg-simple, with three nullable columns of ours.
 *
 * The mark is our version and a digest of the text, because connect-pg-simple
 * may write the same row and knows nothing of our version. Not md5: databases
 * in FIPS mode refuse it.
 *
 * A row's end is compared as `timestamptz`: connect-pg-simple writes one into
 * its `timestamp` column, so that Postgres converts it by the `TimeZone` of the
 * connection, there and back.
 */
import { codeOf, type Dialect, type Parameter, type Place } from "./dialect.ts";

const MARK = "concat(version, '.', encode(sha256(convert_to(sess::text, 'UTF8')), 'hex'))";
const COLUMNS = `sess::text AS json, ${MARK} AS mark, ` +
  "round(extract(epoch FROM expire::timestamptz) * 1000)::float8 AS expire, " +
  "endless::int AS endless";

// Text first: some clients encode a parameter by the type the server reports for it.
const CASTS: Record<Parameter, (parameter: string) => string> = {
  sid: (parameter) => `${parameter}::text`,
  to: (parameter) => `${parameter}::text`,
  after: (parameter) => `${parameter}::text`,
  except: (parameter) => `${parameter}::text`,
  subject: (parameter) => `${parameter}::text`,
  mark: (parameter) => `${parameter}::text`,
  json: (parameter) => `${parameter}::text::json`,
  version: (parameter) => `${parameter}::bigint`,
  endless: (parameter) => `${parameter}::int::boolean`,
  expire: (parameter) => `to_timestamp(${parameter}::float8 / 1000)`,
  now: (parameter) => `to_timestamp(${parameter}::float8 / 1000)`,
};

const quote = (name: string): string => `"${name}"`;

/** The dialect of Postgres 11 and later. */
export const postgresDialect: Dialect = {
  // 63 bytes, less `IDX_` and `_subject`.
  longestName: 51,
  quote,
  parameter: (name, index) => CASTS[name](`$${index}`),
  numbered: true,
  columns: COLUMNS,
  id: "sid",
  mark: MARK,
  isMark: (version) => typeof version === "string" && /^\d*\.[\da-f]{64}$/.test(version),
  looseText: false,
  upsert: true,
  returning: true,
  countsMatches: true,
  counted: " RETURNING 1 AS live",

  /**
   * Both halves see the table as it was when the statement began, but the
   * update waits for a writer it meets and then sees what that one wrote. So
   * the row shown may be older than what stood in the way; it then still has
   * the mark that was asked for, and the core looks again.
   */
  commit: (update, table) =>
    `WITH done AS (${update} RETURNING ${MARK} AS mark) ` +
    "SELECT NULL::text AS json, mark, NULL::float8 AS expire, NULL::int AS endless, 1 AS done " +
    `FROM done UNION ALL SELECT ${COLUMNS}, 0 AS done FROM ${table} ` +
    "WHERE sid = {sid} AND expire > {now} AND NOT EXISTS (SELECT 1 FROM done)",

  batch: 1000,
  // A row that somebody holds is not worth a wait: the next sweep takes it.
  sweep: (table, limit) =>
    `DELETE FROM ${table} WHERE expire <= {now} AND sid IN (SELECT sid FROM ${table} ` +
    `WHERE expire <= {now} ORDER BY expire LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,

  schema: ({ table, schema }: Place) => {
    const name = schema === undefined ? quote(table) : `${quote(schema)}.${quote(table)}`;
    return [
      `CREATE TABLE IF NOT EXISTS ${name} (\n` +
      '  "sid" varchar NOT NULL PRIMARY KEY,\n' +
      '  "sess" json NOT NULL,\n' +
      '  "expire" timestamptz(6) NOT NULL\n)',
      `ALTER TABLE ${name}\n` +
      '  ADD COLUMN IF NOT EXISTS "version" bigint,\n' +
      '  ADD COLUMN IF NOT EXISTS "endless" boolean,\n' +
      '  ADD COLUMN IF NOT EXISTS "subject" text',
      `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_expire`)} ON ${name} ("expire")`,
      `CREATE INDEX IF NOT EXISTS ${quote(`IDX_${table}_subject`)} ON ${name} ("subject")\n` +
      '  WHERE "subject" IS NOT NULL',
    ];
  },

  // Serialization failure, deadlock: both undo the statement.
  isTransient: (error) => ["40001", "40P01"].includes(codeOf(error)),
  // Also what two processes get that make the same table at once.
  isDuplicate: (error) => ["23505", "42P07", "42701", "42710"].includes(codeOf(error)),
};
