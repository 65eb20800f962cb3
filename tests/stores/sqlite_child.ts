/** A process of its own on a database file: `sqlite_child.ts <what> <file>`. */
import { writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import type { StoredSession } from "../../src/store.ts";

const [what, file] = process.argv.slice(2);
const client = new DatabaseSync(file!);
client.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 10000");
const store = sqliteStore({ client });
await store.createSchema();

const record = (n: number) => ({ json: JSON.stringify({ cookie: {}, n }), expires: null });
const numberIn = ({ json }: StoredSession): number => (JSON.parse(json) as { n: number }).n;

if (what === "count") {
  for (let left = 50; left > 0;) {
    const found = await store.read("counter") as StoredSession;
    const result = await store.commit("counter", record(numberIn(found) + 1), found.version);
    if (result.status === "committed") left--;
  }
} else {
  // Writes until it is killed, and says so in one piece after each acknowledged write.
  for (let n = 1;; n++) {
    const id = `s${n % 20}`;
    const found = await store.read(id);
    if (found === undefined) await store.create(id, record(n));
    else if (n % 7 === 0) {
      await store.destroy(id);
      writeSync(1, `${id} dead\n`);
      continue;
    } else await store.commit(id, record(n), found.version);
    writeSync(1, `${id} ${n}\n`);
  }
}
