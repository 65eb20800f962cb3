/** The clients that `memcachedStore()` takes, made for tests. */
import { MemcacheClient } from "memcache-client";
import Memcached from "memcached";
import type { MemcachedStoreClient } from "../../src/stores/memcached.ts";

export const CLIENTS = ["memcached", "memcache-client"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** A client of this package, and what ends it. */
export function connect(
  name: ClientName,
  port: number,
): [client: MemcachedStoreClient, end: () => void] {
  const server = `127.0.0.1:${port}`;
  if (name === "memcache-client") {
    const client = new MemcacheClient({ server: { server, maxConnections: 10 } });
    return [client, () => client.shutdown()];
  }
  // It takes a server that failed for dead: here not for half a minute, and not for good.
  const dead = { retry: 50, failures: 1_000_000, timeout: 1_000, idle: 60_000 };
  // While its connections are being made it calls the pool full, and asks again: for a second here.
  const asking = { poolSize: 50, retries: 8, minTimeout: 20, factor: 1.5 };
  const client = new Memcached(server, { ...dead, ...asking });
  return [client, () => client.end()];
}
