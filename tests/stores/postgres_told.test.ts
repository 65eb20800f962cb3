/** What the statements of the Postgres store tell on its channel, word for word, on a private server. */
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const json = '{"cookie":{}}';
const record = (subject?: string) => ({ json, expires: null, subject });

describe.skipIf(skipWithout(postgresBinary, "postgresql"))(
  "postgresStore({ listener }) tells",
  () => {
    let server: PostgresServer;
    let pool: pg.Pool;
    let ear: pg.Client;
    let heard: unknown[] = [];
    beforeAll(async () => {
      server = await startPostgres(["fsync=off"]);
      pool = new pg.Pool({ connectionString: server.url });
      ear = new pg.Client({ connectionString: server.url });
      await ear.connect();
      ear.on("notification", ({ payload }) => heard.push(JSON.parse(payload!)));
      await ear.query("LISTEN websession_told");
    });
    beforeEach(async () => {
      await make().createSchema();
      await make().clear();
      heard = [];
    });
    afterAll(async () => {
      await ear?.end();
      await pool?.end();
      await server?.stop();
    });

    const make = () => {
      const listener = () => new pg.Client({ connectionString: server.url });
      return postgresStore({ client: pool, listener, table: "told", sweepInterval: 0 });
    };
    /** All that was told so far: what is notified after it comes after it. */
    const told = async () => {
      await pool.query("SELECT pg_notify('websession_told', '[\"over\"]')");
      await expect.poll(() => heard.at(-1)).toEqual(["over"]);
      return heard.splice(0).slice(0, -1);
    };

    test("of a session that ends, and of one that moves, once each", async () => {
      const store = make();
      await store.create("an-id", record("ada"));
      const { version } = (await store.read("an-id"))!;
      await store.rotate("an-id", "to", record("ada"), { ...version as object, mark: 1 });
      await store.touch("an-id", null);
      await store.sweep();
      expect(await told()).toEqual([]);
      await store.rotate("an-id", "to", record("ada"), version);
      expect(await told()).toEqual([["moved", "an-id", "to"]]);
      await store.destroy("to");
      await store.destroy("to");
      expect(await told()).toEqual([["gone", "to"]]);
    });

    test("of all sessions of a subject, with the id that is kept", async () => {
      const store = make();
      for (const id of ["one", "two", "three"]) await store.create(id, record("ada"));
      expect(await store.destroyAll("ada", "two")).toBe(2);
      expect(await told()).toEqual([["subject", "ada", "two"]]);
      expect(await store.destroyAll("ada")).toBe(1);
      expect(await told()).toEqual([["subject", "ada", ""]]);
    });

    test("what it is asked to announce", async () => {
      await (make() as unknown as { announce(notice: object): Promise<void> })
        .announce({ what: "moved", id: "an-id", to: "to" });
      expect(await told()).toEqual([["moved", "an-id", "to"]]);
    });
  },
);
