/** Stores of other packages under ours, alone and side by side with the real express-session. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { postgresBinary, type PostgresServer, startPostgres } from "../servers/postgres.ts";
import { skipWithout } from "../servers/process.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";
import { install } from "./install.ts";
import { type AppProcess, Browser, startApp } from "./server.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const skipPostgres = skipWithout(postgresBinary, "postgresql");
const skipMariadb = skipWithout(mariadbBinary, "mariadb-server");

/** Whether it is skipped, and whether another process sees what one stores. */
const stores: Record<string, { skip: boolean; shared: boolean }> = {
  memorystore: { skip: false, shared: false },
  "connect-loki": { skip: false, shared: false },
  "session-file-store": { skip: false, shared: true },
  "connect-sqlite3": { skip: false, shared: true },
  "connect-redis": { skip: skipRedis, shared: true },
  "connect-pg-simple": { skip: skipPostgres, shared: true },
  "connect-typeorm": { skip: skipPostgres, shared: true },
  "connect-session-knex": { skip: skipPostgres, shared: true },
  "connect-session-sequelize": { skip: skipPostgres, shared: true },
  "express-mysql-session": { skip: skipMariadb, shared: true },
};
const names = Object.keys(stores);

let folder: string;
let redis: RedisServer | undefined;
let postgres: PostgresServer | undefined;
let mariadb: MariadbServer | undefined;
let ours: AppProcess;
let real: AppProcess;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "websession-interop-"));
  const [folders] = await Promise.all([
    install(),
    skipRedis ? undefined : startRedis().then((server) => redis = server),
    skipPostgres ? undefined : startPostgres().then((server) => postgres = server),
    skipMariadb ? undefined : startMariadb().then((server) => mariadb = server),
  ]);
  const env = {
    EXPRESS: "express",
    FOLDER: folder,
    STORES: names.filter((name) => !stores[name]!.skip).join(),
    ...redis && { REDIS_PORT: String(redis.port) },
    ...postgres && { POSTGRES_URL: postgres.url },
    ...mariadb && { MARIADB_URL: mariadb.url },
  };
  // One after the other: both create the tables.
  ours = await startApp(folders.ours, env);
  real = await startApp(folders.real, env);
  expect([ours.isOurs, real.isOurs]).toEqual([true, false]);
});

afterAll(async () => {
  ours?.stop();
  real?.stop();
  await Promise.all([redis?.stop(), postgres?.stop(), mariadb?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** At once; but connect-typeorm answers before its database has deleted. */
async function expectLoggedOut(browser: Browser, port: number): Promise<void> {
  const ask = async () => (await browser.ask(port, "/me")).body;
  await expect.poll(ask, { interval: 20 }).toEqual({ user: null, views: 0 });
}

describe.for(names)("%s", (name) => {
  const { skip, shared } = stores[name]!;

  test.skipIf(skip)("keeps a session from login to logout", async () => {
    const port = ours.ports[name]!;
    const browser = new Browser();
    expect(await browser.ask(port, "/me")).toEqual({
      status: 200,
      body: { user: null, views: 0 },
      set: [],
    });
    const login = await browser.ask(port, "/login/ada");
    expect(login).toEqual({ status: 200, body: { user: "ada" }, set: ["connect.sid"] });
    expect((await browser.ask(port, "/view")).body).toEqual({ user: "ada", views: 1 });
    expect((await browser.ask(port, "/view")).body).toEqual({ user: "ada", views: 2 });

    // A second session beside it.
    const other = new Browser();
    await other.ask(port, "/login/grace");
    expect((await other.ask(port, "/view")).body).toEqual({ user: "grace", views: 1 });
    expect((await browser.ask(port, "/me")).body).toEqual({ user: "ada", views: 2 });

    // Logging in again moves to a new id; the old one is dead.
    const old = new Browser();
    other.cookies.forEach((value, key) => old.cookies.set(key, value));
    await other.ask(port, "/login/grace");
    expect(other.header).not.toBe(old.header);
    await expectLoggedOut(old, port);

    expect((await browser.ask(port, "/logout")).body).toEqual({ user: null });
    await expectLoggedOut(browser, port);
    expect((await other.ask(port, "/me")).body).toEqual({ user: "grace", views: 0 });
  });

  test.skipIf(skip)("is touched by a request that only reads", async () => {
    const port = ours.ports[name]!;
    const browser = new Browser();
    await browser.ask(port, "/login/ada");
    const before = (await browser.ask(port, "/touched")).body;
    expect((await browser.ask(port, "/me")).body.user).toBe("ada");
    const { asked, answered, failed } = (await browser.ask(port, "/touched")).body;
    // That of "/touched" itself, and that of "/me"; connect-typeorm answers twice.
    expect([asked - before.asked, failed]).toEqual([2, 0]);
    expect(answered - before.answered).toBeGreaterThanOrEqual(2);
  });

  if (!shared) return;
  test.skipIf(skip).for(["real", "ours"])(
    "continues a session begun under %s, and back",
    async (first) => {
      const [one, two] = first === "real" ? [real, ours] : [ours, real];
      const browser = new Browser();
      await browser.ask(one.ports[name]!, "/login/ada");
      const { header } = browser;
      for (const [index, process] of [one, two, one, two, two, one].entries()) {
        const { body } = await browser.ask(process.ports[name]!, "/view");
        expect(body).toEqual({ user: "ada", views: index + 1 });
      }
      // The cookie was never exchanged for another.
      expect(browser.header.split(".")[0]).toBe(header.split(".")[0]);
      expect((await browser.ask(two.ports[name]!, "/logout")).body).toEqual({ user: null });
      await expectLoggedOut(browser, one.ports[name]!);
      await expectLoggedOut(browser, two.ports[name]!);
    },
  );
});
