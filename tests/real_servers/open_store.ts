/** Opens a worker's store where its plan says the sessions are; loads no more than it needs. */
import type { Store } from "express-session";
import type { SessionStore } from "../../src/store.ts";
import type { Place } from "./protocol.ts";

/** Connections of each process to a database. */
const CONNECTIONS = 6;

export async function openStore(place: Place): Promise<SessionStore> {
  switch (place.kind) {
    case "redis": {
      const { redisStore } = await import("../../src/stores/redis.ts");
      return redisStore({ client: await redisClient(place.port) });
    }
    case "cluster": {
      const { Cluster } = await import("ioredis");
      const { redisStore } = await import("../../src/stores/redis.ts");
      const { addresses, through } = place;
      const client = new Cluster([...addresses], {
        natMap: through,
        clusterRetryStrategy: () => 50,
        // A command that is sent again may run twice: see what the store says of lost answers.
        retryDelayOnFailover: 0,
        redisOptions: { autoResendUnfulfilledCommands: false },
      });
      client.on("error", () => {});
      return redisStore({ client });
    }
    case "postgres": {
      const { postgresStore } = await import("../../src/stores/postgres.ts");
      return postgresStore({ client: await postgresPool(place.url, place.isolation) });
    }
    case "mariadb": {
      const { createPool } = await import("mysql2/promise");
      const { mysqlStore } = await import("../../src/stores/mysql.ts");
      const { atIsolation } = await import("../servers/mariadb.ts");
      const pool = createPool({ uri: place.url, connectionLimit: CONNECTIONS });
      return mysqlStore({ client: atIsolation(pool, place.isolation) });
    }
    case "sqlite": {
      const { DatabaseSync } = await import("node:sqlite");
      const { sqliteStore } = await import("../../src/stores/sqlite.ts");
      return sqliteStore({ client: new DatabaseSync(place.file) });
    }
  }
}

/** What people use with express-session there. */
export async function openTheirs(place: Place): Promise<Store> {
  if (place.kind === "redis") {
    const { RedisStore } = await import("connect-redis");
    return new RedisStore({ client: await redisClient(place.port) });
  }
  if (place.kind !== "postgres") throw new Error(`Nothing to compare with on ${place.kind}`);
  const { default: expressSession } = await import("express-session");
  const { default: connectPgSimple } = await import("connect-pg-simple");
  const pool = await postgresPool(place.url, place.isolation);
  return new (connectPgSimple(expressSession))({ pool, pruneSessionInterval: false });
}

async function redisClient(port: number) {
  const { createClient } = await import("redis");
  const client = createClient({
    url: `redis://127.0.0.1:${port}`,
    socket: { reconnectStrategy: 50 },
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

async function postgresPool(url: string, isolation: string) {
  const { default: pg } = await import("pg");
  const level = isolation.replace(" ", "\\ ");
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    options: `-c default_transaction_isolation=${level}`,
  });
  pool.on("error", () => {});
  return pool;
}
