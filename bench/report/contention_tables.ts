/** The tables of the contention: one for each store and kind of change. */
import { READING_ORDER } from "../contention/plan.ts";
import type { Contention, ContentionRow } from "../contention/run.ts";
import { table } from "./markdown_table.ts";
import { short } from "./svg.ts";

const HEAD = [
  "",
  "answered 200",
  "lost",
  "refused",
  "stored unacknowledged",
  "p50 ms",
  "p99 ms",
  "max ms",
  "p99 ÷ alone",
];

export function contentionTables({ rows, skipped }: Contention): [title: string, body: string][] {
  const groups = new Map<string, ContentionRow[]>();
  for (const row of rows) {
    const title = `Writers of one session, ${row.change}: ${row.place}`;
    groups.set(title, [...groups.get(title) ?? [], row]);
  }
  const tables = [...groups].map(([title, group]): [string, string] => [title, ofGroup(group)]);
  if (skipped.length === 0) return tables;
  return [...tables, [
    "Writers of one session, left out",
    skipped.map((each) => `- ${each}`).join("\n"),
  ]];
}

/** Each shape's contestants stand together; those of several processes came one after another. */
function ofGroup(rows: readonly ContentionRow[]): string {
  const ordered = READING_ORDER.flatMap((shape) => rows.filter((row) => row.shape === shape));
  return table(
    HEAD,
    ordered.map((row) => [
      `${row.shape}: ${row.name}`,
      ...[row.acknowledged, row.lost, row.refused, row.unasked].map(String),
      ...[row.p50, row.p99, row.max].map(short),
      row.timesAlone.toFixed(1),
    ]),
  );
}
