import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, vi } from "vitest";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { contentionTests } from "./sql_contention.ts";

// Other processes do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

describe("many writers of one session", () => {
  for (const mode of ["WAL", "DELETE"]) {
    contentionTests(`a SQLite file, journal_mode = ${mode}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "websession-contention-"));
      const file = join(folder, "sessions.db");
      const client = new DatabaseSync(file);
      client.exec(`PRAGMA journal_mode = ${mode}`);
      const store = sqliteStore({ client });
      await store.createSchema();
      return {
        store,
        place: ["sqlite", file, "session"],
        end() {
          client.close();
          rmSync(folder, { recursive: true });
        },
      };
    });
  }
});
