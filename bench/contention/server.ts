/** One contestant's server, in a process of its own: `node server.ts '<json of ServerPlan>'`. */
import { serve } from "@hono/node-server";
import { RedisStore } from "connect-redis";
import express from "express";
import expressSession from "express-session";
import { Hono } from "hono";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createClient } from "redis";
import { createSessions } from "../../mod.ts";
import websession, { update } from "../../src/express/mod.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { SECRET } from "../lib/cookies.ts";
import { act, askedOf, type Opened } from "./acts.ts";
import type { Contestant } from "./plan.ts";
import { SlowExpressStore, slowStore } from "./slow_store.ts";

export interface ServerPlan {
  readonly entry: Contestant["entry"];
  /** Left out: in memory, so many milliseconds away. */
  readonly redisPort?: number;
  readonly latency: number;
  /** Between the sessions of the contestants. */
  readonly prefix: string;
}

// deno-lint-ignore no-explicit-any
type Loose = any;

const MAX_AGE = 24 * 60 * 60 * 1000;
const HOST = "127.0.0.1";

async function storeOf(
  { entry, redisPort, latency, prefix }: ServerPlan,
): Promise<Loose> {
  const isPeer = entry === "express-session";
  if (redisPort === undefined) {
    return isPeer ? new SlowExpressStore(latency) : slowStore(latency);
  }
  const client = createClient({ socket: { host: HOST, port: redisPort } });
  await client.connect();
  return isPeer
    ? new RedisStore({ client, prefix })
    : redisStore({ client: client as Loose, prefix });
}

function listenExpress(store: Loose, isPeer: boolean): Server {
  const middleware = (isPeer ? expressSession : websession) as Loose;
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(middleware({
    store,
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: MAX_AGE },
  }));
  app.use(async (req: Loose, res: Loose) => {
    const opened: Opened = {
      session: req.session,
      // There is nothing else to do there than to read, to change and to write.
      update: (change) => isPeer ? change(req.session) : update(req, change),
    };
    res.send(await act(askedOf(req.url), opened));
  });
  return app.listen(0, HOST, 4096);
}

function listenWeb(store: Loose, entry: "fetch" | "hono"): Server {
  const options = {
    secret: SECRET,
    store,
    name: "session",
    cookie: { maxAge: MAX_AGE, secure: false },
  } as const;
  const answer = (url: string, session: Loose) =>
    act(askedOf(url), { session, update: (change) => session.update(change) });
  const fetch = entry === "fetch"
    ? createSessions(options).wrap(async ({ url }, session) =>
      new Response(await answer(url, session))
    )
    : new Hono()
      .use(honoSession(options))
      .all("*", async (c) => c.text(await answer(c.req.url, c.get("session"))))
      .fetch;
  return serve({ fetch, port: 0, hostname: HOST }) as Server;
}

async function main(plan: ServerPlan): Promise<void> {
  // One request may fail; it is counted by the client.
  process.on("unhandledRejection", () => {});
  process.on("disconnect", () => process.exit());
  const store = await storeOf(plan);
  const { entry } = plan;
  const server = entry === "fetch" || entry === "hono"
    ? listenWeb(store, entry)
    : listenExpress(store, entry === "express-session");
  // A connection that rests between two rows is not to be closed under a request.
  server.keepAliveTimeout = 120_000;
  const tell = () => process.send!({ port: (server.address() as AddressInfo).port });
  if (server.listening) tell();
  else server.once("listening", tell);
}

if (process.argv[2]?.startsWith("{")) {
  await main(JSON.parse(process.argv[2]) as ServerPlan);
}
