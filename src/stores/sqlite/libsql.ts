/**
 * libSQL on a file. A statement of its driver that fails because somebody else writes keeps what
 * it has read: its process sees no later change by others, and can write no more. Such a failure
 * has to come before a statement has read anything.
 *
 * @module
 */

/** What is used of `libsql` beside its statements. */
interface Transactions {
  exec(text: string): unknown;
  readonly inTransaction: boolean;
}

const isRead = (text: string): boolean => /^\s*(select|pragma)\b/i.test(text);

/** Whether a client with the interface of better-sqlite3 is libSQL's. */
export function isLibsql(client: object): client is Transactions {
  return "maxWriteReplicationIndex" in client && "inTransaction" in client;
}

/** Runs a statement with the right to write, unless the application has begun a transaction. */
export function withRight<T>(client: Transactions, text: string, act: () => T): T {
  if (isRead(text) || client.inTransaction) return act();
  client.exec("BEGIN IMMEDIATE");
  try {
    const result = act();
    client.exec("COMMIT");
    return result;
  } catch (error) {
    if (client.inTransaction) client.exec("ROLLBACK");
    throw error;
  }
}
