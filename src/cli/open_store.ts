/** Opens the store that a URL names, with the client that the project has. */
import type { Access, OpenStore } from "./opened_store.ts";
import { parseStore } from "./store_address.ts";
import { openMysql } from "./stores/mysql.ts";
import { openPostgres } from "./stores/postgres.ts";
import { openRedis } from "./stores/redis.ts";
import { openSqlite } from "./stores/sqlite.ts";

/**
 * Opens a store.
 *
 * @throws {Failure} If it has no name, no client, or cannot be reached.
 */
export async function openStore(text: string, access: Access, folder: string): Promise<OpenStore> {
  const address = parseStore(text);
  switch (address.kind) {
    case "redis":
      return await openRedis(address, folder);
    case "postgres":
      return await openPostgres(address, folder);
    case "mysql":
      return await openMysql(address, folder);
    case "sqlite":
      return openSqlite(address, access, folder);
  }
}

/** Opens a store, does something with it, and closes it whatever came of that. */
export async function withStore<Result>(
  text: string,
  access: Access,
  folder: string,
  act: (opened: OpenStore) => Promise<Result>,
): Promise<Result> {
  const opened = await openStore(text, access, folder);
  try {
    return await act(opened);
  } finally {
    await opened.close();
  }
}
