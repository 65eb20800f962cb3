/** The charts of a run. */
import type { GroupRow } from "../in_process/run.ts";
import type { Results } from "../results.ts";
import type { GrowthRow } from "../scale/growth.ts";
import { barChart, type Bars, lineChart } from "./svg.ts";

const isFloor = (name: string): boolean => name.endsWith("floor") || name === "empty middleware";

function overhead(
  rows: readonly GroupRow[],
  names: readonly string[],
): Bars["groups"] {
  return rows.map(({ scenario, results }) => ({
    name: scenario,
    bars: names.flatMap((name) => {
      const found = results.find((each) => each.name === name);
      return found === undefined ? [] : [{ name, value: found.above }];
    }),
  }));
}

function growth(
  rows: readonly GrowthRow[],
  subtitle: string,
  title: string,
  xName: string,
  nameOf: (at: number) => string,
): string {
  const places = [...new Set(rows.map(({ at }) => at))];
  const lines = ["websession", "express-session"].flatMap((name) =>
    (["read", "write"] as const).map((scenario) => ({
      name: `${name}, ${scenario}`,
      points: rows.filter((row) => row.scenario === scenario).map(
        ({ at, results }) => {
          return [
            at,
            results.find((each) => each.name === name)!.above,
          ] as const;
        },
      ),
    }))
  );
  const ticks = places.map((at) => ({ at, name: nameOf(at) }));
  const yName = "µs above the floor";
  return lineChart({ title, subtitle, xName, yName, ticks, lines });
}

/** SVG texts by file name. */
export function charts(results: Results): Record<string, string> {
  const { date, machine, versions, groups } = results;
  const subtitle = `${machine} · Node ${versions["node"]} · ${date.slice(0, 10)} · less is better`;
  const files: Record<string, string> = {};
  const bars = (
    file: string,
    title: string,
    group: string,
    runtime: string,
  ) => {
    const rows = groups[group];
    if (rows === undefined) return;
    const names = rows[0]!.results.map(({ name }) => name).filter((name) => !isFloor(name));
    files[file] = barChart({
      title,
      subtitle: subtitle.replace(/Node \S+/, runtime),
      unit: "µs",
      groups: overhead(rows, names),
    });
  };
  const node = `Node ${versions["node"]}`;
  bars(
    "express.svg",
    "Cost of a session above an empty handler, node:http",
    "connect",
    node,
  );
  bars(
    "express-app.svg",
    "Cost of a session above an empty Express 5 app",
    "express",
    node,
  );
  bars(
    "web-node.svg",
    "Cost of a session above an empty Hono app, Node",
    "web-node",
    node,
  );
  bars(
    "web-deno.svg",
    "Cost of a session above an empty Hono app, Deno",
    "web-deno",
    `Deno ${versions["deno"]}`,
  );
  bars(
    "web-bun.svg",
    "Cost of a session above an empty Hono app, Bun",
    "web-bun",
    `Bun ${versions["bun"]}`,
  );
  if (results.servers !== undefined) {
    const { servers } = results;
    const keys = [
      ...new Set(servers.map(({ store, scenario }) => `${store}: ${scenario}`)),
    ];
    files["servers.svg"] = barChart({
      title: "Express 5 servers over loopback HTTP, answers a second",
      subtitle: subtitle.replace("less", "more"),
      unit: "/s",
      groups: keys.map((key) => ({
        name: key.replace(" 200 B", ""),
        bars: servers.filter(({ store, scenario }) => `${store}: ${scenario}` === key)
          .map(({ name, throughput }) => ({ name, value: throughput })),
      })),
    });
  }
  if (results.counts !== undefined) {
    const title = "Cost against the number of sessions in memory";
    files["count.svg"] = growth(
      results.counts,
      subtitle,
      title,
      "sessions",
      (at) => at.toLocaleString("en"),
    );
  }
  if (results.sizes !== undefined) {
    const title = "Cost against the size of a session";
    files["size.svg"] = growth(
      results.sizes,
      subtitle,
      title,
      "bytes of data",
      (at) => at.toLocaleString("en"),
    );
  }
  if (results.soak !== undefined && results.soak.heap.length > 1) {
    const { heap, requests } = results.soak;
    files["soak.svg"] = lineChart({
      title: `Live heap over ${requests.toLocaleString("en")} requests`,
      subtitle,
      plain: true,
      xName: "seconds",
      yName: "MB",
      ticks: [heap[0]!, heap.at(-1)!].map(({ at }) => ({
        at,
        name: at.toFixed(0),
      })),
      lines: [{
        name: "websession",
        points: heap.map(({ at, megabytes }) => [at, megabytes]),
      }],
    });
  }
  return files;
}
