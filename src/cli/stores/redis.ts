/** Sessions on a Redis server, by node-redis or ioredis. */
import { redisStore, type RedisStoreClient } from "../../stores/redis.ts";
import { Failure, wordsOf } from "../failure.ts";
import type { OpenRedis } from "../opened_store.ts";
import { loadClient, type Loaded } from "../project_modules.ts";
import { nameOf, type RedisAddress } from "../store_address.ts";

/** Milliseconds until a server that does not answer is out of reach. */
const PATIENCE = 10_000;

type Client = Pick<OpenRedis, "command" | "close"> & { readonly client: RedisStoreClient };

interface NodeRedis {
  on(event: "error", listener: () => void): unknown;
  connect(): Promise<unknown>;
  sendCommand(words: string[]): Promise<unknown>;
  close?(): Promise<unknown>;
  quit(): Promise<unknown>;
}

interface Ioredis {
  on(event: "error", listener: (error: unknown) => void): unknown;
  connect(): Promise<unknown>;
  call(command: string, ...words: string[]): Promise<unknown>;
  disconnect(): void;
}

/** What a server answers; nothing where it does not let this user ask. */
export async function unlessForbidden(ask: () => Promise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    if (/NOPERM|unknown command|not allowed|not supported/i.test(wordsOf(error))) return undefined;
    throw error;
  }
}

/** Opens it: a server that does not answer fails, and is not waited for. */
export async function openRedis(address: RedisAddress, folder: string): Promise<OpenRedis> {
  const loaded = loadClient(folder, ["redis", "ioredis"], "Redis");
  const name = nameOf(address);
  let opened: Client | undefined;
  try {
    opened = loaded.name === "redis"
      ? await nodeRedis(loaded, address.url)
      : await ioredis(loaded, address.url);
    const { client, command, close } = opened;
    if (/cluster_enabled:1/.test(String(await unlessForbidden(() => command("INFO", "cluster"))))) {
      throw new Failure("This server is one of a cluster, which the tool does not know");
    }
    const store = redisStore({ client, prefix: address.prefix });
    return { kind: "redis", name, store, command, close };
  } catch (error) {
    // A connection that stays open keeps the process alive.
    await opened?.close();
    if (error instanceof Failure) throw error;
    throw new Failure(`${name} could not be opened: ${wordsOf(error)}`);
  }
}

async function nodeRedis({ module }: Loaded, url: string): Promise<Client> {
  const { createClient } = module as { createClient(options: object): NodeRedis };
  const socket = { reconnectStrategy: false, connectTimeout: PATIENCE };
  const client = createClient({ url, socket });
  // Who asks is told, by a rejection.
  client.on("error", () => {});
  await client.connect();
  return {
    client: client as unknown as RedisStoreClient,
    command: (...words) => client.sendCommand(words),
    // Version 4 has no close().
    close: async () => void await (client.close?.() ?? client.quit()),
  };
}

async function ioredis({ module }: Loaded, url: string): Promise<Client> {
  const { Redis } = module as { Redis: new (url: string, options: object) => Ioredis };
  const client = new Redis(url, {
    lazyConnect: true,
    // It asks for INFO, which not every user may.
    enableReadyCheck: false,
    connectTimeout: PATIENCE,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  // What connect() rejects with says only that the connection is closed.
  let reason: unknown;
  client.on("error", (error) => reason ??= error);
  await client.connect().catch((error) => {
    throw reason ?? error;
  });
  return {
    client: client as unknown as RedisStoreClient,
    command: (command, ...words) => client.call(command!, ...words),
    close: () => Promise.resolve(client.disconnect()),
  };
}
