/** Stores in one file of SQLite, for this process and for a worker. */
import { DatabaseSync } from "node:sqlite";
import type { SessionRecord, Version } from "../../src/store.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { AnyStore } from "../../src/testing/mod.ts";
import { lock } from "./wrong/atomicity.ts";

export type Kind = "right" | "locked in the process";

/** One lock for whoever imports this module: a worker has a module of its own. */
const locked = lock();

/** A connection to the file, and the store on it. */
export async function fileStore(
  path: string,
  kind: Kind,
): Promise<{ store: AnyStore; close: () => void }> {
  const client = new DatabaseSync(path);
  client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA busy_timeout = 5000");
  const store = sqliteStore({ client });
  await store.createSchema();
  const close = () => client.close();
  if (kind === "right") return { store, close };
  const wrong: AnyStore = {
    atomic: true,
    create: (id, record) => locked(async () => await store.create(id, record)),
    read: (id) => locked(async () => await store.read(id)),
    touch: (id, expires) => locked(async () => await store.touch(id, expires)),
    destroy: (id) => locked(async () => await store.destroy(id)),
    rotate: (from, to, record, version) =>
      locked(async () => await store.rotate(from, to, record, version)),
    commit: (id: string, record: SessionRecord, version: Version) =>
      locked(async () => {
        const current = await store.read(id);
        if (current === undefined) return { status: "gone" };
        if (current.version !== version) return { status: "conflict", current };
        // A slow query; meanwhile whoever has another lock is at it too.
        await new Promise((resolve) => setTimeout(resolve, 2));
        return await store.commit(id, record, (await store.read(id))?.version);
      }),
  };
  return { store: wrong, close };
}
