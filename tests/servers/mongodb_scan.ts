/** How a stand-in for MongoDB goes through a collection: along an index, as a server does, in turns with other calls. */
import type { Document } from "mongodb";

/** An index of a collection, as the server describes it. */
export interface Index extends Document {
  readonly name: string;
  readonly key: Readonly<Record<string, number>>;
}

/** A document with where it lies, which it keeps while it is there. */
export interface Row {
  readonly place: number;
  document: Document;
}

/**
 * The rows along an index, looked for one by one: what moves in it meanwhile is met where it is then.
 * Without an index it is the order in which they were made.
 */
export async function* along(rows: ReadonlyMap<number, Row>, index?: Index): AsyncGenerator<Row> {
  const fields = Object.entries(index?.key ?? {});
  const first = fields[0]?.[0] ?? "";
  let last: Row | undefined;
  for (;;) {
    let next: Row | undefined;
    for (const row of rows.values()) {
      if (index?.["sparse"] && !(first in row.document)) continue;
      if (last !== undefined && order(row, last, fields) <= 0) continue;
      if (next === undefined || order(row, next, fields) < 0) next = row;
    }
    if (next === undefined) return;
    // The row may be changed before the next step: what counts is where it was.
    last = { place: next.place, document: next.document };
    yield next;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * The index a query goes along: the one it names; or one of its conditions', the last of them, as a
 * server that weighs several may pick any.
 */
export function indexFor(
  indexes: readonly Index[],
  filter: Document,
  hint?: unknown,
): Index | undefined {
  if (hint === undefined) {
    const fit = indexes.filter(({ key }) => Object.keys(key)[0]! in filter);
    return fit.at(-1);
  }
  const named = indexes.find(({ name, key }) =>
    hint === name || JSON.stringify(hint) === JSON.stringify(key)
  );
  if (named === undefined || named["hidden"]) {
    throw Object.assign(new Error("planner returned error :: caused by :: bad hint"), { code: 2 });
  }
  return named;
}

function order(one: Row, other: Row, fields: readonly [string, number][]): number {
  for (const [field, sign] of fields) {
    const difference = compare(one.document[field], other.document[field]);
    if (difference !== 0) return difference * sign;
  }
  return one.place - other.place;
}

/** What is missing before numbers, those before texts, then the ids of documents, then dates. */
function compare(one: unknown, other: unknown): number {
  const [kind, otherKind] = [kindOf(one), kindOf(other)];
  if (kind !== otherKind) return kind - otherKind;
  const isNumber = kind === 1 || kind === 4;
  const [a, b] = isNumber ? [Number(one), Number(other)] : [String(one), String(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

function kindOf(value: unknown): number {
  if (value === undefined || value === null) return 0;
  if (value instanceof Date) return 4;
  return ["number", "string"].indexOf(typeof value) + 1 || 3;
}
