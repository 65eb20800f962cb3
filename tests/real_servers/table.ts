/** What real servers have shown, as a table. */
import { table } from "../../bench/report/markdown_table.ts";
import type { Failure } from "../model/verdict.ts";
import type { Outcome } from "./trial.ts";

export interface Row {
  readonly store: string;
  readonly configuration: string;
  readonly fault: string;
  /** It is there to be compared with: what it breaks, nobody promised. */
  readonly isPeer: boolean;
  readonly outcome: Outcome;
}

const LOST = /^lost/;
const REVIVED = /^(ended, and back|forked)$/;
const SEEN = /^(refused, and seen|half an update|update counted twice|told twice|taken twice)$/;

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string | number])[] = [
  ["store", ({ store }) => store],
  ["fault", ({ fault, outcome: { harms } }) => fault === "none" ? fault : `${fault} × ${harms}`],
  ["sessions", ({ outcome }) => outcome.sessions],
  ["acknowledged", ({ outcome }) => outcome.acknowledged],
  ["refused", ({ outcome }) => outcome.refused],
  ["unknown", ({ outcome }) => outcome.unknown],
  ["lost", ({ outcome }) => count(outcome, LOST)],
  ["revived", ({ outcome }) => count(outcome, REVIVED)],
  ["refused, and seen; or twice", ({ outcome }) => count(outcome, SEEN)],
  ["anything else", ({ outcome }) => others(outcome)],
  ["overtaken", ({ outcome }) => outcome.overtaken],
  ["evicted", ({ outcome }) => outcome.evicted],
];

function count({ failures }: Outcome, kinds: RegExp): number {
  return failures.filter(({ kind }) => kinds.test(kind)).length;
}

function others({ failures }: Outcome): number {
  const isOther = ({ kind }: Failure) => ![LOST, REVIVED, SEEN].some((kinds) => kinds.test(kind));
  return failures.filter(isOther).length;
}

export function asTable(rows: readonly Row[]): string {
  const head = COLUMNS.map(([title]) => title);
  return table(head, rows.map((row) => COLUMNS.map(([, cell]) => String(cell(row)))));
}

/** Which configuration each store was run in. */
export function configurations(rows: readonly Row[]): string {
  const lines = rows.map(({ store, configuration }) => `- ${store}: ${configuration}`);
  return [...new Set(lines)].join("\n");
}

/** Every kind of broken promise with some examples, and how refusals were called. */
export function details({ failures, reasons }: Outcome, most = 3): string {
  const lines = [...reasons].map(([reason, times]) => `    refused ${times} ×: ${reason}`);
  const shown = new Map<string, number>();
  for (const { kind, text } of failures) {
    const times = (shown.get(kind) ?? 0) + 1;
    shown.set(kind, times);
    if (times <= most) lines.push(`    ${kind}: ${text}`);
  }
  return lines.join("\n");
}
