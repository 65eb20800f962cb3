/** The lines that make a store, by runtime and store. */
import type { Runtime, StoreChoice } from "./choices.ts";

/** What a store adds to the file, to the project and to its environment. */
export interface StoreLines {
  readonly imports: readonly string[];
  readonly setup: readonly string[];
  /** What to install beside websession. */
  readonly packages: readonly string[];
  /** A variable that says where it is, with a value for development. */
  readonly variable?: readonly [name: string, value: string];
  /** How `websession schema` is told where it is, for stores that have one. */
  readonly schemaOf?: string;
  /** A flag that the runtime needs for it. */
  readonly flag?: string;
}

const REDIS = ["REDIS_URL", "redis://127.0.0.1:6379"] as const;
const POSTGRES = ["DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres"] as const;
const MYSQL = ["DATABASE_URL", "mysql://root@127.0.0.1:3306/test"] as const;

/** Those of one store; `env` writes how a variable is read, `from` how one of our modules is named. */
export function storeLines(
  runtime: Runtime,
  store: StoreChoice,
  env: (name: string) => string,
  from: (entry: string) => string,
): StoreLines {
  const npm = (name: string) => runtime === "deno" ? `npm:${name}` : name;
  switch (store) {
    case "memory":
      return { imports: [], setup: [], packages: [] };
    case "redis":
      return {
        imports: [
          `import { createClient } from "${npm("redis")}";`,
          `import { redisStore } from "${from("stores/redis")}";`,
        ],
        setup: [
          `const client = createClient({ url: ${env(REDIS[0])} }).on("error", console.error);`,
          "export const store = redisStore({ client: await client.connect() });",
        ],
        packages: ["redis"],
        variable: REDIS,
      };
    case "postgres":
      return {
        imports: [
          `import pg from "${npm("pg")}";`,
          `import { postgresStore } from "${from("stores/postgres")}";`,
        ],
        setup: [
          `const client = new pg.Pool({ connectionString: ${env(POSTGRES[0])} });`,
          "export const store = postgresStore({ client });",
        ],
        packages: ["pg"],
        variable: POSTGRES,
        schemaOf: POSTGRES[1],
      };
    case "mysql":
      return {
        imports: [
          'import { createPool } from "mysql2/promise";',
          `import { mysqlStore } from "${from("stores/mysql")}";`,
        ],
        setup: [
          `const client = createPool(${env(MYSQL[0])});`,
          "export const store = mysqlStore({ client });",
        ],
        packages: ["mysql2"],
        variable: MYSQL,
        schemaOf: MYSQL[1],
      };
    case "sqlite":
      return sqliteLines(runtime === "bun", from);
    case "deno-kv":
      return {
        imports: [`import { denoKvStore } from "${from("stores/deno-kv")}";`],
        setup: ["export const store = denoKvStore({ kv: await Deno.openKv() });"],
        packages: [],
        flag: "--unstable-kv",
      };
  }
}

function sqliteLines(isBun: boolean, from: (entry: string) => string): StoreLines {
  const [module, name] = isBun ? ["bun:sqlite", "Database"] : ["node:sqlite", "DatabaseSync"];
  return {
    imports: [
      `import { ${name} } from "${module}";`,
      `import { sqliteStore } from "${from("stores/sqlite")}";`,
    ],
    setup: [
      `const client = new ${name}("sessions.db");`,
      'client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");',
      "export const store = sqliteStore({ client });",
    ],
    packages: [],
    schemaOf: "sqlite:sessions.db",
  };
}
