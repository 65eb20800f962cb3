/** What real servers have shown, as a table. */
import { table } from "../../bench/report/markdown_table.ts";
import type { Failure } from "../model/verdict.ts";
import type { Fault } from "./faults.ts";
import type { Outcome } from "./trial.ts";

export interface Row {
  readonly store: string;
  readonly configuration: string;
  readonly fault: Fault;
  /** It is there to be compared with: what it breaks, nobody promised. */
  readonly isPeer: boolean;
  readonly outcome: Outcome;
}

const LOST = /^lost/;
const REVIVED = /^(ended, and back|forked)$/;
const SEEN = /^(refused, and seen|half an update|update counted twice|told twice|taken twice)$/;

const COLUMNS: readonly (readonly [title: string, cell: (row: Row) => string | number])[] = [
  ["store", ({ store }) => store],
  [
    "fault",
    ({ fault: { name }, outcome: { harms } }) => name === "none" ? name : `${name} × ${harms}`,
  ],
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

/** How many visits have seen it: one that finds three things missing counts once. */
function visits(failures: readonly Failure[]): number {
  return new Set(failures.map(({ text }) => /request \d+/.exec(text)?.[0] ?? text)).size;
}

function count({ failures }: Outcome, kinds: RegExp): number {
  return visits(failures.filter(({ kind }) => kinds.test(kind)));
}

function others({ failures }: Outcome): number {
  const isOther = ({ kind }: Failure) => ![LOST, REVIVED, SEEN].some((kinds) => kinds.test(kind));
  return visits(failures.filter(isOther));
}

/** What the columns mean. */
export const LEGEND =
  `- **acknowledged**: requests answered 200. **refused**: the answer says that it was not done.
  **unknown**: no answer, or the store itself lost it; either outcome is allowed.
- **lost**: visits that miss something acknowledged. **revived**: visits that find a session after its logout, its
  \`revokeAll()\` or its move was acknowledged. **refused, and seen; or twice**: visits that find what was refused, half an
  update, or one update, message or taken value twice. **anything else**: refusals without a reason, another's data, a
  process that ended, a server or a pool that does not recover.
- **overtaken**: logouts of an anonymous session that met a rotation in another process; the moved session lives on
  (a logout follows that within its process only: ARCHITECTURE.md, limits).
- **evicted**: visits whose whole session the server has dropped, as it was told to.`;

export function asTable(rows: readonly Row[]): string {
  const head = COLUMNS.map(([title]) => title);
  return table(head, rows.map((row) => COLUMNS.map(([, cell]) => String(cell(row)))));
}

/** Which configuration each store was run in. */
export function configurations(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ store, configuration, fault }) => [
    `- ${store}: ${configuration}`,
    ...fault.configuration === undefined
      ? []
      : [`- ${store}, ${fault.name}: ${fault.configuration}`],
  ]);
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
