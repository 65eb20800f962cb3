/**
 * `npm start`: one Express app and one fetch app on one store and one cookie.
 *
 * The sessions are in a SQLite file: end this process any way you like, start
 * it again, and you are still logged in.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { serve } from "@hono/node-server";
import { sqliteStore } from "../src/stores/sqlite.ts";
import { expressApp } from "./start/express_app.ts";
import { fetchApp } from "./start/fetch_app.ts";

const folder = process.env["DATA"] ?? "data";
mkdirSync(folder, { recursive: true });

/** Sessions outlive the process only if the secret does. */
function secretIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600 });
  return readFileSync(file, "utf8");
}

const database = new DatabaseSync(`${folder}/sessions.db`);
database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000");
const store = sqliteStore({ client: database });
await store.createSchema();

const shared = {
  name: "websession.sid",
  secret: process.env["SECRET"] ?? secretIn(`${folder}/secret`),
  store,
  // Plain http on localhost; behind https this would be `true`.
  cookie: { maxAge: 7 * 24 * 60 * 60 * 1000, httpOnly: true, sameSite: "lax", secure: false },
} as const;

const port = Number(process.env["PORT"] ?? 3000);
const express = expressApp(shared).listen(port, "127.0.0.1");
await new Promise((resolve, reject) => express.once("listening", resolve).once("error", reject));
const fetchServer = serve({
  fetch: fetchApp(shared),
  port: port === 0 ? 0 : port + 1,
  hostname: "127.0.0.1",
});
await new Promise((resolve, reject) => {
  fetchServer.once("listening", resolve).once("error", reject);
});

const addressOf = (server: { address(): unknown }) =>
  `http://localhost:${(server.address() as AddressInfo).port}/`;
const addresses = { express: addressOf(express), fetch: addressOf(fetchServer) };
console.log(`Express: ${addresses.express}`);
console.log(`fetch:   ${addresses.fetch}`);
console.log("Log in at one, look at the other. Ctrl-C or kill -9, then start again.");
