/**
 * `npm start`: a page that shows what a session is, served by Express and by Hono.
 *
 * The sessions are in a SQLite file: end this process any way you like, start
 * it again, and you are still logged in.
 */
import type { AddressInfo } from "node:net";
import { startServer } from "./start/server.ts";
import { setUp } from "./start/setup.ts";

const { PORT = "3000", DATA: folder = "data", SECRET: secret } = process.env;
const port = Number(PORT);

function refuse(message: string): never {
  console.error(message);
  process.exit(1);
}

if (!/^\d{1,5}$/.test(PORT) || port > 65535) {
  refuse(`PORT must be a number from 0 to 65535, not "${PORT}"`);
}
const server = startServer(await setUp(folder, secret));
server.once("error", (error: NodeJS.ErrnoException) => {
  const another = port < 65535 ? port + 1 : 3000;
  const remedy = `Choose another: PORT=${another} npm start`;
  if (error.code === "EADDRINUSE") refuse(`Port ${port} is taken. ${remedy}`);
  if (error.code === "EACCES") refuse(`Port ${port} needs more rights than you have. ${remedy}`);
  throw error;
});
server.listen(port, "127.0.0.1", () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}/`);
  console.log("Log in and look around. Ctrl-C or kill -9, then start again: you are still in.");
});
