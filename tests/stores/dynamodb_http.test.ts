/** Express and Hono over HTTP on the same sessions in DynamoDB, each with a client of its own. */
import type { DynamoDB } from "@aws-sdk/client-dynamodb";
import { serve } from "@hono/node-server";
import express, { type NextFunction, type Request, type Response } from "express";
import { Hono } from "hono";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import expressSession from "../../src/express/mod.ts";
import { dynamodbStore } from "../../src/stores/dynamodb.ts";
import { session } from "../../src/web/hono.ts";
import { connectDynamodb, startDynamodb } from "../servers/dynamodb.ts";
import type { RunningServer } from "../servers/process.ts";

// Another program does the work here: on a busy machine it takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

// deno-lint-ignore no-explicit-any -- an application's session
type Any = any;
const OPTIONS = { secret: "x".repeat(32), name: "connect.sid" };

let dynamodb: RunningServer;
const clients: DynamoDB[] = [];
const servers: Server[] = [];
const bases: string[] = [];

beforeAll(async () => {
  dynamodb = await startDynamodb();
  await storeOf().createSchema();
  const onExpress = createServer(expressApp() as unknown as RequestListener);
  onExpress.listen(0, "127.0.0.1");
  const onHono = serve({ fetch: honoApp().fetch, port: 0, hostname: "127.0.0.1" }) as Server;
  for (const server of [onExpress, onHono]) {
    servers.push(server);
    if (!server.listening) await new Promise((listening) => server.once("listening", listening));
    bases.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }
});
afterAll(async () => {
  for (const server of servers) server.close();
  for (const client of clients) client.destroy();
  await dynamodb?.stop();
});

function storeOf() {
  const client = connectDynamodb(dynamodb.port);
  clients.push(client);
  return dynamodbStore({ client });
}

function expressApp() {
  const sessions = expressSession({
    ...OPTIONS,
    ...{ store: storeOf(), resave: false, saveUninitialized: false },
  });
  return express()
    .use(sessions)
    .get("/login/:who", async (req, res) => {
      await expressSession.login(req, req.params.who);
      res.send("in");
    })
    .get("/add/:key", async (req, res) => {
      await expressSession.update(req, (data: Any) => {
        data[req.params.key] = (data[req.params.key] ?? 0) + 1;
        data.n = (data.n ?? 0) + 1;
      });
      res.send("added");
    })
    .get("/look", (req, res) => {
      const { cookie: _, ...data } = req.session as Any;
      res.json({ who: expressSession.subjectOf(req), data });
    })
    .get("/logout", async (req, res) => {
      await expressSession.logout(req);
      res.send("out");
    })
    .get("/everywhere/:who", async (req, res) => {
      res.json(await sessions.revokeAll(req.params.who));
    })
    .use((_error: unknown, _req: Request, res: Response, _next: NextFunction) => {
      res.status(500).end();
    });
}

function honoApp() {
  return new Hono()
    .use(session<Any>({ ...OPTIONS, store: storeOf(), cookie: { secure: false } }))
    .get("/login/:who", async (c: Any) => {
      await c.var.session.login(c.req.param("who"));
      return c.text("in");
    })
    .get("/add/:key", async (c: Any) => {
      const key = c.req.param("key");
      await c.var.session.update((data: Any) => {
        data[key] = (data[key] ?? 0) + 1;
        data.n = (data.n ?? 0) + 1;
      });
      return c.text("added");
    })
    .get("/look", (c: Any) => c.json({ who: c.var.session.subject, data: { ...c.var.session } }))
    .get("/logout", async (c: Any) => {
      await c.var.session.destroy();
      return c.text("out");
    })
    .onError((_error, c) => c.text("", 500));
}

async function visit(base: string, path: string, cookie?: string): Promise<Any> {
  const response = await fetch(base + path, cookie === undefined ? {} : { headers: { cookie } });
  expect(response.status, path).toBe(200);
  const set = response.headers.getSetCookie().find((each) => each.startsWith("connect.sid="));
  const body = await response.text();
  return { body, cookie: set?.split(";", 1)[0] ?? cookie };
}

const look = async (base: string, cookie: string) =>
  JSON.parse((await visit(base, "/look", cookie)).body);

test.each([[0, 1], [1, 0]])(
  "what entry %s began, entry %s continues; parallel requests of both lose nothing, and a logout is one",
  async (one, other) => {
    const [here, there] = [bases[one]!, bases[other]!];
    const anonymous = await visit(here, "/add/begun");
    const { cookie } = await visit(there, "/login/ada", anonymous.cookie);
    expect(cookie).not.toBe(anonymous.cookie);
    expect((await look(there, anonymous.cookie)).who ?? null).toBeNull();
    await Promise.all(Array.from({ length: 30 }, (_, n) => {
      return visit(n % 2 === 0 ? here : there, `/add/key${n}`, cookie);
    }));
    const { who, data } = await look(here, cookie);
    expect(who).toBe("ada");
    expect([data.begun, data.n]).toEqual([1, 31]);
    for (let n = 0; n < 30; n++) expect(data[`key${n}`]).toBe(1);
    // An update() that comes too late is told that the session is gone, and answered as an error.
    const late = Array.from({ length: 10 }, (_, n) => {
      return fetch(`${here}/add/late${n}`, { headers: { cookie } });
    });
    await visit(there, "/logout", cookie);
    for (const { status } of await Promise.all(late)) expect([200, 500]).toContain(status);
    for (const base of bases) expect((await look(base, cookie)).who ?? null).toBeNull();
  },
);

test("revokeAll() on one entry ends the logins of both", async () => {
  const logins = await Promise.all(
    Array.from({ length: 12 }, (_, n) => visit(bases[n % 2]!, "/login/bob")),
  );
  const eve = await visit(bases[1]!, "/login/eve");
  expect(JSON.parse((await visit(bases[0]!, "/everywhere/bob")).body)).toBe(12);
  for (const { cookie } of logins) {
    for (const base of bases) expect((await look(base, cookie)).who ?? null).toBeNull();
  }
  expect((await look(bases[0]!, eve.cookie)).who).toBe("eve");
});
