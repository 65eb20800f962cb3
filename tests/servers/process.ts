/** Private servers for tests: random loopback ports, stopped by pid. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";

/** The path of an installed program, searched on PATH and in `places` (a `*` stands for one folder). */
export function findBinary(name: string, places: readonly string[] = []): string | undefined {
  const folders = [...places.flatMap(expand), ...(process.env["PATH"] ?? "").split(":")];
  return folders.map((folder) => join(folder, name)).find((path) => {
    if (!existsSync(path)) return false;
    try {
      accessSync(path, constants.X_OK);
    } catch {
      return false;
    }
    // A wrapper may stand where the program does not: ask it.
    return spawnSync(path, ["--version"], { stdio: "ignore" }).status === 0;
  });
}

function expand(place: string): string[] {
  const star = place.indexOf("*");
  if (star < 0) return [place];
  const base = place.slice(0, star);
  if (!existsSync(base)) return [];
  return readdirSync(base).sort().reverse().map((name) => base + name + place.slice(star + 1));
}

/**
 * Whether tests that need `binary` may be skipped. In CI nothing may: there the
 * missing program is a failure that names the package to install.
 */
export function skipWithout(binary: string | undefined, debianPackage: string): boolean {
  if (binary !== undefined) return false;
  if (process.env["WEBSESSION_NO_SKIP"]) {
    throw new Error(`This run allows no skipped test: apt-get install ${debianPackage}`);
  }
  console.info(`Tests skip here that need another program: apt-get install ${debianPackage}`);
  return true;
}

/** A port on 127.0.0.1 that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  readonly child: ChildProcess;
  /** What the server printed, for the message of a failed test. */
  output(): string;
  /** Ends the server (SIGTERM, then SIGKILL after 5 s) and waits for its exit. */
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts a server and waits until its port accepts a connection. */
export async function startServer(
  command: string,
  args: readonly string[],
  port: number,
  options: { cwd?: string; env?: NodeJS.ProcessEnv; uid?: number; gid?: number } = {},
): Promise<RunningServer> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let printed = "";
  child.stdout?.on("data", (text) => (printed += text));
  child.stderr?.on("data", (text) => (printed += text));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const killAtExit = () => child.kill("SIGKILL");
  process.once("exit", killAtExit);
  const server: RunningServer = {
    pid: child.pid ?? -1,
    port,
    child,
    output: () => printed,
    async stop(signal = "SIGTERM") {
      process.off("exit", killAtExit);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      const force = setTimeout(() => child.kill("SIGKILL"), 5000);
      await exited;
      clearTimeout(force);
    },
  };
  const deadline = Date.now() + 240_000;
  while (!(await accepts(port))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await server.stop("SIGKILL");
      throw new Error(`${command} did not start:\n${printed}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return server;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true)));
    socket.once("error", () => (socket.destroy(), resolve(false)));
  });
}
