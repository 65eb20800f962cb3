/** One table, two libraries: the real connect-pg-simple writes what this store reads, and back. */
import session, { type SessionData, type Store } from "express-session";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { postgresSchema, postgresStore } from "../../src/stores/postgres.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const require = createRequire(import.meta.url);

/** Required, because it brings no types. */
const PgStore = (require("connect-pg-simple") as (
  host: typeof session,
) => new (options: { pool: pg.Pool; pruneSessionInterval: false }) => Store)(session);

/** The table as connect-pg-simple's own file makes it. */
const THEIR_TABLE = readFileSync(require.resolve("connect-pg-simple/table.sql"), "utf8");

const HOUR = 3_600_000;

interface Answers {
  get(id: string): Promise<SessionData | null | undefined>;
  set(id: string, data: object): Promise<void>;
  touch(id: string, data: object): Promise<void>;
  destroy(id: string): Promise<void>;
}

function promised(store: Store): Answers {
  const call = <T>(act: (done: (error?: unknown, value?: T) => void) => void): Promise<T> =>
    new Promise((resolve, reject) =>
      act((error, value) => error ? reject(error) : resolve(value as T))
    );
  return {
    get: (id) => call((done) => store.get(id, done)),
    set: (id, data) => call((done) => store.set(id, data as SessionData, done)),
    touch: (id, data) => call((done) => store.touch!(id, data as SessionData, done)),
    destroy: (id) => call((done) => store.destroy(id, done)),
  };
}

function data(expires: number | null, more: object = {}): object {
  const cookie = {
    originalMaxAge: expires === null ? null : HOUR,
    expires: expires === null ? null : new Date(expires).toISOString(),
    httpOnly: true,
    path: "/",
  };
  return { cookie, ...more };
}

const wholeSecond = (time: number): number => Math.ceil(time / 1000) * 1000;

