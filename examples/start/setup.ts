/** The store, the secret and the options that both apps share. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { type SqliteSessionStore, sqliteStore } from "../../src/stores/sqlite.ts";

/** Ten minutes without a visit, or an hour after the login, and a session is over. */
export const IDLE_TIMEOUT = 10 * 60 * 1000;
export const ABSOLUTE_TIMEOUT = 60 * 60 * 1000;

export type Setup = Awaited<ReturnType<typeof setUp>>;

export async function setUp(folder: string, secret: string | undefined) {
  mkdirSync(folder, { recursive: true });
  return {
    name: "websession.sid",
    secret: secret ?? secretIn(`${folder}/secret`),
    store: await storeIn(`${folder}/sessions.db`),
    // Plain http on localhost; behind https, `secure` would be `true`.
    cookie: { httpOnly: true, sameSite: "lax", secure: false },
    idleTimeout: IDLE_TIMEOUT,
    absoluteTimeout: ABSOLUTE_TIMEOUT,
  } as const;
}

/** Sessions outlive the process only if the secret does. */
function secretIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

async function storeIn(file: string): Promise<SqliteSessionStore> {
  const client = new DatabaseSync(file);
  client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
  const store = sqliteStore({ client });
  await store.createSchema();
  return store;
}
