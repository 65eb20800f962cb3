/** Real stores, by the URLs under which the tool knows them. */
import { Redis } from "ioredis";
import { createPool } from "mysql2/promise";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import pg from "pg";
import type { IterableStore, SubjectStore } from "../../src/store.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { mariadbBinary, startMariadb } from "../servers/mariadb.ts";
import { postgresBinary, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { skipRedis, startRedis } from "../servers/redis.ts";
import { Project } from "./tool.ts";

/** A store that a test looks into beside the tool. */
export interface Place {
  readonly url: string;
  readonly store: IterableStore & SubjectStore & { createSchema?(): Promise<void> };
  readonly project: Project;
  end(): Promise<void>;
}

/** A kind of store with one of the clients that the tool finds in a project. */
export interface Kind {
  readonly name: string;
  readonly hasSchema: boolean;
  readonly skip: boolean;
  open(): Promise<Place>;
}

const redisWith = (client: string): Kind => ({
  name: `Redis by ${client}`,
  hasSchema: false,
  skip: skipRedis,
  async open() {
    const server = await startRedis();
    const redis = new Redis(server.port, "127.0.0.1");
    const project = new Project(client);
    return {
      url: `redis://127.0.0.1:${server.port}`,
      store: redisStore({ client: redis }),
      project,
      async end() {
        project.remove();
        redis.disconnect();
        await server.stop();
      },
    };
  },
});

const postgresWith = (client: string): Kind => ({
  name: `Postgres by ${client}`,
  hasSchema: true,
  skip: skipWithout(postgresBinary, "postgresql"),
  async open() {
    const server = await startPostgres();
    const pool = new pg.Pool({ connectionString: server.url });
    const project = new Project(client);
    return {
      url: server.url,
      store: postgresStore({ client: pool, sweepInterval: 0 }),
      project,
      async end() {
        project.remove();
        await pool.end();
        await server.stop();
      },
    };
  },
});

const mysqlWith = (client: string): Kind => ({
  name: `MariaDB by ${client}`,
  hasSchema: true,
  skip: skipWithout(mariadbBinary, "mariadb-server"),
  async open() {
    const server = await startMariadb();
    const pool = createPool(server.url);
    const project = new Project(client);
    return {
      url: server.url,
      store: mysqlStore({ client: pool, sweepInterval: 0 }),
      project,
      async end() {
        project.remove();
        await pool.end();
        await server.stop();
      },
    };
  },
});

/** A file in the project itself. */
export const sqlite: Kind = {
  name: "SQLite by node:sqlite",
  hasSchema: true,
  skip: false,
  open() {
    const project = new Project();
    const database = new DatabaseSync(join(project.folder, "sessions.db"));
    database.exec("PRAGMA journal_mode = WAL");
    return Promise.resolve({
      url: "sqlite:sessions.db",
      store: sqliteStore({ client: database, sweepInterval: 0 }),
      project,
      end() {
        database.close();
        project.remove();
        return Promise.resolve();
      },
    });
  },
};

/** Each kind of store by each client. */
export const kinds: readonly Kind[] = [
  sqlite,
  redisWith("redis"),
  redisWith("ioredis"),
  postgresWith("pg"),
  postgresWith("postgres"),
  mysqlWith("mysql2"),
  mysqlWith("mariadb"),
];

/** A session's text and end, as the library stores it. */
export function record(
  data: Readonly<Record<string, unknown>> = {},
  { subject, expires = Date.now() + 3_600_000 }: { subject?: string; expires?: number | null } = {},
): { json: string; expires: number | null; subject?: string } {
  const cookie = {
    originalMaxAge: expires === null ? null : 3_600_000,
    expires: expires === null ? null : new Date(expires).toISOString(),
    httpOnly: true,
    path: "/",
  };
  const notes = {
    createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
    ...subject !== undefined && { subject },
  };
  const json = JSON.stringify({ cookie, ...data, $websession: notes });
  return subject === undefined ? { json, expires } : { json, expires, subject };
}

/** An id that nothing else has in it, so that a test finds it wherever it is shown. */
export function idOf(name: string): string {
  return `${name}-0123456789abcdefghijklmnop`.slice(0, 32);
}

/** One of them. */
export function byName(name: string): Kind {
  return kinds.find((kind) => kind.name === name)!;
}
