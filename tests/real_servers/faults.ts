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
  /** Whether a site can have it. */
  fits(site: Site): boolean;
  /** Where the processes find their sessions. */
  place?(site: Site): Place;
  /** Does its harm once, and has mended it when it resolves. */
  harm(scene: Scene): Promise<void>;
  /** The store may fail meanwhile: a request that says so is no fault of ours. */
  readonly breaksStore: boolean;
  /** The server may drop whole sessions, as it was told to. */
  readonly mayLose?: boolean;
}

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
  },
  {
    name: "evicting",
    fits: ({ place }) => place.kind === "redis",
    async harm({ site }) {
      const { port } = site.place as Place & { kind: "redis" };
      const redis = new Redis(port, "127.0.0.1");
      await redis.config("SET", "maxmemory-policy", "allkeys-lru");
      const used = /used_memory:(\d+)/.exec(await redis.info("memory"))![1]!;
      await redis.config("SET", "maxmemory", String(Math.max(1_500_000, Number(used))));
      for (let turn = 0; turn < 20; turn++) {
        const text = "x".repeat(2_000);
        await Promise.all(Array.from({ length: 20 }, (_, at) => {
          return redis.set(`junk:${turn}:${at}:${Date.now()}`, text).catch(() => {});
        }));
      }
      redis.disconnect();
    },
    breaksStore: true,
    mayLose: true,
  },
];

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
