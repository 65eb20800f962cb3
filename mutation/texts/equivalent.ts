/** Mutants of texts that no test could notice, each with the reason. */
import type { Outcome } from "./tables.ts";

/** What a mutant is known by: part of its line, what was there, what came there. */
interface Known {
  readonly file: string;
  readonly source: string;
  readonly from?: RegExp;
  readonly to?: RegExp;
  readonly because: string;
}

const KNOWN: readonly Known[] = [
  {
    file: "redis/lua.ts",
    source: "if at >= 0 then",
    to: /if at > 0|>/,
    because: "a key with 0 ms left is over in this millisecond, and the caller's clock says so too",
  },
  {
    file: "redis/lua.ts",
    source: "math.floor(time[2] / 1000)",
    from: /1000/,
    because: "less than the millisecond by which an end is known before Redis 7",
  },
  {
    file: "redis/lua.ts",
    source: "at ~= -1 and (at < 0",
    from: /^0$|</,
    because: "no key ends in the first moment of 1970",
  },
  {
    file: "redis/lua_index.ts",
    source: "'PX', 60000",
    from: /^60000$/,
    because: "a minute and a millisecond is a minute",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "'PX', 60000",
    from: /^60000$/,
    because: "a minute and a millisecond is a minute",
  },
  {
    file: "redis/scripts_subject.ts",
    source: "'PX', 60000",
    from: /^60000$/,
    because: "a minute and a millisecond is a minute",
  },
  {
    file: "redis/lua_index.ts",
    source: "if left >=",
    from: /[<>]/,
    because: "a millisecond of a day or of 400",
  },
  {
    file: "redis/scripts_subject.ts",
    source: "if stays >= 0 and stays < tonumber(at)",
    from: /^ >= $|^0$/,
    because: "no index ends in the first moment of 1970",
  },
  {
    file: "redis/scripts_subject.ts",
    source: "if stays >= 0 and stays < tonumber(at)",
    from: /^ < $/,
    because: "it is given the end that it has",
  },
  {
    file: "redis/lua_index.ts",
    source: "redis.pcall('ZADD', ${index}, 'inf'",
    from: /pcall/,
    because: "Redis, though full, refuses nothing to a script that has written already",
  },
  {
    file: "redis/lua_index.ts",
    source: "redis.pcall('ZRANGEBYSCORE', ${index}, 'inf', 'inf')",
    from: /pcall/,
    because: "where an index is not to be read, nobody has found a mark in it before",
  },
  {
    file: "redis/lua_index.ts",
    source: "string.find(value, '\"$websession\":{', 1, true)",
    from: /^1$/,
    because: "a text begins with a brace",
  },
  {
    file: "redis/lua_index.ts",
    source: 'if notes and string.find(value, \'"subject":"\', notes, true)',
    to: /if true then| or /,
    because: "the look spares texts that name nobody the parsing, which comes to the same",
  },
  {
    file: "redis/lua_index.ts",
    source: "tonumber(notes.authenticatedAt) or 0",
    from: /^0$/,
    because: "no login was in the first moment of 1970",
  },
  {
    file: "redis/lua_index.ts",
    source: "if at >= 0 then redis.pcall('SET', KEYS[2], said",
    from: /^ >= $|^0$/,
    because: "no session that is there ends in the first moment of 1970",
  },
  {
    file: "redis/scripts_subject.ts",
    source: "return {was, said or 'n'}",
    to: /\?/,
    because: "nobody's is whatever does not begin with s",
  },
  {
    file: "redis/scripts_scan.ts",
    source: "'ZADD', KEYS[1], 0, ARGV[2]",
    from: /^0$/,
    because: "prefixes are found by their names among those of one score, whichever",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "'=' ..",
    to: /\?/,
    because: "the letter is taken off again, whatever it is: it keeps clients from parsing",
  },
  {
    file: "redis/scripts_scan.ts",
    source: "'=' ..",
    to: /\?/,
    because: "the letter is taken off again, whatever it is: it keeps clients from parsing",
  },
  {
    file: "redis/scripts_subject.ts",
    source: "'=' ..",
    to: /\?/,
    because: "the letter is taken off again, whatever it is: it keeps clients from parsing",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "return 1",
    from: /^1$/,
    because: "only 0 says something else, or nobody looks at it",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "then enlist(KEYS[1], ARGV[2], -1) end",
    from: /^1$/,
    because: "any end that has passed: the index lasts 400 days",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "'n'",
    to: /\?/,
    because: "nobody's is whatever does not begin with s",
  },
  {
    file: "redis/scripts.ts",
    source: "if said then redis.call('PEXPIREAT'",
    to: /if true then/,
    because: "a key that is not there is given no end",
  },
  {
    file: "redis/scripts.ts",
    source: "'PXAT', ARGV[3], 'NX') then",
    to: /if true then/,
    because: "the short way of the usual case: the long one comes to the same",
  },
  {
    file: "redis/scripts.ts",
    source: "'n'",
    to: /\?/,
    because: "nobody's is whatever does not begin with s",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "before = string.format",
    because: "Redis 7 passes a number with 17 digits; before it there were 14",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "if stays <",
    from: /</,
    because: "a millisecond of 400 days",
  },
  {
    file: "redis/scripts_cross_slot.ts",
    source: "tonumber(score) <= before",
    from: /<=/,
    because: "a microsecond of a minute",
  },
  {
    file: "sql/mysql.ts",
    source: "CAST(? AS SIGNED)",
    from: /CAST/,
    because:
      "MariaDB, which stands for MySQL here, compares whole numbers below 2^53 as doubles alike",
  },
  {
    file: "sql/mysql.ts",
    source: "CONVERT(sid USING utf8mb4)",
    from: /CONVERT/,
    because: "MySQL puts bytes into JSON as base64; MariaDB, which stands for it here, as they are",
  },
  {
    file: "sql/mysql.ts",
    source: "FLOOR(n / 200)",
    from: /^200$/,
    because: "an id more to a row",
  },
  {
    file: "sql/postgres.ts",
    source: "GROUP BY n / 200",
    from: /^200$/,
    because: "an id more to a row",
  },
  {
    file: "sql/mysql_look.ts",
    source: "UNION ALL",
    from: /UNION/,
    because: "what is found goes into a set",
  },
  {
    file: "sql/postgres_look.ts",
    source: "UNION ALL",
    from: /UNION/,
    because: "what is found goes into a set",
  },
  {
    file: "sql/sqlite_look.ts",
    source: "UNION ALL",
    from: /UNION/,
    because: "what is found goes into a set",
  },
  {
    file: "sql/mysql_look.ts",
    source: "SELECT 'index'",
    from: /index/,
    because: "an index is whatever is no column",
  },
  {
    file: "sql/postgres_look.ts",
    source: "SELECT 'index'",
    from: /index/,
    because: "an index is whatever is no column",
  },
  {
    file: "sql/sqlite_look.ts",
    source: "SELECT 'index'",
    from: /index/,
    because: "an index is whatever is no column",
  },
  {
    file: "sql/postgres.ts",
    source: "RETURNING 1 AS live",
    from: /^1$/,
    because: "how many rows there are is asked, not what is in them",
  },
  {
    file: "sql/postgres.ts",
    source: "DELETE FROM ${table} WHERE expire <= {now} AND sid IN",
    from: /expire <= \{now\} AND/,
    because: "the inner one has looked at the row as it is, and holds it",
  },
  {
    file: "postgres/notices.ts",
    source: "{sid}::text",
    from: /::text/,
    because: "the condition before it has told Postgres the type",
  },
  {
    file: "postgres/notices.ts",
    source: "{subject}::text",
    from: /::text/,
    because: "the condition before it has told Postgres the type",
  },
  {
    file: "postgres/notices.ts",
    source: "SELECT pg_notify(",
    from: /::text/,
    because: "pg_notify() takes nothing but text",
  },
  {
    file: "sql/statements.ts",
    source: "SELECT 1 AS live",
    from: /^1$/,
    because: "whether there is a row is asked, not what is in it",
  },
  {
    file: "sql/statements.ts",
    source: "subject = {subject} AND sid <> {except}",
    from: /^1$/,
    because: "whether there is a row is asked, not how many",
  },
  {
    file: "sql/statements.ts",
    source: "${some} = {expire}",
    from: /UNION/,
    because: "no row is in both halves",
  },
  {
    file: "sql/statements.ts",
    source: "${onwards} LIMIT 1 OFFSET",
    from: /^1$/,
    because: "the first row alone is looked at",
  },
  {
    file: "sql/statements.ts",
    source: "ORDER BY ${rowId} LIMIT",
    from: /ORDER/,
    because: "SQLite comes to the rows by their numbers, or by an index that goes on by these",
  },
  {
    file: "sql/postgres_look.ts",
    source: "attname::text",
    from: /::text/,
    because: "a name is a text to every client",
  },
];

/** Why nobody could notice, if that is known. */
export function reasonFor(
  { file, source, from, to }: Outcome,
): string | undefined {
  return KNOWN.find((known) =>
    file.endsWith(known.file) && source.includes(known.source) &&
    (known.from?.test(from) ?? true) && (known.to?.test(to) ?? true)
  )?.because;
}
