import pg from "pg";
import { afterAll, beforeAll, describe, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { contentionTests } from "./sql_contention.ts";

// Other processes do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("many writers of one session", () => {
  for (const level of ["read committed", "repeatable read", "serializable"]) {
    describe(`default_transaction_isolation = ${level}`, () => {
      let server: PostgresServer;
      let tables = 0;
      beforeAll(async () => {
        server = await startPostgres(["fsync=off", `default_transaction_isolation=${level}`]);
      });
      afterAll(() => server?.stop());

      contentionTests(`Postgres at ${level}`, async () => {
        const client = new pg.Pool({ connectionString: server.url, max: 8 });
        const table = `t${++tables}`;
        const store = postgresStore({ client, table });
        await store.createSchema();
        return { store, place: ["postgres", server.url, table], end: () => client.end() };
      });
    });
  }
});
