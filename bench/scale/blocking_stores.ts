/** Stores that hold very many sessions, each on a server of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { createClient } from "redis";
import type { IterableStore, SessionStore, SubjectStore, SweepableStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { mariadbBinary, startMariadb } from "../../tests/servers/mariadb.ts";
import { postgresBinary, startPostgres } from "../../tests/servers/postgres.ts";
import { skipRedis, startRedis } from "../../tests/servers/redis.ts";
import { watched } from "../../tests/stores/redis_watch.ts";

export type StoreName =
  | "memory"
  | "Redis"
  | "Postgres"
  | "MariaDB"
  | "SQLite file";
type Whole =
  & SessionStore
  & SubjectStore
  & IterableStore
  & Partial<SweepableStore>;

export interface Opened {
  readonly store: Whole;
  close(): Promise<void> | void;
}

/** A server that holds nothing yet. */
export interface Ground {
  /** For {@linkcode openStore}, here and in another thread. */
  readonly where: string;
  /** Stores so many sessions of a subject, which end at that moment. */
  fill(count: number, subject: string, expires: number): Promise<void>;
  /** The same store, each of whose scripts is watched. */
  readonly watched?: Whole;
  /** Milliseconds of processor time of each script since the last call. */
  scripts?(): Promise<readonly number[]>;
  stop(): Promise<void> | void;
}

/** The record of a session with 200 bytes of data. */
export const JSON_TEXT: string = JSON.stringify({
  cookie: { originalMaxAge: 86_400_000, httpOnly: true, path: "/" },
  user: "x".repeat(200),
});

export async function openStore(
  name: StoreName,
  where: string,
): Promise<Opened> {
  switch (name) {
    case "memory":
      return {
        store: memoryStore({ max: 4_000_000, sweepInterval: 0 }),
        close: () => {},
      };
    case "Redis": {
      const client = createClient({ url: where });
      await client.connect();
      return { store: redisStore({ client }), close: () => client.destroy() };
    }
    case "Postgres": {
      const client = new pg.Pool({ connectionString: where, max: 4 });
      return { store: postgresStore({ client }), close: () => client.end() };
    }
    case "MariaDB": {
      const client = createPool({ uri: where, connectionLimit: 4 });
      return { store: mysqlStore({ client }), close: () => client.end() };
    }
    case "SQLite file": {
      const client = new DatabaseSync(where);
      return { store: sqliteStore({ client }), close: () => client.close() };
    }
  }
}

export const GROUNDS: Readonly<
  Record<StoreName, (store: () => Whole) => Promise<Ground>>
> = {
  // deno-lint-ignore require-await
  memory: async (store) => ({
    where: "",
    fill: (count, subject, expires) => create(store(), count, subject, expires),
    stop: () => {},
  }),
  async Redis(store) {
    const server = await startRedis();
    const where = `redis://127.0.0.1:${server.port}`;
    const client = createClient({ url: where });
    await client.connect();
    const watch = watched(client as unknown as Parameters<typeof watched>[0], server.pid());
    return {
      where,
      fill: (count, subject, expires) => create(store(), count, subject, expires),
      watched: redisStore({ client: watch.client }),
      async scripts() {
        const times = watch.cpu;
        await watch.reset();
        return times;
      },
      async stop() {
        client.destroy();
        await server.stop();
      },
    };
  },
  async Postgres(store) {
    const server = await startPostgres();
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    return {
      where: server.url,
      async fill(count, subject, expires) {
        await ready(store());
        await pool.query(
          "INSERT INTO session (sid, sess, expire, version, endless, subject) " +
            "SELECT $2 || md5(n::text), $3, to_timestamp($4::float8 / 1000), 1, false, $2 " +
            "FROM generate_series(1, $1::int) AS n",
          [count, subject, JSON_TEXT, expires],
        );
        await pool.query("VACUUM ANALYZE session");
      },
      async stop() {
        await pool.end();
        await server.stop();
      },
    };
  },
  async MariaDB(store) {
    const server = await startMariadb();
    const pool = createPool({ uri: server.url, connectionLimit: 1 });
    return {
      where: server.url,
      async fill(count, subject, expires) {
        await ready(store());
        await pool.query(
          "INSERT INTO session (sid, sess, expire, version, endless, subject) " +
            `SELECT concat(?, md5(seq)), ?, ?, 1, 0, ? FROM seq_1_to_${count}`,
          [subject, JSON_TEXT, expires, subject],
        );
        await pool.query("ANALYZE TABLE session");
      },
      async stop() {
        await pool.end();
        await server.stop();
      },
    };
  },
  // deno-lint-ignore require-await
  async "SQLite file"(store) {
    const folder = mkdtempSync(join(tmpdir(), "websession-bench-"));
    const where = join(folder, "sessions.db");
    const database = new DatabaseSync(where);
    database.exec("PRAGMA journal_mode = WAL");
    return {
      where,
      async fill(count, subject, expires) {
        await ready(store());
        database.prepare(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) " +
            "INSERT INTO session (sid, sess, expire, version, endless, subject) " +
            "SELECT printf('%s%08x', ?, (i * 2654435761) % 4294967296), ?, ?, 1, 0, ? FROM n",
        ).run(count, subject, JSON_TEXT, expires, subject);
        database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
      },
      stop() {
        database.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
};

/** The stores whose server is installed. */
export const INSTALLED: readonly StoreName[] = [
  "memory",
  ...skipRedis ? [] : ["Redis" as const],
  ...postgresBinary === undefined ? [] : ["Postgres" as const],
  ...mariadbBinary === undefined ? [] : ["MariaDB" as const],
  "SQLite file",
];

async function ready(
  store: Whole & { createSchema?(): unknown },
): Promise<void> {
  await store.createSchema?.();
}

/** As logins would, a thousand at a time. */
async function create(
  store: Whole,
  count: number,
  subject: string,
  expires: number,
) {
  for (let at = 0; at < count; at += 1000) {
    const some = Math.min(1000, count - at);
    await Promise.all(Array.from({ length: some }, (_, each) => {
      return store.create(`${subject}-${at + each}`, {
        json: JSON_TEXT,
        expires,
        subject,
      });
    }));
  }
}