describe.skipIf(skipWithout(postgresBinary, "postgresql"))("with connect-pg-simple", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  let ours: ReturnType<typeof postgresStore>;
  let theirs: Answers;
  beforeAll(async () => {
    server = await startPostgres(["fsync=off", "timezone=America/New_York"]);
    pool = new pg.Pool({ connectionString: server.url });
  });
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });
  beforeEach(async () => {
    await pool.query(THEIR_TABLE);
    theirs = promised(new PgStore({ pool, pruneSessionInterval: false }));
    ours = postgresStore({ client: pool });
  });
  afterEach(async () => {
    await pool.query("DROP TABLE session");
  });

  test("the statement of docs/stores.md has their logins listed and ended", async () => {
    const page = readFileSync(new URL("../../docs/stores.md", import.meta.url), "utf8");
    const [, statement] = /`(UPDATE session SET subject = .*)`/.exec(page)!;
    const store = postgresStore({ client: pool });
    await store.createSchema();
    const theirs = promised(new PgStore({ pool, pruneSessionInterval: false }));
    const end = wholeSecond(Date.now() + HOUR);
    await theirs.set("theirs", data(end, { $websession: { subject: 'ad"a é' } }));
    await theirs.set("nobody's", data(end));
    await theirs.set("odd", data(end, { $websession: 7 }));
    expect(await store.list('ad"a é')).toEqual([]);
    await pool.query(statement!);
    expect(await store.list('ad"a é')).toEqual(["theirs"]);
    expect(await store.destroyAll('ad"a é')).toBe(1);
    expect(await theirs.get("nobody's")).toBeTruthy();
  });

  test("the schema is added to their table in place, twice without harm, and rewrites no row", async () => {
    const end = wholeSecond(Date.now() + HOUR);
    await theirs.set("old", data(end, { user: "ann" }));
    const file = async (): Promise<unknown> =>
      (await pool.query("SELECT pg_relation_filenode('session') AS file")).rows[0];
    const before = await file();
    await ours.createSchema();
    await ours.createSchema();
    expect(await file()).toEqual(before);
    expect(JSON.parse((await ours.read("old"))!.json)).toEqual(data(end, { user: "ann" }));
    const { rows } = await pool.query(
      "SELECT indexname FROM pg_indexes WHERE tablename = 'session' ORDER BY 1",
    );
    expect(rows.map(({ indexname }) => indexname)).toEqual([
      "IDX_session_expire",
      "IDX_session_subject",
      "session_pkey",
    ]);
  });

  test("postgresSchema() is the migration by hand", async () => {
    await theirs.set("old", data(null));
    await pool.query(postgresSchema());
    expect(await ours.read("old")).toBeDefined();
  });

  describe("on one table", () => {
    beforeEach(() => ours.createSchema());

    test("readAndTouch() starts the lifetime of what they wrote again if it is its own, and leaves any other as it stands", async () => {
      // The hour that New York has twice in autumn, too: a local time says less than a moment.
      const twice = Date.UTC(2040, 10, 4, 6, 30);
      for (const end of [wholeSecond(Date.now() + HOUR / 2), twice]) {
        await theirs.set("theirs", data(end));
        const row = async (): Promise<unknown> =>
          (await pool.query("SELECT expire::text, endless FROM session")).rows;
        const before = await row();
        expect((await ours.readAndTouch("theirs", HOUR / 2))?.expires).toBe(end);
        expect(await row()).toEqual(before);
        const now = Date.now();
        const touched = (await ours.readAndTouch("theirs", HOUR))!;
        expect(touched.expires! - now - HOUR).toBeGreaterThanOrEqual(0);
        expect((await ours.read("theirs"))?.expires).toBe(touched.expires);
        await theirs.destroy("theirs");
      }
    });

    test("what they wrote is read: text, end and data", async () => {
      const end = wholeSecond(Date.now() + HOUR);
      await theirs.set("id", data(end, { nul: "\0", name: "Zoë 🎈" }));
      const found = await ours.read("id");
      expect(found?.json).toBe(JSON.stringify(data(end, { nul: "\0", name: "Zoë 🎈" })));
      expect(found?.expires).toBe(end);
    });

    test("what they wrote without an end has no end here, and what they destroyed is gone", async () => {
      await theirs.set("id", data(null, { nul: "\0" }));
      expect((await ours.read("id"))?.expires).toBe(null);
      await theirs.destroy("id");
      expect(await ours.read("id")).toBeUndefined();
    });

    test("what we wrote is read there, byte for byte the same, and ends at the same time", async () => {
      const end = Date.now() + HOUR;
      const json = JSON.stringify(data(end, { name: "Zoë 🎈" }));
      await ours.create("id", { json, expires: end, subject: "zoë" });
      expect(await theirs.get("id")).toEqual(JSON.parse(json));
      const { rows } = await pool.query(
        "SELECT extract(epoch FROM expire::timestamptz) * 1000 AS end FROM session",
      );
      expect(Number(rows[0].end)).toBe(end);
      await ours.create("dead", { json, expires: Date.now() - 1 });
      expect(await theirs.get("dead")).toBeUndefined();
      await ours.destroy("id");
      expect(await theirs.get("id")).toBeUndefined();
    });

    test("what we wrote without an end lives there as long as by their default", async () => {
      await ours.create("id", { json: JSON.stringify(data(null)), expires: null });
      await theirs.set("theirs", data(null));
      const { rows } = await pool.query(
        "SELECT max(expire) - min(expire) < '3 s' AS same FROM session",
      );
      expect(rows[0].same).toBe(true);
    });

    test("their write is a conflict for a commit that read before, though it knows no version", async () => {
      const end = wholeSecond(Date.now() + HOUR);
      const record = (n: number) => ({ json: JSON.stringify(data(end, { n })), expires: end });
      await ours.create("id", record(1));
      const { version } = (await ours.read("id"))!;
      await theirs.set("id", data(end, { n: 2 }));
      const refused = await ours.commit("id", record(3), version);
      expect(refused).toMatchObject({ status: "conflict", current: { json: record(2).json } });
      const rotated = await ours.rotate("id", "other", record(3), version);
      expect(rotated.status).toBe("conflict");
      const current = (refused as { current: { version: unknown } }).current.version;
      expect((await ours.commit("id", record(4), current)).status).toBe("committed");
      expect(await theirs.get("id")).toEqual(data(end, { n: 4 }));
    });

    test("their touch moves the end and is no conflict", async () => {
      const end = wholeSecond(Date.now() + HOUR);
      const record = { json: JSON.stringify(data(end)), expires: end };
      await ours.create("id", record);
      const { version } = (await ours.read("id"))!;
      await theirs.touch("id", data(end + HOUR));
      expect((await ours.read("id"))?.expires).toBe(end + HOUR);
      expect((await ours.commit("id", record, version)).status).toBe("committed");
    });

    test("our touch is their end", async () => {
      await theirs.set("id", data(Date.now() + HOUR));
      expect(await ours.touch("id", Date.now() + 1)).toBe(true);
      // They count in whole seconds, and so see the end up to one second early.
      await expect.poll(() => theirs.get("id")).toBeUndefined();
    });

    test("rows of theirs are rotated, swept, listed and cleared like ours", async () => {
      const end = wholeSecond(Date.now() + HOUR);
      await theirs.set("a", data(end));
      await theirs.set("b", data(Date.now() - HOUR));
      expect(await ours.length()).toBe(1);
      expect(await ours.sweep()).toBe(1);
      const { version } = (await ours.read("a"))!;
      const record = { json: JSON.stringify(data(end, { user: 1 })), expires: end, subject: "1" };
      expect((await ours.rotate("a", "c", record, version)).status).toBe("committed");
      expect(await theirs.get("a")).toBeUndefined();
      expect(await theirs.get("c")).toEqual(data(end, { user: 1 }));
      // Their write leaves our column of the subject as it was.
      await theirs.set("c", data(end, { user: 1, n: 2 }));
      expect(await ours.list("1")).toEqual(["c"]);
    });

    test("a table with timestamptz serves both, whatever time zone a connection has", async () => {
      await pool.query("ALTER TABLE session ALTER COLUMN expire TYPE timestamptz(6)");
      const abroad = new pg.Pool({
        connectionString: server.url,
        options: "-c timezone=Asia/Tokyo",
      });
      try {
        const end = wholeSecond(Date.now() + HOUR);
        const there = promised(new PgStore({ pool: abroad, pruneSessionInterval: false }));
        await there.set("id", data(end));
        expect((await ours.read("id"))?.expires).toBe(end);
        await ours.touch("id", end + 5000);
        expect((await postgresStore({ client: abroad }).read("id"))?.expires).toBe(end + 5000);
        expect(await there.get("id")).toEqual(data(end));
      } finally {
        await abroad.end();
      }
    });
  });
});
