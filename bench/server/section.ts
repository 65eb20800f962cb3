/** Whole servers over loopback HTTP, in alternating rounds. */
import { median } from "../lib/stats.ts";
import type { ServerPlan } from "./app.ts";
import { launch, type Launched } from "./launch.ts";
import { load } from "./load.ts";
import { postgresBinary, startPostgres } from "../../tests/servers/postgres.ts";
import { skipRedis, startRedis } from "../../tests/servers/redis.ts";

export interface ServerRow {
  readonly store: ServerPlan["store"];
  readonly scenario: string;
  readonly name: string;
  /** Answers a second, the median of the rounds. */
  readonly throughput: number;
  /** Throughput of this ÷ that of the peer, the median of the per-round ratios. */
  readonly timesPeer: number;
  /** Microseconds of processor time the server spent on a request. */
  readonly cpu: number;
  readonly p99: number;
  readonly failed: number;
}

interface Entry {
  readonly name: string;
  readonly kind: ServerPlan["kind"];
  readonly storeOf: ServerPlan["storeOf"];
}

const PEER = "express-session";
const FLOOR: Entry = { name: "floor", kind: "floor", storeOf: "ours" };
const OURS: Entry = { name: "websession", kind: "websession", storeOf: "ours" };

const ENTRIES: Readonly<Record<ServerPlan["store"], readonly Entry[]>> = {
  memory: [FLOOR, OURS, {
    name: PEER,
    kind: "express-session",
    storeOf: "peer",
  }],
  redis: [
    OURS,
    {
      name: `${PEER} + connect-redis`,
      kind: "express-session",
      storeOf: "peer",
    },
    { name: "websession + connect-redis", kind: "websession", storeOf: "peer" },
  ],
  postgres: [
    OURS,
    {
      name: `${PEER} + connect-pg-simple`,
      kind: "express-session",
      storeOf: "peer",
    },
    {
      name: "websession + connect-pg-simple",
      kind: "websession",
      storeOf: "peer",
    },
  ],
};

const CONNECTIONS = 32;

export interface Pace {
  readonly rounds: number;
  /** Seconds of one contestant in one round. */
  readonly seconds: number;
}

const SCENARIOS = [
  { scenario: "read 200 B, rolling", path: "/read", rolling: true },
  { scenario: "write 200 B", path: "/write", rolling: false },
];

