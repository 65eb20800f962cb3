/** A Postgres store that tells every process of sessions that end: the kit, and connections that are cut. */
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { testStore } from "../../src/testing/mod.ts";
import type { SessionNotice } from "../../src/watchable_store.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { SECRET, visit } from "../web/support.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const ttl = 7 * 86_400;
let tables = 0;

/** The kit's cases of watch(), and that the store still is what it was. */
const some = (name: string, run: () => Promise<void>) => {
  const isOurs = /: (watch\(|announce\(|who has stopped|claims what|destroyAll|of concurrent)/;
  return isOurs.test(name) && test(name, run);
};

const kit = (name: string, makers: () => Any) =>
  testStore({
    name,
    capabilities: {
      atomic: true,
      clock: "injected",
      sliding: true,
      iterate: true,
      sweep: true,
      subject: true,
      watch: true,
    },
    async create({ now }) {
      const { client, other, listener, prepare = false } = makers();
      const table = `w${++tables}`;
      const store = postgresStore({ client, listener, now, ttl, table, prepare } as never) as Any;
      await store.createSchema();
      const peer = postgresStore({ client: other, listener, now, ttl, table } as never);
      const neighbour = postgresStore({ client, now, ttl, table: `${table}n` } as never) as Any;
      await neighbour.createSchema();
      return { store, peer, neighbour };
    },
    test: some,
  });

describe("postgresStore({ listener }) on PGlite", () => {
  const client = new PGlite();
  afterAll(() => client.close());
  kit("PGlite", () => ({ client, other: client, listener: client }));

  test("nobody else pays: without the option no statement notifies", async () => {
    const texts: string[] = [];
    const counting = {
      query: (text: string, values: unknown[]) => (texts.push(text), client.query(text, values)),
    };
    const store = postgresStore({ client: counting as never, table: "quiet" }) as Any;
    await store.createSchema();
    expect([store.watch, store.announce]).toEqual([undefined, undefined]);
    await store.create("id", { json: '{"cookie":{}}', expires: null, subject: "ada" });
    await store.destroyAll("ada");
    await store.destroy("id");
    expect(texts.join("\n")).not.toContain("pg_notify");
  });

  test("what is no notice is none, and what is no listener is refused", async () => {
    const store = postgresStore({ client, listener: client, table: "odd" } as never) as Any;
    const notices: SessionNotice[] = [];
    await store.watch((notice: SessionNotice) => notices.push(notice));
    for (const text of ["", "{}", "[1]", '["else","a"]', "[", '["gone",5]', "null"]) {
      await client.query("SELECT pg_notify('websession_odd', $1)", [text]);
    }
    await store.announce({ what: "subject", subject: "ada", except: "one" });
    await vi.waitFor(() => expect(notices).toHaveLength(1));
    expect(notices).toEqual([{ what: "subject", subject: "ada", except: "one" }]);
    expect(() => postgresStore({ client, listener: {} } as never)).toThrow(/"listener" must be/);
  });
});

describe.skipIf(skipWithout(postgresBinary, "postgresql"))(
  "postgresStore({ listener }) on a server",
  () => {
    let server: PostgresServer;
    let pool: pg.Pool;
    let sql: postgres.Sql;
    beforeAll(async () => {
      server = await startPostgres();
      pool = new pg.Pool({ connectionString: server.url });
      pool.on("error", () => {});
      sql = postgres(server.url, { onnotice: () => {} });
    });
    afterAll(async () => {
      await pool?.end();
      await sql?.end();
      await server?.stop();
    });
    const listener = () => new pg.Client({ connectionString: server.url });

    kit("pg", () => ({ client: pool, other: pool, listener, prepare: true }));
    kit("postgres.js", () => ({ client: sql, other: pool, listener: sql }));

    /** What is waited for: a notice, in the order they come. */
    async function hearing(options: Any) {
      const table = `h${++tables}`;
      const store = postgresStore({ client: pool, table, ...options } as never) as Any;
      await store.createSchema();
      const notices: SessionNotice[] = [];
      const stop = await store.watch((notice: SessionNotice) => notices.push(notice));
      const until = (notice: SessionNotice) =>
        vi.waitFor(() => expect(notices).toContainEqual(notice), { timeout: 60_000 });
      return { store, stop, until };
    }
    const cut = () =>
      pool.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() " +
          "AND query ILIKE 'listen %'",
      );

    test.each([
      ["pg", () => ({ listener })],
      ["postgres.js", () => ({ listener: sql })],
    ])("%s: a connection that is cut is opened again, and says that it missed something", async (
      _name,
      options,
    ) => {
      const { store, stop, until } = await hearing(options());
      await cut();
      await until({ what: "missed" });
      await store.create("id", { json: '{"cookie":{}}', expires: null });
      await store.destroy("id");
      await until({ what: "gone", id: "id" });
      await stop();
    });

    test("who stops closes his connection", async () => {
      const { stop } = await hearing({ listener });
      const open = async () => {
        const { rows } = await pool.query(
          "SELECT count(*)::int AS n FROM pg_stat_activity WHERE query ILIKE 'listen %'",
        );
        return rows[0].n as number;
      };
      const before = await open();
      await stop();
      await vi.waitFor(async () => expect(await open()).toBeLessThan(before));
    });

    test("a connection ends with its session, wherever that was ended, or when it is found to be", async () => {
      const table = `p${++tables}`;
      const make = async () => {
        const store = postgresStore({ client: pool, listener, table } as never) as Any;
        await store.createSchema();
        return createSessions<Any>({ secret: SECRET, store });
      };
      const [here, there] = [await make(), await make()];
      const listen = async (cookie: string) =>
        (await visit(here, cookie, (session) => session.signal)).result as AbortSignal;
      const login = async (subject: string) =>
        (await visit(here, undefined, (session) => session.login(subject))).cookie!;
      const why = (signal: AbortSignal) =>
        vi.waitFor(() => (expect(signal.aborted).toBe(true), signal.reason.why), {
          timeout: 60_000,
        });
      const lasting = await listen(await login("zoe"));
      await vi.waitFor(async () => {
        const { rows } = await pool.query(
          "SELECT 1 FROM pg_stat_activity WHERE query = $1",
          [`LISTEN "websession_${table}"`],
        );
        expect(rows).toHaveLength(1);
      });
      const ada = await login("ada");
      const out = await listen(ada);
      await visit(there, ada, (session) => session.logout());
      expect(await why(out)).toBe("destroyed");
      const bob = await login("bob");
      const again = await listen(bob);
      await visit(there, bob, (session) => session.login("bob"));
      expect(await why(again)).toBe("login");
      const eve = await listen(await login("eve"));
      await there.revokeAll("eve");
      expect(await why(eve)).toBe("revoked");
      // What happens while nobody hears it is found when the connection is there again.
      const dan = await login("dan");
      const late = await listen(dan);
      await cut();
      await pool.query(`DELETE FROM ${table} WHERE subject = 'dan'`);
      expect(await why(late)).toBe("destroyed");
      expect(lasting.aborted).toBe(false);
      await visit(here, await login("zoe"), () => here.revokeAll("zoe"));
      expect(lasting.aborted).toBe(true);
    });
  },
);
