/** Run by Bun: the kit on bun:sqlite. Prints one line for each case. */
// @ts-expect-error Bun alone has this module.
import { Database } from "bun:sqlite";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { testStore } from "../../src/testing/mod.ts";

const cases: [name: string, run: () => Promise<void>][] = [];
testStore({
  name: "sqlite (bun:sqlite)",
  capabilities: {
    atomic: true,
    clock: "injected",
    sliding: true,
    iterate: true,
    sweep: true,
    subject: true,
  },
  async create({ now }) {
    const folder = mkdtempSync(join(tmpdir(), "websession-bun-"));
    const open = () => {
      const client = new Database(join(folder, "sessions.db"));
      client.run("PRAGMA journal_mode = WAL");
      client.run("PRAGMA synchronous = OFF");
      client.run("PRAGMA busy_timeout = 5000");
      return client;
    };
    const [one, two] = [open(), open()];
    const ttl = 7 * 86_400;
    const store = sqliteStore({ client: one, now, ttl });
    const neighbour = sqliteStore({ client: one, now, ttl, table: "neighbour" });
    await store.createSchema();
    await neighbour.createSchema();
    return {
      store,
      neighbour,
      peer: sqliteStore({ client: two, now, ttl }),
      close() {
        one.close();
        two.close();
        rmSync(folder, { recursive: true });
      },
    };
  },
  test: (name, run) => cases.push([name, run]),
});

let failed = 0;
for (const [name, run] of cases) {
  try {
    await run();
    console.log(`ok ${name}`);
  } catch (error) {
    failed++;
    console.log(`not ok ${name}: ${String(error)}`);
  }
}
console.log(`${cases.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 && cases.length > 0 ? 0 : 1);