async function measure(
  store: ServerPlan["store"],
  { rounds, seconds }: Pace,
  ports: Pick<ServerPlan, "redisPort" | "postgresUrl">,
): Promise<ServerRow[]> {
  const rows: ServerRow[] = [];
  for (const { scenario, path, rolling } of SCENARIOS) {
    const servers: Launched[] = [];
    try {
      for (const { name, kind, storeOf } of ENTRIES[store]) {
        servers.push(
          await launch(name, { kind, store, storeOf, rolling, ...ports }),
        );
      }
      rows.push(
        ...await rotate(store, scenario, path, servers, rounds, seconds),
      );
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
    if (ports.postgresUrl !== undefined && store === "postgres") {
      await dropTables(ports.postgresUrl);
    }
  }
  return rows;
}

async function rotate(
  store: ServerPlan["store"],
  scenario: string,
  path: string,
  servers: readonly Launched[],
  rounds: number,
  seconds: number,
): Promise<ServerRow[]> {
  const seen = servers.map(() => ({
    throughput: [] as number[],
    cpu: [] as number[],
    p99: [] as number[],
  }));
  const failed = servers.map(() => 0);
  const cookies: string[][] = [];
  for (const server of servers) {
    const visitors = await server.visitors(CONNECTIONS, 200);
    cookies.push(visitors);
    await load(server.url, {
      path,
      connections: CONNECTIONS,
      duration: 1,
      cookies: visitors,
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < servers.length; turn++) {
      const index = (turn + round) % servers.length;
      const server = servers[index]!;
      const before = await server.stats();
      const outcome = await load(server.url, {
        path,
        connections: CONNECTIONS,
        duration: seconds,
        cookies: cookies[index]!,
      });
      const after = await server.stats();
      seen[index]!.throughput.push(outcome.throughput);
      seen[index]!.cpu.push(
        (after.cpu - before.cpu) / (outcome.throughput * seconds),
      );
      seen[index]!.p99.push(outcome.latency.p99);
      failed[index]! += outcome.failed;
    }
  }
  const peer = seen[servers.findIndex(({ name }) => name.startsWith(PEER))]!.throughput;
  return servers.map(({ name }, index) => {
    const { throughput, cpu, p99 } = seen[index]!;
    return {
      store,
      scenario,
      name,
      throughput: median(throughput),
      timesPeer: median(throughput.map((each, round) => each / peer[round]!)),
      cpu: median(cpu),
      p99: median(p99),
      failed: failed[index]!,
    };
  });
}

async function dropTables(connectionString: string): Promise<void> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await client.end();
}

export async function measureServers(
  pace: Pace,
  say: (text: string) => void,
): Promise<ServerRow[]> {
  const rows = await measure("memory", pace, {});
  if (skipRedis) say("redis-server is not installed: skipped");
  else {
    const redis = await startRedis();
    try {
      rows.push(...await measure("redis", pace, { redisPort: redis.port }));
    } finally {
      await redis.stop();
    }
  }
  if (postgresBinary === undefined) {
    say("postgresql is not installed: skipped");
    return rows;
  }
  // No disk in the way: what is compared is the two clients and their statements.
  const postgres = await startPostgres(["fsync=off", "synchronous_commit=off"]);
  try {
    rows.push(
      ...await measure("postgres", pace, { postgresUrl: postgres.url }),
    );
  } finally {
    await postgres.stop();
  }
  return rows;
}

export interface CrowdRow {
  readonly name: string;
  readonly rate: "all it can" | "2,000 a second";
  readonly throughput: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Milliseconds by which the event loop was late: 99th percentile and worst. */
  readonly delay: { readonly p99: number; readonly max: number };
  readonly failed: number;
}

const CROWD = 2000;

const CROWD_ROUNDS = 3;

/** 2,000 connections at once, each with a session of its own, on memory stores. */
export async function measureCrowd(seconds: number): Promise<CrowdRow[]> {
  const rates = ["all it can", "2,000 a second"] as const;
  const servers: Launched[] = [];
  const cookies: string[][] = [];
  const rows: CrowdRow[] = [];
  try {
    for (const { name, kind, storeOf } of ENTRIES.memory) {
      const server = await launch(name, { kind, store: "memory", storeOf, rolling: false });
      servers.push(server);
      cookies.push(await server.visitors(CROWD, 200));
    }
    for (let round = -1; round < CROWD_ROUNDS; round++) {
      for (const [index, server] of servers.entries()) {
        for (const rate of rates) {
          await server.stats();
          const { throughput, latency, failed } = await load(server.url, {
            path: "/write",
            connections: CROWD,
            duration: round < 0 ? 1 : seconds,
            cookies: cookies[index]!,
            ...(rate === "all it can" ? {} : { rate: CROWD }),
          });
          const { delay } = await server.stats();
          // The first round warms.
          if (round < 0) continue;
          const { p50, p99, max } = latency;
          rows.push({ name: server.name, rate, throughput, p50, p99, max, delay, failed });
        }
      }
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  return servers.flatMap(({ name }) =>
    rates.map((rate) => middle(rows.filter((row) => row.name === name && row.rate === rate)))
  );
}

/** One row of several rounds: medians, and the worst of what must not happen. */
function middle(rows: readonly CrowdRow[]): CrowdRow {
  const of = (read: (row: CrowdRow) => number): number => median(rows.map(read));
  return {
    ...rows[0]!,
    throughput: of(({ throughput }) => throughput),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    max: of(({ max }) => max),
    delay: { p99: of(({ delay }) => delay.p99), max: of(({ delay }) => delay.max) },
    failed: rows.reduce((sum, { failed }) => sum + failed, 0),
  };
}
