/** A process of writers: `sql_contention_child.ts <database> <where> <table> <cookie> <name> <writers> <times>`. */
import { DatabaseSync } from "node:sqlite";
import { createPool } from "mysql2/promise";
import pg from "pg";
import { createSessions } from "../../mod.ts";
import type { SessionStore } from "../../src/store.ts";
import { dynamodbStore } from "../../src/stores/dynamodb.ts";
import { mongodbStore } from "../../src/stores/mongodb.ts";
import { mysqlStore } from "../../src/stores/mysql.ts";
import { postgresStore } from "../../src/stores/postgres.ts";
import { sqliteStore } from "../../src/stores/sqlite.ts";
import { connectDynamodb } from "../servers/dynamodb.ts";
import { atIsolation } from "../servers/mariadb.ts";
import { connectMongodb } from "../servers/mongodb.ts";
import { type Isolation, KINDS, openMysql } from "./mysql_openers.ts";
import { visitor } from "./sql_visitor.ts";

const [database, where = "", table = "", cookie = "", name = "", writers, times] = process.argv
  .slice(2);

function open(): { store: SessionStore; end(): Promise<void> | void } {
  if (database === "postgres") {
    const client = new pg.Pool({ connectionString: where, max: 8 });
    return { store: postgresStore({ client, table }), end: () => client.end() };
  }
  if (database === "sqlite") {
    const client = new DatabaseSync(where);
    return { store: sqliteStore({ client, table }), end: () => client.close() };
  }
  const [named, at] = database!.split(", ");
  const kind = KINDS.find((one) => one === named);
  if (kind !== undefined) return openMysql(kind, { url: where, table, level: at as Isolation });
  if (database === "dynamodb") {
    const client = connectDynamodb(Number(where));
    return { store: dynamodbStore({ client, table }), end: () => client.destroy() };
  }
  if (database === "mongodb") {
    const client = connectMongodb(Number(where));
    const collection = client.db("shop").collection(table);
    return { store: mongodbStore({ collection }), end: () => client.close() };
  }
  const level = database === "read committed" ? "READ COMMITTED" : "REPEATABLE READ";
  const client = atIsolation(createPool({ uri: where, connectionLimit: 8 }), level);
  return { store: mysqlStore({ client, table }), end: () => client.end() };
}

const { store, end } = open();
const visit = visitor(createSessions({ secret: "x".repeat(32), store, ioTimeout: 60_000 }));
await visit.look(cookie);
console.log("ready");
// The word to begin is the end of the input.
for await (const _ of process.stdin);
let done = 0;
const why: string[] = [];
await Promise.all(Array.from({ length: Number(writers) }, async (_, index) => {
  for (let left = Number(times); left > 0; left--) {
    try {
      await visit.add(cookie, `${name}w${index}`);
      done++;
    } catch (error) {
      why.push(String(error));
    }
  }
}));
await end();
console.log(JSON.stringify({ done, refused: why.length, why }));
