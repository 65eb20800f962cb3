/** Opens a worker's store where its plan says the sessions are. */
import connectPgSimple from "connect-pg-simple";
import { RedisStore } from "connect-redis";
import expressSession from "express-session";
import { Cluster } from "ioredis";
import { DatabaseSync } from "node:sqlite";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { createClient } from "redis";
import type { SessionStore } from "../../src/store.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { atIsolation } from "../servers/mariadb.ts";
import type { Place } from "./protocol.ts";

/** Connections of each process to a database. */
const CONNECTIONS = 6;

export async function openStore(place: Place): Promise<SessionStore> {
  switch (place.kind) {
    case "redis":
      return redisStore({ client: await redisClient(place.port) });
    case "cluster": {
      const { addresses, through } = place;
      const client = new Cluster([...addresses], {
        natMap: through,
        clusterRetryStrategy: () => 50,
        // A command that is sent again may run twice: see what the store says of lost answers.
        redisOptions: { autoResendUnfulfilledCommands: false },
      });
      client.on("error", () => {});
      return redisStore({ client });
    }
    case "postgres":
      return postgresStore({ client: postgresPool(place.url, place.isolation) });
    case "mariadb": {
      const pool = createPool({ uri: place.url, connectionLimit: CONNECTIONS });
      return mysqlStore({ client: atIsolation(pool, place.isolation) });
    }
    case "sqlite":
      return sqliteStore({ client: new DatabaseSync(place.file) });
  }
}

/** What people use with express-session there. */
export async function openTheirs(place: Place): Promise<expressSession.Store> {
  if (place.kind === "redis") return new RedisStore({ client: await redisClient(place.port) });
  if (place.kind !== "postgres") throw new Error(`Nothing to compare with on ${place.kind}`);
  const Store = connectPgSimple(expressSession);
  return new Store({ pool: postgresPool(place.url, place.isolation), pruneSessionInterval: false });
}

async function redisClient(port: number) {
  const client = createClient({
    url: `redis://127.0.0.1:${port}`,
    socket: { reconnectStrategy: 50 },
  });
  client.on("error", () => {});
  await client.connect();
  return client;
}

function postgresPool(url: string, isolation: string): pg.Pool {
  const level = isolation.replace(" ", "\\ ");
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    options: `-c default_transaction_isolation=${level}`,
  });
  pool.on("error", () => {});
  return pool;
}
