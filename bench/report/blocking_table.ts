/** How long a call keeps others waiting, as a table. */
import type { BlockingRow, Spread } from "../scale/blocking.ts";
import { table } from "./markdown_table.ts";

/** What no call may take of a server that does one thing at a time, or of an event loop. */
export const MOST_BLOCKED = 10;

export function blockingTable(rows: readonly BlockingRow[]): string {
  return table(
    [
      "store",
      "call",
      "sessions",
      "s in all",
      "longest turn of the caller's loop, ms",
      "scripts: p50, p99, longest, ms of CPU",
      "another visitor waits: p50, p99, longest, ms",
    ],
    rows.map(({ store, call, sessions, seconds, turn, scripts, waits }) => [
      store,
      call,
      sessions.toLocaleString("en"),
      seconds.toFixed(1),
      turn.toFixed(1),
      words(scripts),
      words(waits),
    ]),
  );
}

function words(spread: Spread | undefined): string {
  if (spread === undefined) return "–";
  return [spread.p50, spread.p99, spread.max].map((each) => each.toFixed(1))
    .join(", ");
}
