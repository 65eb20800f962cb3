/**
 * A process of its own with many writers of one session:
 * `memcached_writers.ts <client> '<json of MemcachedWriters>'`. Prints what it was told of its writes.
 */
import { createSessions } from "../../mod.ts";
import { memcachedStore, type MemcachedStoreClient } from "../../src/stores/memcached.ts";
import { type ClientName, connect } from "./memcached_clients.ts";
import { SECRET, write } from "./redis_writers.ts";

export interface MemcachedWriters {
  readonly port: number;
  /** The cookie of the session. */
  readonly cookie: string;
  /** How many write at a time, and how often each of them. */
  readonly writers: number;
  readonly turns: number;
}

interface Counted {
  count?: number;
}

/** An application that counts its visits in `update()`. */
export function counting(client: MemcachedStoreClient) {
  const sessions = createSessions<Counted>({
    secret: SECRET,
    store: memcachedStore({ client }),
    cookie: { secure: false },
    name: "session",
  });
  return sessions.wrap(async (request, session) => {
    if (request.method === "POST") {
      await session.update((data) => {
        data.count = (data.count ?? 0) + 1;
      });
    }
    return new Response(String(session.count));
  });
}

const [, , name, told] = process.argv;
if (told?.startsWith("{")) {
  const writers = JSON.parse(told) as MemcachedWriters;
  const [client, end] = connect(name as ClientName, writers.port);
  console.log(JSON.stringify(await write(counting(client), writers)));
  end();
  // The client memcached keeps timers for a server that failed.
  process.exit();
}
