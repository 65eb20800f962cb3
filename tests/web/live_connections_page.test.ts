/** The snippets of docs/live-connections.md, run together as an application would have them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { writeSnippets } from "../testing/page_snippets.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

const page = writeSnippets("live-connections.md");
afterAll(() => page.remove());

const MAIN = `
import { EventEmitter } from "node:events";
import { app } from "./events.ts";
import { app as express } from "./express_events.ts";
import { connect, sessions } from "./sockets.ts";
import { upgradeBy } from "./ws_server.ts";
import { login, logout, session } from "EXPRESS";

const cookieOf = (response: Response) => response.headers.getSetCookie()[0]!.split(";")[0]!;

const post = (path: string, cookie?: string) =>
  app.request(path, { method: "POST", headers: cookie === undefined ? {} : { cookie } });
const cookie = cookieOf(await post("/login"));
const events = await app.request("/events", { headers: { cookie } });
await post("/logout", cookie);
console.log(JSON.stringify(await events.text()));

const server = express.listen(0, "127.0.0.1");
await new Promise((done) => server.once("listening", done));
const ask = (path: string, method: string, cookie = "") =>
  fetch("http://127.0.0.1:" + (server.address() as { port: number }).port + path, {
    method,
    headers: { cookie },
  });
const member = cookieOf(await ask("/login", "POST"));
const stream = await ask("/events", "GET", member);
await ask("/logout", "POST", member);
console.log(JSON.stringify(await stream.text()));
server.close();
server.closeAllConnections();

const closed: unknown[] = [];
const socket = Object.assign(new EventTarget(), { close: (code: number) => closed.push(code) });
const request = (cookie?: string) =>
  new Request("https://app.test/", { headers: cookie === undefined ? {} : { cookie } });
const own = cookieOf(await sessions.wrap(async (_request, session) => {
  await session.login("ada");
  return new Response();
})(request()));
await connect(() => ({ socket: socket as never, response: new Response() }))(request(own));
await sessions.revokeAll("ada");
console.log(closed);

const middleware = session({ secret: "x".repeat(32), resave: false, saveUninitialized: true });
const req = Object.assign(new EventEmitter(), {
  headers: {}, url: "/", method: "GET", socket: new EventEmitter(),
});
const upgrade = upgradeBy(middleware as never, {
  handleUpgrade: (_req, _socket, _head, done) => done({ close: (code) => closed.push(code) }),
});
upgrade(req as never, {} as never, new Uint8Array());
await logout(req as never);
console.log(closed, typeof login);
`;

test("a stream, a WebSocket and one behind Express end with their sessions", async () => {
  expect(page.names).toEqual(["events.ts", "express_events.ts", "sockets.ts", "ws_server.ts"]);
  const express = join(import.meta.dirname, "../../src/express/mod.ts");
  writeFileSync(join(page.folder, "main.ts"), MAIN.replace("EXPRESS", express));
  const printed = (await page.run("node", "main.ts")).split("\n");
  expect(printed.filter((line) => /^["[]/.test(line))).toEqual([
    '"data: hello\\n\\n"',
    '"data: hello\\n\\n"',
    "[ 4401 ]",
    "[ 4401, 4401 ] function",
  ]);
});
