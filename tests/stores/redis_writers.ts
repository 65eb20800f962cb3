/**
 * A process of its own with many writers of one session:
 * `redis_writers.ts '<json of Writers>'`. Prints what it was told of its writes.
 */
import { Cluster } from "ioredis";
import { createClient } from "redis";
import { createSessions } from "../../mod.ts";
import { redisStore, type RedisStoreClient } from "../../src/stores/redis.ts";

export interface Writers {
  /** One port: a server alone. More: those of a cluster. */
  readonly ports: readonly number[];
  /** By Valkey GLIDE; left out: by ioredis to a cluster, by node-redis to a server alone. */
  readonly glide?: boolean;
  readonly prefix: string;
  /** The cookie of the session. */
  readonly cookie: string;
  /** How many write at a time, and how often each of them. */
  readonly writers: number;
  readonly turns: number;
}

/** What became of the writes. */
export interface Written {
  acknowledged: number;
  refused: string[];
}

interface Counted {
  count?: number;
}

export const SECRET = "a secret of thirty-two bytes, or more";

/** A client of a server alone or of a cluster, and what ends it. */
export async function connect(
  ports: readonly number[],
  glide = false,
): Promise<[client: RedisStoreClient, close: () => void]> {
  if (glide) {
    // Not for every platform, nor needed where there is no server.
    const { GlideClient, GlideClusterClient, Logger } = await import("@valkey/valkey-glide");
    Logger.init("error");
    const addresses = ports.map((port) => ({ host: "127.0.0.1", port }));
    const made = ports.length > 1 ? GlideClusterClient : GlideClient;
    const client = await made.createClient({ addresses, requestTimeout: 60_000 });
    return [client, () => client.close()];
  }
  if (ports.length > 1) {
    const cluster = new Cluster(ports.map((port) => ({ host: "127.0.0.1", port })));
    return [cluster, () => cluster.disconnect()];
  }
  const client = createClient({ url: `redis://127.0.0.1:${ports[0]}` });
  await client.connect();
  return [client, () => client.destroy()];
}

/** An application that counts its visits in `update()`. */
export function counting(client: RedisStoreClient, prefix: string) {
  const sessions = createSessions<Counted>({
    secret: SECRET,
    store: redisStore({ client, prefix }),
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

/** Visits as parallel writers do, each after its own last answer. */
export async function write(
  visit: (request: Request) => Response | Promise<Response>,
  { cookie, writers, turns }: Pick<Writers, "cookie" | "writers" | "turns">,
): Promise<Written> {
  const written: Written = { acknowledged: 0, refused: [] };
  await Promise.all(Array.from({ length: writers }, async () => {
    for (let turn = 0; turn < turns; turn++) {
      try {
        const request = new Request("http://host.test/", { method: "POST", headers: { cookie } });
        const { status } = await visit(request);
        if (status === 200) written.acknowledged++;
        else written.refused.push(String(status));
      } catch (error) {
        written.refused.push(String(error));
      }
    }
  }));
  return written;
}

if (process.argv[2]?.startsWith("{")) {
  const told = JSON.parse(process.argv[2]) as Writers;
  const [client, close] = await connect(told.ports, told.glide);
  console.log(JSON.stringify(await write(counting(client, told.prefix), told)));
  close();
}
