/** One of several processes on a file of SQLite, by libSQL: many sessions come and move, then it is asked what it sees. */
import Libsql from "libsql";
import process from "node:process";
import { sqliteStore } from "../../src/stores/sqlite.ts";

const store = sqliteStore({ client: new Libsql(process.argv[2]!) as never });

const record = { json: '{"cookie":{}}', expires: null };

let failed = 0;
const ids: string[] = [];
const sessions = Array.from({ length: 12 }, async (_, at) => {
  for (let round = 0; round < 25; round++) {
    const [from, to] = [ids[at], `${process.pid}-${at}-${round}`];
    try {
      const stored = from === undefined ? undefined : await store.read(from);
      if (stored === undefined) await store.create(to, { ...record, subject: `of ${at}` });
      else await store.rotate(from!, to, { ...record, subject: `of ${at}` }, stored.version);
      ids[at] = to;
    } catch {
      failed++;
    }
    await new Promise(setImmediate);
  }
});
await Promise.all(sessions);
process.send!({ failed });

process.on("message", async (id: string) => {
  const sees = await store.read(id) !== undefined;
  const writes = await Promise.resolve(store.create(`${id}-${process.pid}`, record))
    .catch((error: Error) => error.message);
  process.send!({ sees, writes });
});
