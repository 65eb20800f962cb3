/**
 * Measures websession side by side with its peers.
 *
 *     npm run bench                      everything, in about fourteen minutes
 *     npm run bench -- --only=connect,web-node
 *     npm run bench -- --cpu             in-process rows by processor time, for a busy machine
 *     npm run bench -- --soak            the soak for ten minutes
 *     npm run bench -- --contention      only the writers of one session; exit code 1 on a lost change
 *     npm run bench -- --blocking        only how long calls on very many sessions keep others waiting
 *     npm run bench -- --blocking --full with 100,000 sessions of one subject and 1,000,000 in all
 *     npm run bench -- --blocking --store=Redis  one store alone
 *     npm run bench -- --gate            only the regression gate; exit code 1 on a regression
 *
 * Results go to bench/results/: results.json, tables.md and the charts; those of
 * `--contention` to contention.json and contention.md, those of `--blocking` likewise, of one store
 * alone to files with its name.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, cpus, platform, totalmem } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gate } from "./gate.ts";
import type { Plan } from "./lib/rounds.ts";
import { charts } from "./report/charts.ts";
import { tables } from "./report/tables.ts";
import type { Results } from "./results.ts";
import { type BlockingRow, INSTALLED } from "./scale/blocking.ts";
import { MEMORY_NAMES } from "./scale/memory.ts";
import { measurePhysical } from "./scale/physical.ts";
import { measureCrowd, measureServers } from "./server/section.ts";
import { soak } from "./server/soak.ts";
import { brokenPromises, judge } from "./targets.ts";

const { values: flags } = parseArgs({
  options: {
    gate: { type: "boolean", default: false },
    soak: { type: "boolean", default: false },
    contention: { type: "boolean", default: false },
    blocking: { type: "boolean", default: false },
    full: { type: "boolean", default: false },
    store: { type: "string" },
    cpu: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    out: {
      type: "string",
      default: fileURLToPath(new URL("./results", import.meta.url)),
    },
  },
});

// Before any child starts; the gate always goes by processor time.
if (flags.cpu || flags.gate) process.env["BENCH_CLOCK"] = "cpu";
process.env["NODE_NO_WARNINGS"] = "1";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const say = (words: string): void => void process.stderr.write(`${words}\n`);

/** Runs a script in a fresh process and reads the JSON it prints. */
function run<T>(command: string, args: readonly string[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    child.once("error", reject);
    child.once("exit", (code) => {
      if (code === 0) {
        resolve(JSON.parse(printed.trim().split("\n").at(-1)!) as T);
      } else reject(new Error(`${command} ${args[0]} ended with code ${code}`));
    });
  });
}

const NODE = [process.execPath, [
  "--expose-gc",
  "--max-old-space-size=8192",
]] as const;
const DENO = ["deno", [
  "run",
  "-A",
  "--no-check",
  "--no-config",
  "--node-modules-dir=manual",
]] as const;
const BUN = ["bun", []] as const;

const PLAN: Plan = { rounds: 13, slice: 30, most: 3000 };
/** Each contestant is dear there: a slice holds a few dozen requests of the slowest. */
const WEB_PLAN: Plan = { rounds: 13, slice: 25, most: 1000 };

function group(
  name: string,
  plan: Plan,
  [command, args] = NODE as readonly [string, readonly string[]],
) {
  return run<Results["groups"][string]>(
    command,
    [...args, here("./in_process/run.ts"), name, JSON.stringify(plan)],
  );
}

