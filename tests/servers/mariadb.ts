/** A private MariaDB for tests, under an unprivileged user. */
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Pool } from "mysql2/promise";
import { unprivileged } from "./postgres.ts";
import { findBinary, freePort, type RunningServer, startServer } from "./process.ts";

/** The server program, if it is installed. */
export const mariadbBinary: string | undefined = findBinary("mariadbd", ["/usr/sbin"]);

export interface MariadbServer {
  readonly port: number;
  /** Of the database `test`, which is there and empty. */
  readonly url: string;
  /** Kills the server at once, as a power cut would. */
  kill(): Promise<void>;
  /** Sends the server a signal, such as SIGSTOP. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on the same port with the same data. */
  start(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A pool of mysql2 with every connection at an isolation level. */
export function atIsolation<P extends Pool>(
  pool: P,
  level: "READ COMMITTED" | "REPEATABLE READ",
): P {
  // Of the callback kind, whatever the pool: its statements go in the order they were sent.
  pool.on("connection", (connection) => {
    connection.query(`SET SESSION TRANSACTION ISOLATION LEVEL ${level}`);
  });
  return pool;
}

/** Starts a MariaDB whose user `root` has no password. */
export async function startMariadb(settings: readonly string[] = []): Promise<MariadbServer> {
  const binary = mariadbBinary ?? "mariadbd";
  const user = unprivileged("mysql");
  const data = mkdtempSync(join(tmpdir(), "websession-mariadb-"));
  if (user !== undefined) chownSync(data, user.uid, user.gid);
  const options = { cwd: data, ...user };
  // No defaults of the machine: they name its own data and sockets.
  execFileSync(
    findBinary("mariadb-install-db") ?? "mariadb-install-db",
    ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal"],
    { stdio: "ignore", ...options },
  );
  const port = await freePort();
  const args = [
    "--no-defaults",
    `--datadir=${data}`,
    `--socket=${join(data, "socket")}`,
    `--pid-file=${join(data, "pid")}`,
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    "--skip-name-resolve",
    ...settings,
  ];
  const start = (): Promise<RunningServer> => startServer(binary, args, port, options);
  let server = await start();
  return {
    port,
    url: `mysql://root@127.0.0.1:${port}/test`,
    kill: () => server.stop("SIGKILL"),
    signal: (name) => void server.child.kill(name),
    async start() {
      server = await start();
    },
    async stop() {
      await server.stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}
