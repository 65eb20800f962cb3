/** The targets of the project, and how far from them this run was. */
import {
  ALONE,
  LATENCY,
  MOST_TIMES_ALONE,
  nameOf,
  OURS,
  type Shape,
  TARGET,
  TARGET_APART,
} from "./contention/plan.ts";
import type { Contention, ContentionRow } from "./contention/run.ts";
import type { GroupRow } from "./in_process/run.ts";
import type { Results } from "./results.ts";

export interface Target {
  readonly name: string;
  readonly wanted: string;
  readonly measured: number;
  readonly passed: boolean;
  /** What physics leaves: see the rows of "physical floors". */
  readonly floor: string;
}

/** Overhead above the floor, ours ÷ express-session's. */
export const EXPRESS_TARGETS: Readonly<Record<string, number>> = {
  "anonymous": 0.15,
  "read 200 B": 0.20,
  "read 8 KB": 0.20,
  "write 200 B": 0.30,
  "write 8 KB": 0.30,
  "login": 0.40,
};

/** Overhead above the floor, ours on Hono ÷ the fastest peer's that keeps sessions in a store. */
export const WEB_TARGETS: Readonly<Record<string, number>> = {
  // @hono/session does nothing at all until it is asked: see also the row "anonymous, asked".
  "anonymous": 0.35,
  "read 200 B": 0.12,
  "write 200 B": 0.20,
  "login": 0.50,
};

const SERVER_TARGETS = [
  { store: "redis", scenario: "read 200 B, rolling", least: 1.6 },
  { store: "redis", scenario: "write 200 B", least: 1.2 },
] as const;

export function ratioOf(
  rows: readonly GroupRow[],
  scenario: string,
  ours: string,
  peer: string,
): number {
  const results = rows.find((row) => row.scenario === scenario)?.results ?? [];
  const above = (name: string) => results.find((each) => each.name === name)?.above ?? NaN;
  return above(ours) / above(peer);
}

/** Changes of ours that a contention has lost, refused, or stored without saying so. */
export function brokenPromises(rows: readonly ContentionRow[]): number {
  return rows.filter(({ name }) => OURS.some((each) => each.name === name))
    .reduce((sum, { lost, refused, unasked }) => sum + lost + refused + unasked, 0);
}

function* contentionTargets({ rows, skipped }: Contention): Generator<Target> {
  const left = skipped.length;
  const floor = "0";
  const name = "Writers of one session: what was left out for want of time or of Redis";
  yield { name, wanted: "0", measured: left, passed: left === 0, floor };
  for (const { name } of OURS) {
    for (const place of new Set(rows.map((row) => row.place))) {
      const own = rows.filter((row) => row.name === name && row.place === place);
      if (own.length === 0) continue;
      const measured = brokenPromises(own);
      const writes = own.reduce(
        (sum, { acknowledged, refused }) => sum + acknowledged + refused,
        0,
      );
      yield {
        name: `${name}, ${place}: lost, refused or unacknowledged of ${
          writes.toLocaleString("en")
        } parallel writes`,
        wanted: "0",
        measured,
        passed: measured === 0,
        floor,
      };
      for (const row of own.filter(({ shape }) => shape === nameOf(TARGET))) {
        yield {
          name: `${name}, ${place}, ${row.change}: p99 of ${row.shape} ÷ median alone`,
          wanted: `≤ ${MOST_TIMES_ALONE}`,
          measured: row.timesAlone,
          passed: row.timesAlone <= MOST_TIMES_ALONE,
          floor: waitingFloor(row, own.filter(({ change }) => change === row.change)),
        };
      }
    }
  }
}

/** What is left of the waiting where nobody waits for a processor, or for another's write. */
function waitingFloor({ place }: ContentionRow, own: readonly ContentionRow[]): string {
  const of = (shape: Shape) => own.find((row) => row.shape === nameOf(shape));
  if (place === "memory, 20 ms a call") {
    const inTurn = (TARGET.writers + 1) * LATENCY / (of(ALONE)?.p50 ?? NaN);
    return `a read, then one write after another: ${inTurn.toFixed(1)}`;
  }
  const apart = of(TARGET_APART)?.timesAlone;
  return `as many writers, a session each: ${apart?.toFixed(1) ?? "not measured"}`;
}

