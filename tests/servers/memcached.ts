/** A private memcached for tests, under an unprivileged user: it refuses to run as root. */
import { unprivileged } from "./postgres.ts";
import { findBinary, freePort, type RunningServer, startServer } from "./process.ts";

/** The server program, if it is installed. */
export const memcachedBinary: string | undefined = findBinary("memcached");

/** Starts a memcached with nothing in it. It keeps no file. */
export async function startMemcached(): Promise<RunningServer> {
  const port = await freePort();
  const args = ["-l", "127.0.0.1", "-p", String(port), "-U", "0"];
  return await startServer(memcachedBinary ?? "memcached", args, port, unprivileged("memcache"));
}
