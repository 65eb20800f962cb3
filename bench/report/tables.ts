/** The tables of a run, for the terminal and for a README alike (Markdown). */
import type { GroupRow } from "../in_process/run.ts";
import type { Results } from "../results.ts";
import { blockingTable } from "./blocking_table.ts";
import { contentionTables } from "./contention_tables.ts";
import { table } from "./markdown_table.ts";
import { short } from "./svg.ts";

const GROUPS: Readonly<Record<string, { title: string; ours: string }>> = {
  "connect": {
    title: "Express entry, connect style on node:http",
    ours: "websession",
  },
  "express": { title: "Express entry in an Express 5 app", ours: "websession" },
  "fastify": {
    title: "@fastify/session above Fastify's floor",
    ours: "websession",
  },
  "web-node": { title: "Web entries on Node", ours: "websession (Hono)" },
  "web-deno": { title: "Web entries on Deno", ours: "websession (Hono)" },
  "web-bun": { title: "Web entries on Bun", ours: "websession (Hono)" },
};

function groupTable(rows: readonly GroupRow[], ours: string): string {
  const names = rows[0]!.results.map(({ name }) => name);
  return table(
    [
      "µs above the floor (ours ÷ theirs)",
      ...names.map((name) => name.endsWith("floor") ? `${name}, µs` : name),
    ],
    rows.map(({ scenario, results }) => [
      scenario,
      ...names.map((name) => {
        const found = results.find((each) => each.name === name);
        if (found === undefined) return "–";
        if (name.endsWith("floor")) return short(found.micros);
        if (name.startsWith("websession") || name === "empty middleware") {
          return short(found.above);
        }
        const ratio = results.find((each) => each.name === ours)!.above /
          found.above;
        return `${short(found.above)} (${ratio.toFixed(2)})`;
      }),
    ]),
  );
}

export function tables(results: Results): string {
  const parts: string[] = [];
  const add = (title: string, body: string) => parts.push(`## ${title}\n\n${body}`);
  if (results.physical !== undefined) {
    const rows = Object.entries(results.physical).map((
      [name, micros],
    ) => [name, micros.toFixed(2)]);
    add("Physical floors", table(["", "µs"], rows));
  }
  for (const [group, rows] of Object.entries(results.groups)) {
    const { title, ours } = GROUPS[group]!;
    add(`${title}, memory stores`, groupTable(rows, ours));
  }
  if (results.servers !== undefined) {
    add(
      "Whole Express 5 servers over loopback HTTP",
      table(
        [
          "store",
          "scenario",
          "server",
          "answers/s",
          "× express-session",
          "CPU µs/request",
          "p99 ms",
          "failed",
        ],
        results.servers.map((row) => [
          row.store,
          row.scenario,
          row.name,
          short(row.throughput),
          row.timesPeer.toFixed(2),
          short(row.cpu),
          short(row.p99),
          String(row.failed),
        ]),
      ),
    );
  }
  if (results.crowd !== undefined) {
    add(
      "2,000 connections at once, write 200 B, memory stores",
      table(
        [
          "server",
          "load",
          "answers/s",
          "p50 ms",
          "p99 ms",
          "max ms",
          "loop delay p99 ms",
          "max ms",
          "failed",
        ],
        results.crowd.map((row) => [
          row.name,
          row.rate,
          short(row.throughput),
          short(row.p50),
          short(row.p99),
          short(row.max),
          short(row.delay.p99),
          short(row.delay.max),
          String(row.failed),
        ]),
      ),
    );
  }
  for (
    const [title, rows] of [
      ["Cost against the number of sessions", results.counts],
      ["Cost against the size of a session (bytes of data)", results.sizes],
    ] as const
  ) {
    if (rows === undefined) continue;
    add(
      title,
      table(
        ["µs above the floor", "at", "websession", "express-session"],
        rows.map(({ scenario, at, results: [, ours, peer] }) => [
          scenario,
          at.toLocaleString("en"),
          short(ours!.above),
          short(peer!.above),
        ]),
      ),
    );
  }
  if (results.memory !== undefined) {
    add(
      "Memory of a session with 200 B of data",
      table(
        ["store", "bytes", "bytes of its JSON"],
        results.memory.map((
          { name, bytes, json },
        ) => [name, bytes.toFixed(0), String(json)]),
      ),
    );
  }
  if (results.blocking !== undefined) {
    add(
      "How long one call keeps others waiting",
      blockingTable(results.blocking),
    );
  }
  if (results.soak !== undefined) {
    const { requests, seconds, failed, growth, grew } = results.soak;
    add(
      "Soak",
      `${requests.toLocaleString("en")} requests in ${seconds.toFixed(0)} s, ${failed} failed: ` +
        `live heap ${growth >= 0 ? "+" : ""}${growth.toFixed(2)} MB, ${
          grew ? "it grew" : "no growth"
        }`,
    );
  }
  if (results.contention !== undefined) {
    for (const [title, body] of contentionTables(results.contention)) {
      add(title, body);
    }
  }
  if (results.targets !== undefined && results.targets.length > 0) {
    add(
      "Targets",
      table(
        ["", "wanted", "measured", "", "physical floor"],
        results.targets.map(({ name, wanted, measured, passed, floor }) => [
          name,
          wanted,
          measured >= 100 ? measured.toFixed(0) : measured.toFixed(2),
          passed ? "pass" : "MISS",
          floor,
        ]),
      ),
    );
  }
  return parts.join("\n\n");
}
