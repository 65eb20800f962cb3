/** What goes wrong while visitors are served. */
import { Redis } from "ioredis";
import type { Random } from "../../src/testing/random.ts";
import type { Fleet } from "./fleet.ts";
import type { Place } from "./protocol.ts";
import type { Site } from "./servers.ts";

/** Where a fault happens, and by which chance. */
export interface Scene {
  readonly site: Site;
  readonly fleet: Fleet;
  readonly random: Random;
}

export interface Fault {
  readonly name: string;
  /** What of the server's configuration it changes. */
  readonly configuration?: string;
  /** Whether a site can have it. */
  fits(site: Site): boolean;
  /** Where the processes find their sessions. */
  place?(site: Site): Place;
  /** Does its harm once, and has mended it when it resolves. */
  harm(scene: Scene): Promise<void>;
  /** Leaves the server as it was before. */
  end?(site: Site): Promise<void>;
  /** The store may fail meanwhile: a request that says so is no fault of ours. */
  readonly breaksStore: boolean;
  /** Store calls are given up sooner than what is stopped goes on. */
  readonly isLong?: boolean;
  /** The server may drop whole sessions, as it was told to. */
  readonly mayLose?: boolean;
  /** Ids are replaced when they are a minute old, and ten seconds pass in each. */
  readonly isFast?: boolean;
  /** So many seconds a row takes, at least. */
  readonly leastSeconds?: number;
}

/** Bytes: less than what is written there at once, and enough for scripts to run. */
const ROOM = 750_000;
let junk = 0;

export const FAULTS: readonly Fault[] = [
  {
    name: "none",
    fits: () => true,
    harm: () => pause(200),
    breaksStore: false,
  },
  {
    name: "server killed",
    fits: ({ machines }) => machines.length > 0,
    async harm({ site, random }) {
      const machine = random.pick(site.machines);
      await machine.kill();
      await pause(random.below(300));
      await machine.start();
    },
    breaksStore: true,
  },
  {
    name: "connections cut",
    fits: ({ proxies }) => proxies.length > 0,
    place: ({ proxied }) => proxied,
    async harm({ site, random }) {
      const proxy = random.pick(site.proxies);
      proxy.cutNext(random.pick(["request", "answer"]));
      await pause(20 + random.below(60));
    },
    breaksStore: true,
  },
  {
    name: "server stopped",
    fits: ({ machines }) => machines.length > 0,
    async harm({ site, random }) {
      const machine = random.pick(site.machines);
      machine.signal("SIGSTOP");
      // Shorter than a store may take, and longer.
      await pause(200 + random.below(1_600));
      machine.signal("SIGCONT");
    },
    breaksStore: true,
    isLong: true,
  },
  {
    name: "process killed",
    fits: () => true,
    harm: ({ fleet, random }) => fleet.kill(random.below(fleet.size)),
    breaksStore: false,
  },
  {
    name: "process stopped",
    fits: () => true,
    async harm({ fleet, random }) {
      const index = random.below(fleet.size);
      fleet.signal(index, "SIGSTOP");
      await pause(200 + random.below(1_600));
      fleet.signal(index, "SIGCONT");
    },
    // What it had asked for may be late, and whoever waits for a lock of it is, too.
    breaksStore: true,
    isLong: true,
  },
  {
    name: "replica takes over",
    configuration: "CLUSTER FAILOVER: the master answers nobody until its replica has everything",
    fits: ({ place }) => place.kind === "cluster",
    async harm({ site, random }) {
      const { addresses } = site.place as Place & { kind: "cluster" };
      const servers = addresses.map(({ port }) => new Redis(port, "127.0.0.1"));
      const roles = await Promise.all(servers.map((server) => server.info("replication")));
      const replicas = servers.filter((_, at) => /master_link_status:up/.test(roles[at]!));
      const next = random.pick(replicas);
      // The others may not vote again so soon: then it is asked for once more.
      for (let asked = 0; !(await isMaster(next)); asked++) {
        if (asked % 300 === 0) await next.cluster("FAILOVER");
        if (asked === 3_000) throw new Error("The replica has not taken over");
        await pause(20);
      }
      for (const server of servers) server.disconnect();
    },
    // Who is asked may be the one that was.
    breaksStore: true,
  },
  {
    name: "ids replaced",
    configuration: "rotateAfter 60,000 ms on both entries, whose clock goes ten times as fast",
    fits: () => true,
    harm: () => pause(200),
    breaksStore: false,
    isFast: true,
    leastSeconds: 20,
  },
  {
    name: "evicting",
    configuration: "maxmemory-policy allkeys-lru, maxmemory as much as was in use and 750 kB",
    fits: ({ place }) => place.kind === "redis",
    async harm({ site }) {
      const redis = clientOf(site);
      const [, policy] = await redis.config("GET", "maxmemory-policy") as string[];
      if (policy === "noeviction") {
        const used = Number(/used_memory:(\d+)/.exec(await redis.info("memory"))![1]);
        await redis.config("SET", "maxmemory-policy", "allkeys-lru");
        await redis.config("SET", "maxmemory", String(used + ROOM));
      }
      const text = "x".repeat(2_000);
      for (let turn = 0; turn < 20; turn++) {
        await Promise.all(Array.from({ length: 20 }, () => {
          return redis.set(`junk:${junk++}`, text).catch(() => {});
        }));
      }
      redis.disconnect();
    },
    async end(site) {
      const redis = clientOf(site);
      await redis.config("SET", "maxmemory", "0");
      await redis.config("SET", "maxmemory-policy", "noeviction");
      redis.disconnect();
    },
    breaksStore: true,
    mayLose: true,
  },
];

async function isMaster(server: Redis): Promise<boolean> {
  return (await server.info("replication")).includes("role:master");
}

function clientOf({ place }: Site): Redis {
  return new Redis((place as Place & { kind: "redis" }).port, "127.0.0.1");
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
