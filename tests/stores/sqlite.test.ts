import { createClient } from "@libsql/client";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "vitest";
import { type SqliteSessionStore, sqliteStore } from "../../src/stores/sqlite.ts";
import { testStore } from "../../src/testing/mod.ts";

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

describe("the kit", () => {
  testStore({
    name: "sqlite (node:sqlite)",
    capabilities,
    async create({ now }) {
      const folder = mkdtempSync(join(tmpdir(), "websession-sqlite-"));
      const open = (): DatabaseSync => {
        const client = new DatabaseSync(join(folder, "sessions.db"));
        client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000");
        return client;
      };
      const [one, two] = [open(), open()];
      const store = sqliteStore({ client: one, now, ttl });
      const peer = sqliteStore({ client: two, now, ttl });
      const neighbour = sqliteStore({ client: one, now, ttl, table: "neighbour" });
      await store.createSchema();
      await neighbour.createSchema();
      return {
        store,
        peer,
        neighbour,
        close() {
          one.close();
          two.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
    test,
  });

  testStore({
    name: "sqlite (@libsql/client)",
    capabilities,
    async create({ now }) {
      const folder = mkdtempSync(join(tmpdir(), "websession-libsql-"));
      const client = createClient({ url: `file:${join(folder, "sessions.db")}` });
      await client.execute("PRAGMA synchronous = OFF");
      const store: SqliteSessionStore = sqliteStore({ client, now, ttl });
      const neighbour = sqliteStore({ client, now, ttl, table: "neighbour" });
      await store.createSchema();
      await neighbour.createSchema();
      return {
        store,
        neighbour,
        close() {
          client.close();
          rmSync(folder, { recursive: true });
        },
      };
    },
    test,
  });
});
