/** Private Redis servers: one alone, or a cluster of three masters with a replica each. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinary, freePort, type RunningServer, skipWithout, startServer } from "./process.ts";

const redisServer = findBinary("redis-server") ?? findBinary("valkey-server");
const redisCli = findBinary("redis-cli") ?? findBinary("valkey-cli");

/** Whether the tests that need a server have to be skipped. */
export const skipRedis: boolean = skipWithout(redisServer && redisCli, "redis-server");

export interface RedisServer {
  readonly port: number;
  /** The process of the moment. */
  pid(): number;
  /** Sends the process a signal, such as SIGSTOP. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process without a word (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again on the same port, with the data it left. */
  start(): Promise<void>;
  /** Runs one command by redis-cli and answers what it prints. */
  cli(...args: string[]): string;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

/** Starts one server in a folder of its own. */
export async function startRedis(...options: string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "websession-redis-"));
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""];
  const run = () => startServer(redisServer!, [...args, ...options], port);
  let server: RunningServer = await run();
  const redis: RedisServer = {
    port,
    pid: () => server.pid,
    signal: (name) => void server.child.kill(name),
    kill: () => server.stop("SIGKILL"),
    async start() {
      server = await run();
      // It accepts before it has read its data back.
      while (!redis.cli("PING").includes("PONG")) await soon(50);
    },
    cli(...command) {
      const { stdout, stderr } = spawnSync(redisCli!, ["-p", String(port), ...command], {
        encoding: "utf8",
        timeout: 120_000,
      });
      return stdout + stderr;
    },
    async stop() {
      server.child.kill("SIGCONT");
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return redis;
}

export interface RedisCluster {
  readonly servers: readonly RedisServer[];
  /** The address of every server, for a client. */
  readonly addresses: readonly { host: string; port: number }[];
  /** The server that is master of the slot of `key` right now. */
  masterOf(key: string): RedisServer;
  /** The server that follows this master. */
  replicaOf(master: RedisServer): RedisServer;
  /** Waits until every slot has a master and every other server follows one. */
  settled(replicas?: number): Promise<void>;
  stop(): Promise<void>;
}

/** Somebody else may take a port between the look for it and the start. */
const ATTEMPTS = 3;

/** Starts three masters and three replicas, and waits until they agree. */
export async function startCluster(...options: string[]): Promise<RedisCluster> {
  for (let attempt = 1;; attempt++) {
    try {
      return await formCluster(options);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

async function formCluster(options: readonly string[]): Promise<RedisCluster> {
  const servers = await Promise.all(Array.from({ length: 6 }, async () => {
    const bus = await freePort();
    return await startRedis(
      ...["--cluster-enabled", "yes", "--cluster-port", String(bus)],
      ...["--cluster-node-timeout", "1500", "--repl-diskless-sync-delay", "0", ...options],
    );
  }));
  const addresses = servers.map(({ port }) => ({ host: "127.0.0.1", port }));
  const cluster: RedisCluster = {
    servers,
    addresses,
    masterOf(key) {
      const slot = Number(servers.find(alive)!.cli("CLUSTER", "KEYSLOT", key));
      for (const server of servers.filter(alive)) {
        const mine = server.cli("CLUSTER", "NODES").split("\n").find((line) =>
          line.includes("myself,master")
        );
        const ranges = mine?.trim().split(" ").slice(8) ?? [];
        for (const range of ranges) {
          const [from = "", to = from] = range.split("-");
          if (slot >= Number(from) && slot <= Number(to)) return server;
        }
      }
      throw new Error("No server is master of this slot");
    },
    replicaOf(master) {
      const found = servers.filter(alive).find((server) => {
        const role = server.cli("INFO", "replication");
        return role.includes("role:slave") && role.includes(`master_port:${master.port}`);
      });
      if (found === undefined) throw new Error("This master has no replica");
      return found;
    },
    async settled(replicas = 1) {
      const deadline = Date.now() + 240_000;
      for (;;) {
        const good = servers.filter(alive).every((server) => {
          const info = server.cli("CLUSTER", "INFO");
          const role = server.cli("INFO", "replication");
          const follows = role.includes("role:slave")
            ? role.includes("master_link_status:up")
            : Number(/connected_slaves:(\d+)/.exec(role)?.[1]) >= replicas;
          return info.includes("cluster_state:ok") && follows;
        });
        if (good) return;
        if (Date.now() > deadline) {
          throw new Error("The cluster did not settle within four minutes");
        }
        await soon(100);
      }
    },
    async stop() {
      await Promise.all(servers.map((server) => server.stop()));
    },
  };
  const { stdout, stderr, status } = spawnSync(
    redisCli!,
    [
      ...["--cluster", "create", ...addresses.map(({ host, port }) => `${host}:${port}`)],
      ...["--cluster-replicas", "1", "--cluster-yes"],
    ],
    { encoding: "utf8", timeout: 120_000 },
  );
  if (status !== 0) {
    await cluster.stop();
    throw new Error(`The cluster did not form:\n${stdout}${stderr}`);
  }
  await cluster.settled();
  return cluster;
}

function alive(server: RedisServer): boolean {
  return server.cli("PING").includes("PONG");
}

function soon(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
