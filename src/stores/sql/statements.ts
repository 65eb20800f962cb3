/** The texts of the SQL statements, built once for a table. */
import type { BatchSizes } from "./batches.ts";
import type { Dialect, Parameter, Statement } from "./dialect.ts";

/** The statements that every verb uses. */
export interface Statements {
  readonly create: Statement;
  readonly renew: Statement;
  readonly read: Statement;
  readonly slide: Statement | undefined;
  readonly commit: Statement;
  readonly rotate: Statement;
  readonly touch: Statement;
  readonly touched: Statement;
  readonly destroy: Statement;
  readonly page: Statement;
  readonly first: Statement;
  readonly length: Statement;
  readonly clear: Statement;
  readonly clearPage: Statement | undefined;
  /** Left out where ids are read a page at a time: `paged`. */
  readonly list: Statement | undefined;
  readonly sweep: Statement;
  readonly dropSome: Statement;
  readonly left: Statement;
  /** Where a long statement would keep everybody waiting. */
  readonly paged: PagedStatements | undefined;
}

/** Reading of many rows, a page at a time, by numbers that rows keep when their ids change. */
export interface PagedStatements {
  readonly list: Statement;
  readonly count: Statement;
  /** The last row that `count` counts, if it counts as many as it may. */
  readonly counted: Statement;
}

const COLUMNS = ["sess", "expire", "endless", "version", "subject"] as const;
const VALUES = "{json}, {expire}, {endless}, {version}, {subject}";
const SET =
  "sess = {json}, expire = {expire}, endless = {endless}, version = {version}, subject = {subject}";

/** Builds the statements of a dialect; `table` is quoted. */
export function buildStatements(dialect: Dialect, table: string, sizes: BatchSizes): Statements {
  const { columns, counted, id } = dialect;
  const alive = "expire > {now}";
  const mine = `sid = {sid} AND ${alive}`;
  const { gone = "", moved = "" } = dialect.telling ?? {};
  const write = (text: string, told = ""): Statement =>
    compile(dialect, text + counted + told, counted !== "");
  const select = (text: string): Statement => compile(dialect, text, true);
  const swap = (set: string, told?: string): Statement =>
    write(`UPDATE ${table} SET ${set} WHERE ${mine} AND ${dialect.unchanged}`, told);
  const insert = `(sid, ${COLUMNS.join(", ")}) VALUES ({sid}, ${VALUES})`;
  const overwrite = COLUMNS.map((name) => `${name} = excluded.${name}`).join(", ");
  const move = `UPDATE ${table} SET expire = {expire}, endless = {endless} WHERE ${mine}`;
  // A row whose lifetime is another one is written as it is. To spare that by a second half of the
  // statement, which reads, takes Postgres 40 % longer for all others, most of it to plan.
  const moveOwn = (column: "expire" | "endless"): string =>
    `${column} = CASE WHEN ${dialect.begins} THEN {${column}} ELSE ${column} END`;
  // Expired ones too: to pass over many of them takes time as well.
  const list = `SELECT ${id} AS sid, ${columns}, ${alive} AS live FROM ${table}`;
  return {
    create: write(
      dialect.upsert
        ? `INSERT INTO ${table} AS held ${insert} ON CONFLICT (sid) DO UPDATE SET ${overwrite}` +
          " WHERE held.expire <= {now}"
        : `INSERT INTO ${table} ${insert}`,
    ),
    renew: write(`UPDATE ${table} SET ${SET} WHERE sid = {sid} AND expire <= {now}`),
    read: select(`SELECT ${columns} FROM ${table} WHERE ${mine}`),
    slide: dialect.begins === undefined ? undefined : select(
      `UPDATE ${table} SET ${moveOwn("expire")}, ${moveOwn("endless")} WHERE ${mine} ` +
        `RETURNING ${columns}`,
    ),
    commit: swap(SET),
    rotate: swap(`sid = {to}, ${SET}`, moved),
    touch: write(move),
    touched: select(
      `SELECT 1 AS live FROM ${table} WHERE ${mine} AND expire = {expire} AND endless = {endless}`,
    ),
    destroy: write(`DELETE FROM ${table} WHERE sid = {sid}`, gone),
    first: select(`${list} ORDER BY ${table}.sid LIMIT ${sizes.read}`),
    page: select(`${list} WHERE sid > {after} ORDER BY ${table}.sid LIMIT ${sizes.read}`),
    length: select(`SELECT count(*) AS live FROM ${table} WHERE ${alive}`),
    clear: dialect.clearSome === undefined
      ? compile(dialect, `DELETE FROM ${table}`, false)
      : compile(dialect, dialect.clearSome(table, sizes.drop), false),
    clearPage: buildClearPage(dialect, table, sizes.drop),
    list: dialect.listJoined === undefined ? undefined : select(dialect.listJoined(table)),
    sweep: buildSweep(dialect, table, sizes.drop),
    dropSome: buildDropSome(dialect, table, sizes.drop),
    left: select(
      `SELECT 1 AS live FROM ${table} ` +
        `WHERE subject = {subject} AND sid <> {except} AND ${alive} LIMIT 1`,
    ),
    paged: dialect.rowId === undefined
      ? undefined
      : buildPaged(dialect, table, dialect.rowId, sizes),
  };
}

function buildPaged(
  dialect: Dialect,
  table: string,
  rowId: string,
  sizes: BatchSizes,
): PagedStatements {
  const select = (text: string): Statement => compile(dialect, text, true);
  const some = `SELECT expire, ${rowId} AS at FROM ${table} WHERE expire`;
  // In two parts: a comparison of pairs would pass over all that end at the same moment, once more
  // for every part of them.
  const onwards =
    `${some} = {expire} AND ${rowId} > {at} UNION ALL ${some} > {expire} ORDER BY expire, at`;
  return {
    // Expired ones too, as above.
    list: select(
      `SELECT ${dialect.id} AS sid, ${rowId} AS at, expire > {now} AS live FROM ${table} ` +
        `WHERE subject = {subject} AND ${rowId} > {at} ORDER BY ${rowId} LIMIT ${sizes.read}`,
    ),
    count: select(`SELECT count(*) AS live FROM (${onwards} LIMIT ${sizes.count})`),
    counted: select(`${onwards} LIMIT 1 OFFSET ${sizes.count - 1}`),
  };
}

/** The statement that drops up to `limit` expired rows. */
export function buildSweep(dialect: Dialect, table: string, limit: number): Statement {
  const text = dialect.sweep(table, limit) + dialect.counted;
  return { ...compile(dialect, text, dialect.counted !== ""), once: true };
}

/** The statement that drops up to `limit` rows of a subject. */
export function buildDropSome(dialect: Dialect, table: string, limit: number): Statement {
  const { subject = "" } = dialect.telling ?? {};
  return compile(dialect, dialect.dropSome(table, limit) + subject, dialect.dropsExpired);
}

/** The statement that drops the next `limit` rows, in databases that have one. */
export function buildClearPage(
  dialect: Dialect,
  table: string,
  limit: number,
): Statement | undefined {
  return dialect.clearPage && compile(dialect, dialect.clearPage(table, limit), true);
}

/** Puts the dialect's parameters where names stand in braces. */
function compile(dialect: Dialect, text: string, rows: boolean): Statement {
  const parameters: Parameter[] = [];
  const compiled = text.replace(/\{(\w+)\}/g, (_, found: string) => {
    const name = found as Parameter;
    const before = dialect.numbered ? parameters.indexOf(name) : -1;
    return dialect.parameter(name, before < 0 ? parameters.push(name) : before + 1);
  });
  return { text: compiled, parameters, rows };
}
