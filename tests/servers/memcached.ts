/** A private memcached for tests, under an unprivileged user: it refuses to run as root. */
import { connect } from "node:net";
import { unprivileged } from "./postgres.ts";
import { findBinary, freePort, type RunningServer, skipWithout, startServer } from "./process.ts";

/** The server program, if it is installed. */
export const memcachedBinary: string | undefined = findBinary("memcached");

/** Whether the tests that need a server have to be skipped. */
export const skipMemcached: boolean = skipWithout(memcachedBinary, "memcached");

export interface MemcachedServer {
  readonly port: number;
  /** Sends the process a signal, such as SIGSTOP. */
  signal(name: NodeJS.Signals): void;
  /** Ends the process without a word (SIGKILL). */
  kill(): Promise<void>;
  /** Starts it again on the same port, with nothing in it. */
  start(): Promise<void>;
  /** Sends one command by a connection of its own, and answers what comes back. */
  say(command: string): Promise<string>;
  /** Ends the process. */
  stop(): Promise<void>;
}

/** What an answer ends with: a word of the protocol on a line of its own. */
const DONE =
  /^(?:END|STORED|NOT_STORED|EXISTS|DELETED|NOT_FOUND|TOUCHED|OK|HD.*|EN|(?:\w+_)?ERROR.*)\r\n$/m;

/** Starts a memcached with nothing in it. It keeps no file. */
export async function startMemcached(...options: string[]): Promise<MemcachedServer> {
  const port = await freePort();
  const args = ["-l", "127.0.0.1", "-p", String(port), "-U", "0", ...options];
  const run = () =>
    startServer(memcachedBinary ?? "memcached", args, port, unprivileged("memcache"));
  let server: RunningServer = await run();
  return {
    port,
    signal: (name) => void server.child.kill(name),
    kill: () => server.stop("SIGKILL"),
    async start() {
      server = await run();
    },
    say(command) {
      return new Promise((resolve, reject) => {
        let answer = "";
        const socket = connect(port, "127.0.0.1", () => socket.write(`${command}\r\n`));
        socket.once("error", reject);
        socket.on("data", (chunk) => {
          answer += chunk.toString();
          if (!DONE.test(answer)) return;
          socket.destroy();
          resolve(answer);
        });
      });
    },
    async stop() {
      server.child.kill("SIGCONT");
      await server.stop();
    },
  };
}
