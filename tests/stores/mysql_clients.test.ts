/** Every client that mysqlStore() takes, on a real server, and what its errors tell. */
import { Client, connect as planetscale } from "@planetscale/database";
import {
  createPool as mariadbPool,
  createPoolCluster,
  type Pool as MariadbPool,
  type PoolCluster,
  type PoolConnection,
} from "mariadb";
import {
  type Connection as CallbackConnection,
  createConnection as mariadbCallbackConnection,
  createPool as mariadbCallbackPool,
  type Pool as MariadbCallbackPool,
} from "mariadb/callback";
import { type Connection, createConnection, createPool, type Pool } from "mysql2";
import { createPool as promisePool, type Pool as PromisePool } from "mysql2/promise";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type MysqlClient, mysqlStore } from "../../src/stores/mysql.ts";
import { createSessions } from "../../mod.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { type PlanetscaleServer, startPlanetscale } from "../servers/planetscale.ts";
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
  let odd: MariadbPool;
  let cluster: PoolCluster;
  let called: MariadbCallbackPool;
  let line: CallbackConnection;
  let front: PlanetscaleServer;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
    promises = promisePool(server.url);
    callbacks = createPool(server.url);
    connection = createConnection(server.url);
    const { port } = server;
    const options = { host: "127.0.0.1", port, user: "root", database: "test" };
    connector = mariadbPool(options);
    connected = await connector.getConnection();
    odd = mariadbPool({
      ...options,
      ...{ rowsAsArray: true, metaAsArray: true, nestTables: true, namedPlaceholders: true },
      ...{ typeCast: () => "?", bigIntAsNumber: true, checkNumberRange: true, logParam: true },
    });
    cluster = createPoolCluster();
    cluster.add("one", options);
    called = mariadbCallbackPool(options);
    line = mariadbCallbackConnection(options);
    front = await startPlanetscale(server.url);
  });
  afterAll(async () => {
    await promises?.end();
    callbacks?.end();
    connection?.end();
    await connected?.release();
    await connector?.end();
    await odd?.end();
    await cluster?.end();
    called?.end(() => {});
    line?.end(() => {});
    await front?.stop();
    await server?.stop();
  });

  const clients: [name: string, client: () => MysqlClient][] = [
    ["a promise pool of mysql2", () => promises],
    ["a promise connection of mysql2", () => connection.promise()],
    ["a callback pool of mysql2", () => callbacks],
    ["a callback connection of mysql2", () => connection],
    ["a pool of mariadb", () => connector],
    ["a connection of mariadb", () => connected],
    ["a pool of mariadb that has options of its own", () => odd],
    ["what a cluster of pools of mariadb chooses from", () => cluster.of("one")],
    ["a callback pool of mariadb", () => called],
    ["a callback connection of mariadb", () => line],
    ["a client of PlanetScale", () => new Client({ url: front.url })],
    ["a connection of PlanetScale", () => planetscale({ url: front.url })],
    [
      "a client of PlanetScale that casts and fetches otherwise",
      () =>
        new Client({
          ...{ host: "db.test", username: "a", password: "b", cast: () => "?" },
          fetch: (url, init) =>
            fetch(String(url).replace("https://db.test", `http://127.0.0.1:${front.port}`), init),
        }),
    ],
  ];

  test.each(
    [
      ["rowsAsArray", { rowsAsArray: true }],
      ["nestTables", { nestTables: "_" }],
      ["typeCast", { typeCast: false }],
    ] as const,
  )(
    "a client of mysql2 with %s is refused, by the first read if it is hidden",
    async (name, own) => {
      const options = { uri: server.url, ...own };
      const pools = [createPool(options), promisePool(options)] as const;
      const line = createConnection(options);
      for (const client of [...pools, line, line.promise()]) {
        expect(() => mysqlStore({ client })).toThrow(TypeError);
        expect(() => mysqlStore({ client })).toThrow(
          `Option "client" must be a client of mysql2 without its option "${name}"`,
        );
      }
      const table = `hidden_${name}`;
      await mysqlStore({ client: promises, table }).createSchema();
      const client: MysqlClient = {
        execute: (text: string, values: (string | number | null)[]) =>
          pools[1].execute(text, values),
      };
      const store = mysqlStore({ client, table, sweepInterval: 0 });
      expect(await store.create("id", record(1, "ada"))).toBe(true);
      const reading = Promise.resolve(store.read("id"));
      // Without that mysql2 itself cannot read what it has prepared.
      if (name === "typeCast") await expect(reading).rejects.toThrow();
      else {
        await expect(reading).rejects.toThrow(
          new TypeError(
            'Option "client" must answer rows as objects, by the names of their columns',
          ),
        );
      }
      pools[0].end();
      await pools[1].end();
      line.end();
    },
  );

  test.each(clients)("%s is served, by every verb", async (name, make) => {
    const client = make();
    const table = name.replaceAll(" ", "_").slice(0, 51);
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

  test.each(clients)(
    "what %s throws tells the application no id, no data and no values",
    async (name, make) => {
      const client = make();
      const table = `told_${name.replaceAll(/\W/g, "_")}`.slice(0, 51);
      const store = mysqlStore({ client, table, sweepInterval: 0 });
      await store.createSchema();
      const told: unknown[] = [];
      const sessions = createSessions<{ secret?: string }>({ secret: "x".repeat(32), store });
      sessions.on("error", ({ error }) => void told.push(error));
      const visit = sessions.wrap(async (request, session) => {
        if (request.method === "POST") await session.login("ada-the-subject");
        session.secret = "data-of-the-session";
        return new Response();
      });
      // As a server refuses a statement: it says why, and its client what it was about.
      const refuse = "SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = 3100, MESSAGE_TEXT = 'not today'";
      for (const when of ["INSERT", "UPDATE"]) {
        await promises.query(
          `CREATE TRIGGER ${table}_${when} BEFORE ${when} ON ${table} FOR EACH ROW ${refuse}`,
        );
      }
      for (const method of ["GET", "POST"]) {
        const failed = await Promise.resolve(visit(new Request("https://host.test/", { method })))
          .catch((error: unknown) => error);
        if (failed instanceof Error) told.push(failed);
      }
      expect(told.length).toBeGreaterThan(1);
      const text = inspect(told, { depth: 9, showHidden: true });
      expect(text).toContain("not today");
      expect(text).not.toMatch(
        /data-of-the-session|ada-the-subject|parameters|INSERT INTO|UPDATE `/,
      );
      // By itself, too, an error of the two that quote values does not.
      if (!/mariadb|PlanetScale/.test(name)) return;
      const raw = await Promise.resolve(
        store.create("an-id-of-its-own", record(7, "ada-the-subject")),
      )
        .catch((error: unknown) => error);
      expect(raw).toBeInstanceOf(Error);
      expect(inspect(raw, { depth: 9, showHidden: true }))
        .not.toMatch(/an-id-of-its-own|ada-the-subject|"n":7/);
    },
  );

  test("transactions of the application on PlanetScale's driver are its own, but one begun by hand", async () => {
    const client = planetscale({ url: front.url });
    const store = mysqlStore({ client, table: "beside", sweepInterval: 0 });
    await store.createSchema();
    await promises.query("CREATE TABLE owned (n INT)");
    const undone = client.transaction(async (transaction) => {
      await transaction.execute("INSERT INTO owned VALUES (1)");
      await store.create("beside", record(1));
      throw new Error("undo");
    });
    await expect(undone).rejects.toThrow(/^undo$/);
    expect((await client.execute("SELECT n FROM owned")).rows).toEqual([]);
    expect(await store.read("beside")).toMatchObject({ json: record(1).json });
    await client.execute("BEGIN");
    await store.create("within", record(2));
    await client.execute("ROLLBACK");
    expect(await store.read("within")).toBeUndefined();
  });
});
