/** Many writers of one session by each client of MySQL that is not mysql2's. */
import { afterAll, beforeAll, describe, vi } from "vitest";
import { mariadbBinary, type MariadbServer, startMariadb } from "../servers/mariadb.ts";
import { type PlanetscaleServer, startPlanetscale } from "../servers/planetscale.ts";
import { skipWithout } from "../servers/process.ts";
import { type Isolation, KINDS, openMysql } from "./mysql_openers.ts";
import { contentionTests } from "./sql_contention.ts";

// Other processes do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const LEVELS: readonly Isolation[] = ["READ COMMITTED", "REPEATABLE READ"];

describe.skipIf(skipWithout(mariadbBinary, "mariadb-server"))("many writers of one session", () => {
  let server: MariadbServer;
  const fronts = new Map<Isolation, PlanetscaleServer>();
  let tables = 0;
  beforeAll(async () => {
    server = await startMariadb([
      "--innodb-flush-log-at-trx-commit=0",
      // As later versions have it from the start.
      "--innodb-snapshot-isolation=ON",
    ]);
    for (const level of LEVELS) fronts.set(level, await startPlanetscale(server.url, level));
  });
  afterAll(async () => {
    for (const front of fronts.values()) await front.stop();
    await server?.stop();
  });

  for (const kind of KINDS) {
    for (const level of LEVELS) {
      contentionTests(`${kind} at ${level}`, async () => {
        const url = kind === "@planetscale/database" ? fronts.get(level)!.url : server.url;
        const table = `t${++tables}`;
        const { store, end } = openMysql(kind, { url, table, level });
        await store.createSchema();
        return { store, place: [`${kind}, ${level}`, url, table], end };
      });
    }
  }
});
