import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, test } from "vitest";
import { type PostgresClient, postgresStore } from "../../src/stores/postgres.ts";
import { type StoreTestContext, type StoreUnderTest, testStore } from "../../src/testing/mod.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";

const capabilities = {
  atomic: true,
  clock: "injected",
  sliding: true,
  iterate: true,
  sweep: true,
  subject: true,
} as const;

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

let tables = 0;

/** Stores in fresh tables: one over `client`, its peer over `other`. */
async function stores(
  { now }: Pick<StoreTestContext, "now">,
  client: PostgresClient,
  other: PostgresClient = client,
): Promise<StoreUnderTest> {
  const table = `t${++tables}`;
  const store = postgresStore({ client, now, ttl, table });
  const neighbour = postgresStore({ client, now, ttl, table: `${table}_neighbour` });
  await store.createSchema();
  await neighbour.createSchema();
  return { store, neighbour, peer: postgresStore({ client: other, now, ttl, table }) };
}

describe("the kit on PGlite", () => {
  const client = new PGlite();
  afterAll(() => client.close());
  testStore({
    name: "postgres (PGlite)",
    capabilities,
    create: (context) => stores(context, client),
    test,
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("the kit on a server", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let sql: postgres.Sql;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off"]);
    pool = new pg.Pool({ connectionString: server.url, max: 10 });
    sql = postgres(server.url, { max: 10, onnotice: () => {} });
  });
  afterAll(async () => {
    await pool?.end();
    await sql?.end();
    await server?.stop();
  });

  testStore({
    name: "postgres (pg)",
    capabilities,
    create: (context) => stores(context, pool, sql),
    test,
  });
  testStore({
    name: "postgres (postgres.js)",
    capabilities,
    create: (context) => stores(context, sql, pool),
    test,
  });
});