const SECTIONS: Readonly<Record<string, (results: Results) => Promise<void>>> = {
  physical: async (results) => void (results.physical = await measurePhysical()),
  connect: async ({ groups }) => void (groups["connect"] = await group("connect", PLAN)),
  express: async ({ groups }) => void (groups["express"] = await group("express", PLAN)),
  fastify: async ({ groups }) => void (groups["fastify"] = await group("fastify", WEB_PLAN)),
  "web-node": async ({ groups }) => void (groups["web-node"] = await group("web", WEB_PLAN)),
  "web-deno": async ({ groups }) => void (groups["web-deno"] = await group("web", WEB_PLAN, DENO)),
  "web-bun": async ({ groups }) => void (groups["web-bun"] = await group("web", WEB_PLAN, BUN)),
  memory: async (results) => {
    results.memory = [];
    for (const name of MEMORY_NAMES) {
      results.memory.push(
        await run(NODE[0], [...NODE[1], here("./scale/memory.ts"), name]),
      );
    }
  },
  size: async (results) =>
    void (results.sizes = await run(NODE[0], [
      ...NODE[1],
      here("./scale/growth.ts"),
      "size",
    ])),
  count: async (results) =>
    void (results.counts = await run(NODE[0], [
      ...NODE[1],
      here("./scale/growth.ts"),
      "count",
    ])),
  servers: async (results) =>
    void (results.servers = await measureServers(
      { rounds: 4, seconds: 2 },
      say,
    )),
  crowd: async (results) => void (results.crowd = await measureCrowd(3)),
  contention: async (results) => {
    results.contention = await run(NODE[0], [
      ...NODE[1],
      here("./contention/run.ts"),
    ]);
  },
  blocking: async (results) => {
    const sizes = flags.full ? ["100000", "1000000"] : ["10000", "100000"];
    results.blocking = [];
    const { store } = flags;
    for (const name of INSTALLED.filter((one) => store === undefined || one === store)) {
      const script = here("./scale/blocking.ts");
      results.blocking.push(
        ...await run<BlockingRow[]>(NODE[0], [
          ...NODE[1],
          script,
          name,
          ...sizes,
        ]),
      );
      say(`${name}: ${sizes.join(" of ")}`);
    }
  },
  soak: async (results) =>
    void (results.soak = await soak(
      flags.soak ? { seconds: 600, requests: 3_000_000 } : { seconds: 20, requests: 60_000 },
    )),
};

function versions(): Record<string, string> {
  const packages = [
    ...[
      "express",
      "express-session",
      "cookie-session",
      "connect-redis",
      "connect-pg-simple",
      "redis",
    ],
    ...[
      "pg",
      "hono",
      "@hono/session",
      "hono-sessions",
      "iron-session",
      "fastify",
      "@fastify/session",
    ],
    ...["autocannon", "@hono/node-server", "deno", "bun"],
  ];
  const require = createRequire(import.meta.url);
  const found: Record<string, string> = { node: process.versions.node };
  for (const name of packages) {
    // Not every package exports its manifest: look for the file.
    for (const folder of require.resolve.paths(name) ?? []) {
      try {
        found[name] = JSON.parse(readFileSync(`${folder}/${name}/package.json`, "utf8"))
          .version;
        break;
      } catch {
        // Further up.
      }
    }
  }
  return found;
}

async function main(): Promise<void> {
  if (flags.gate) {
    process.exitCode = await gate(say) ? 0 : 1;
    return;
  }
  const started = performance.now();
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const results: Results = {
    date: new Date().toISOString(),
    command: [
      "npm run bench",
      ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : []).map((word) =>
        word.replace(/^(--\w+=)(.* .*)$/, '$1"$2"')
      ),
    ].join(" "),
    clock: process.env["BENCH_CLOCK"] ?? "wall",
    machine: `${cpus().length} × ${cpu!.model.trim()}, ${gigabytes} GB, ${platform()} ${arch()}`,
    versions: versions(),
    groups: {},
  };
  const alone = flags.contention ? "contention" : flags.blocking ? "blocking" : undefined;
  const only = alone === undefined ? flags.only.split(",").filter(Boolean) : [alone];
  const unknown = only.find((name) => !(name in SECTIONS));
  if (unknown !== undefined) {
    throw new TypeError(
      `No section "${unknown}": there are ${Object.keys(SECTIONS).join(", ")}`,
    );
  }
  for (const [name, section] of Object.entries(SECTIONS)) {
    if (only.length > 0 && !only.includes(name)) continue;
    const begun = performance.now();
    await section(results);
    say(`${name}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
  }
  results.targets = judge(results);
  const { date, machine, clock, command } = results;
  const head = `${machine}; Node ${
    results.versions["node"]
  }; ${date}; ${clock} clock; \`${command}\``;
  const report = `# Benchmark\n\n${head}\n\n${tables(results)}\n`;
  // A part of it does not replace what a whole run has left.
  const part = [alone, flags.store?.toLowerCase()].filter(Boolean).join("_").replaceAll(" ", "_");
  const [numbers, words] = alone === undefined
    ? ["results.json", "tables.md"]
    : [`${part}.json`, `${part}.md`];
  mkdirSync(flags.out, { recursive: true });
  writeFileSync(
    `${flags.out}/${numbers}`,
    `${JSON.stringify(results, null, 2)}\n`,
  );
  writeFileSync(`${flags.out}/${words}`, report);
  for (const [file, svg] of Object.entries(charts(results))) {
    writeFileSync(`${flags.out}/${file}`, svg);
  }
  console.log(report);
  say(
    `${((performance.now() - started) / 1000).toFixed(0)} s; the files are in ${flags.out}`,
  );
  if (flags.contention && brokenPromises(results.contention!.rows) > 0) {
    process.exitCode = 1;
  }
}

await main();
