/** The conformance kit on MariaDB, by each client that is not mysql2's. */
import { createPool, type Pool } from "mysql2/promise";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { testStore } from "../../src/testing/mod.ts";
import { type CutProxy, startCutProxy } from "../servers/cut_proxy.ts";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { type PlanetscaleServer, startPlanetscale } from "../servers/planetscale.ts";
import { skipWithout } from "../servers/process.ts";
import { KINDS, openMysql } from "./mysql_openers.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** A week: the kit lets two days pass over a session whose cookie names no end. */
const ttl = 7 * 86_400;

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("on MariaDB", () => {
  let server: MariadbServer;
  let front: PlanetscaleServer;
  /** For what is done behind the back of the stores. */
  let behind: Pool;
  let tables = 0;
  beforeAll(async () => {
    server = await startMariadb(["--innodb-flush-log-at-trx-commit=0"]);
    front = await startPlanetscale(server.url);
    behind = createPool(server.url);
  });
  afterAll(async () => {
    await behind?.end();
    await front?.stop();
    await server?.stop();
  });

  describe.each(KINDS)("%s", (kind) => {
    let proxy: CutProxy;
    let cut: string;
    let whole: string;
    beforeAll(async () => {
      const { port } = kind === "@planetscale/database" ? front : server;
      const at = (port: number) =>
        kind === "@planetscale/database"
          ? `http://a-user:a-password@127.0.0.1:${port}`
          : `mysql://root@127.0.0.1:${port}/test`;
      proxy = await startCutProxy(port);
      [cut, whole] = [at(proxy.port), at(port)];
    });
    afterAll(() => proxy?.close());

    const hooks = { corrupt: true, outage: true } as const;
    testStore({
      name: `mysql (${kind})`,
      capabilities: {
        ...{ atomic: true, clock: "injected", iterate: true, sweep: true, subject: true },
        ...hooks,
      },
      async create({ now }) {
        const table = `t${++tables}`;
        const one = openMysql(kind, { url: cut, table, now, ttl, max: 4 });
        const two = openMysql(kind, { url: whole, table, now, ttl, max: 4 });
        const next = openMysql(kind, { url: whole, table: `${table}_next`, now, ttl, max: 2 });
        await one.store.createSchema();
        await next.store.createSchema();
        return {
          ...{ store: one.store, peer: two.store, neighbour: next.store },
          outage: () => proxy.outage(),
          async corrupt(id, text) {
            await behind.execute(`UPDATE ${table} SET sess = ? WHERE sid = ?`, [text, id]);
          },
          async close() {
            for (const { end } of [one, two, next]) await end();
          },
        };
      },
      test,
    });
  });
});