export function judge(results: Results): Target[] {
  const { physical = {} } = results;
  const micros = (...names: string[]) => {
    const sum = names.reduce(
      (total, name) => total + (physical[name] ?? NaN),
      0,
    );
    return Number.isNaN(sum) ? names.join(" + ") : `${names.join(" + ")} = ${sum.toFixed(1)} µs`;
  };
  const expressFloor: Record<string, string> = {
    "anonymous": "a header look-up and two hooks",
    "read 200 B": micros("JSON.parse 200 B", "JSON.stringify 200 B"),
    "read 8 KB": micros("JSON.parse 8 KB", "JSON.stringify 8 KB"),
    "write 200 B": micros("JSON.parse 200 B", "JSON.stringify 200 B"),
    "write 8 KB": micros("JSON.parse 8 KB", "JSON.stringify 8 KB"),
    "login": micros("HMAC, node:crypto", "turn of the event loop"),
  };
  const webFloor: Record<string, string> = {
    "anonymous": "an empty Hono middleware that sets a variable: see the table",
    "read 200 B": micros("JSON.parse 200 B", "JSON.stringify 200 B"),
    "write 200 B": micros("JSON.parse 200 B", "JSON.stringify 200 B"),
    "login": micros("HMAC, Web Crypto"),
  };
  const targets: Target[] = [];
  const add = (
    name: string,
    measured: number,
    wanted: string,
    passed: boolean,
    floor: string,
  ) => {
    if (!Number.isNaN(measured)) {
      targets.push({ name, wanted, measured, passed, floor });
    }
  };
  for (const [scenario, most] of Object.entries(EXPRESS_TARGETS)) {
    const ratio = ratioOf(
      results.groups["connect"] ?? [],
      scenario,
      "websession",
      "express-session",
    );
    const floor = expressFloor[scenario]!;
    add(
      `Express entry, ${scenario} ÷ express-session`,
      ratio,
      `≤ ${most}`,
      ratio <= most,
      floor,
    );
  }
  for (
    const [runtime, group] of [["Node", "web-node"], ["Deno", "web-deno"], [
      "Bun",
      "web-bun",
    ]]
  ) {
    for (const [scenario, most] of Object.entries(WEB_TARGETS)) {
      const rows = results.groups[group!] ?? [];
      const ratio = Math.max(
        ...["@hono/session", "hono-sessions"].map((peer) =>
          ratioOf(rows, scenario, "websession (Hono)", peer)
        ),
      );
      const name = `Hono entry on ${runtime}, ${scenario} ÷ fastest peer with a store`;
      add(name, ratio, `≤ ${most}`, ratio <= most, webFloor[scenario]!);
    }
  }
  for (const { store, scenario, least } of SERVER_TARGETS) {
    const row = results.servers?.find((each) =>
      each.store === store && each.scenario === scenario &&
      each.name === "websession"
    );
    if (row === undefined) continue;
    const name = `Redis, ${scenario}: throughput ÷ express-session + connect-redis`;
    add(
      name,
      row.timesPeer,
      `≥ ${least}`,
      row.timesPeer >= least,
      micros("Redis round trip"),
    );
  }
  for (const { name, json, bytes } of results.memory ?? []) {
    if (!name.startsWith("websession")) continue;
    const most = Math.round(1.2 * json + 250);
    const floor = `the JSON itself: ${json} B`;
    add(
      `Memory, bytes a 200 B session: ${name}`,
      bytes,
      `≤ ${most}`,
      bytes <= most,
      floor,
    );
  }
  if (results.soak !== undefined) {
    const { growth, grew, requests } = results.soak;
    const count = requests.toLocaleString("en");
    add(
      `Soak, MB of growth over ${count} requests`,
      growth,
      "none (≤ 4, noise)",
      !grew,
      "0",
    );
  }
  if (results.contention !== undefined) targets.push(...contentionTargets(results.contention));
  return targets;
}
