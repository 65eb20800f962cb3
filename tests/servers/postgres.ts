/** A private Postgres for tests, under an unprivileged user: it refuses to run as root. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findBinary, freePort, type RunningServer, startServer } from "./process.ts";

const PLACES = ["/usr/lib/postgresql/*/bin"];

/** The server program, if it is installed. */
export const postgresBinary: string | undefined = findBinary("postgres", PLACES);

export interface PostgresServer {
  readonly port: number;
  /** For clients that take one text. */
  readonly url: string;
  /** Kills the server and every process of it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Sends the server and every process of it a signal, such as SIGSTOP. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** Starts a Postgres with an empty database `postgres` that trusts every local user. */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const binary = postgresBinary ?? "postgres";
  const initdb = findBinary("initdb", PLACES) ?? "initdb";
  const user = unprivileged("postgres");
  const data = mkdtempSync(join(tmpdir(), "websession-postgres-"));
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  const options = { cwd: data, ...user };
  execFileSync(
    initdb,
    ["-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
    { stdio: "ignore", ...options },
  );
  const port = await freePort();
  const args = [
    ...["-D", data, "-h", "127.0.0.1", "-p", String(port), "-k", data],
    ...["max_connections=60", ...settings].flatMap((setting) => ["-c", setting]),
  ];
  let server: RunningServer = await ready();

  async function ready(): Promise<RunningServer> {
    const running = await startServer(binary, args, port, options);
    const deadline = Date.now() + 240_000;
    // The port opens before the recovery after a crash is over.
    while (!/ready to accept connections/.test(running.output())) {
      if (Date.now() > deadline) throw new Error(`Postgres is not ready:\n${running.output()}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return running;
  }

  return {
    port,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    async kill() {
      const children = childrenOf(server.pid);
      await server.stop("SIGKILL");
      for (const pid of children) send(pid, "SIGKILL");
      // The next server refuses the shared memory that they still hold.
      while (children.some(isAlive)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    signal(name) {
      for (const pid of [server.pid, ...childrenOf(server.pid)]) send(pid, name);
    },
    async start() {
      server = await ready();
    },
    async stop() {
      // SIGTERM waits for the connections that a pool is just closing; pg throws when they are cut.
      await server.stop("SIGTERM");
      rmSync(data, { recursive: true, force: true });
    },
  };
}

/** The ids of a system user, when this process is root and may become it. */
export function unprivileged(name: string): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const line =
    readFileSync("/etc/passwd", "utf8").split("\n").find((text) => text.startsWith(`${name}:`)) ??
      "";
  const [, , uid, gid] = line.split(":");
  // 65534 is nobody: as good as any user that owns nothing.
  return { uid: Number(uid ?? 65534), gid: Number(gid ?? 65534) };
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile: its connection is closed, or its parent is gone.
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  } catch {
    return [];
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
