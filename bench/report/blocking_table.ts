/** How long a call keeps others waiting, as a table. */
import { type BlockingRow, MOST_BLOCKED, type Spread } from "../scale/blocking.ts";
import { table } from "./markdown_table.ts";

export function blockingTable(rows: readonly BlockingRow[]): string {
  return table(
    [
      "store",
      "call",
      "sessions",
      "s in all",
      `longest turn of the caller's loop, ms (how many over ${MOST_BLOCKED})`,
      `scripts: p50, p99, longest, ms of CPU (how many over ${MOST_BLOCKED})`,
      "another visitor waits: p50, p99, longest, ms",
    ],
    rows.map(({ store, call, sessions, seconds, turn, longTurns, scripts, waits }) => [
      store,
      call,
      sessions.toLocaleString("en"),
      seconds.toFixed(1),
      `${turn.toFixed(1)}${counted(longTurns)}`,
      words(scripts) + counted(scripts?.long),
      words(waits),
    ]),
  );
}

function words(spread: Spread | undefined): string {
  if (spread === undefined) return "–";
  return [spread.p50, spread.p99, spread.max].map((each) => each.toFixed(1))
    .join(", ");
}

const counted = (long: number | undefined): string => long ? ` (${long})` : "";
