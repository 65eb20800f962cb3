/** Every client that mysqlStore() takes, on a real server; and real ones that it refuses. */
import { createPool as mariadbPool, type Pool as MariadbPool, type PoolConnection } from "mariadb";
import { createPool as mariadbCallbackPool } from "mariadb/callback";
import { type Connection, createConnection, createPool, type Pool } from "mysql2";
import { createPool as promisePool, type Pool as PromisePool } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type MysqlClient, mysqlStore } from "../../src/stores/mysql.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { skipWithout } from "../servers/process.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const record = (n: number, subject?: string) => ({
  json: JSON.stringify({ cookie: {}, n, text: "ünï 😀" }),
  expires: null,
  subject,
});

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("on MariaDB", () => {
  let server: MariadbServer;
  let promises: PromisePool;
  let callbacks: Pool;
  let connection: Connection;
  let connector: MariadbPool;
  let connected: PoolConnection;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
    promises = promisePool(server.url);
    callbacks = createPool(server.url);
    connection = createConnection(server.url);
    const { port } = server;
    connector = mariadbPool({ host: "127.0.0.1", port, user: "root", database: "test" });
    connected = await connector.getConnection();
  });
  afterAll(async () => {
    await promises?.end();
    callbacks?.end();
    connection?.end();
    await connected?.release();
    await connector?.end();
    await server?.stop();
  });

  const clients: [name: string, client: () => MysqlClient][] = [
    ["a promise pool of mysql2", () => promises],
    ["a promise connection of mysql2", () => connection.promise()],
    ["a callback pool of mysql2", () => callbacks],
    ["a callback connection of mysql2", () => connection],
    ["a pool of mariadb", () => connector],
    ["a connection of mariadb", () => connected],
  ];

  test.each(clients)("%s is served, by every verb", async (name, make) => {
    const client = make();
    const table = name.replaceAll(" ", "_");
    const store = mysqlStore({ client, table, sweepInterval: 0 });
    await expect(store.read("id")).rejects.toThrow(`There is no table "${table}"`);
    await store.createSchema();
    await store.createSchema();
    const id = "a\u0001é";
    expect(await store.create(id, record(1, "ada"))).toBe(true);
    expect(await store.create(id, record(2))).toBe(false);
    const { version, json } = (await store.read(id))!;
    expect(json).toBe(record(1).json);
    expect(await store.commit(id, record(3, "ada"), version))
      .toMatchObject({ status: "committed" });
    expect(await store.commit(id, record(4, "ada"), version))
      .toMatchObject({ status: "conflict", current: { json: record(3).json } });
    const newer = (await store.read(id))!;
    expect(await store.rotate(id, "b", record(5, "ada"), newer.version))
      .toMatchObject({ status: "committed" });
    const expires = Date.now() + 60_000;
    expect([await store.touch("b", expires), await store.touch(id, expires)])
      .toEqual([true, false]);
    expect(await store.read("b")).toMatchObject({ json: record(5).json, expires });
    expect([await store.list("ada"), await store.length()]).toEqual([["b"], 1]);
    for await (const [found] of store.all()) expect(found).toBe("b");
    expect([await store.destroyAll("ada"), await store.sweep()]).toEqual([1, 0]);
    await store.clear();
  });

  test("the callbacks of mariadb are refused when the store is made", () => {
    const { port } = server;
    const pool = mariadbCallbackPool({ host: "127.0.0.1", port, user: "root", minimumIdle: 0 });
    const made = () => mysqlStore({ client: pool as never });
    expect(made).toThrow(TypeError);
    expect(made).toThrow(/must be a promise client of mariadb.*not "mariadb\/callback"/);
    pool.end(() => {});
  });
});
