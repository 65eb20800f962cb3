import pg from "pg";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { faultTests } from "./sql_faults.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("Postgres that fails", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());

  faultTests(() => server, (port, max) => {
    const pool = new pg.Pool({ host: "127.0.0.1", port, user: "postgres", max });
    // pg emits the end of an idle connection, and the process dies if nobody listens.
    pool.on("error", () => {});
    return { store: postgresStore({ client: pool, table: "faulty" }), end: () => pool.end() };
  });
});
