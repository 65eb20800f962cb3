/** Two races, each run twice: with our session middleware, then with the real express-session. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { RequestHandler } from "express";
import expressSession from "express-session";
import session, { type SessionOptions } from "../../../src/express/mod.ts";
import { Client } from "./client.ts";
import { type Gates, makeGates } from "./gates.ts";
import { raceApp } from "./race_app.ts";
import { type BasketRace, type LogoutEnd, type LogoutRace, REQUESTS } from "./results.ts";

export interface Races {
  /** Twenty requests put one thing each into one basket, at once. */
  basket(): Promise<BasketRace>;
  /** A logout overtakes a slow request of the same browser. */
  logout(): Promise<LogoutRace>;
}

export function makeRaces({ secret, store }: SessionOptions): Races {
  const settings = { resave: false, saveUninitialized: false };
  const ours = session({ ...settings, secret, store, name: "race", idleTimeout: 60_000 });
  // As its README begins: its own memory store, in which nothing takes time.
  const theirs = expressSession({ ...settings, secret: String(secret), name: "race" });
  return {
    basket: async () => ({
      ours: await serve(ours as RequestHandler, fillBasket),
      theirs: await serve(theirs, fillBasket),
    }),
    logout: async () => ({
      ours: await serve(ours as RequestHandler, logOutMeanwhile),
      theirs: await serve(theirs, logOutMeanwhile),
    }),
  };
}

/** Runs a race on a server of its own that nobody else can reach in time. */
async function serve<Result>(
  middleware: RequestHandler,
  race: (client: Client, gates: Gates) => Promise<Result>,
): Promise<Result> {
  const gates = makeGates(REQUESTS);
  const server = createServer(raceApp(middleware, gates)).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const { port } = server.address() as AddressInfo;
    const client = new Client(`http://127.0.0.1:${port}`);
    await client.send("POST", "/login");
    return await race(client, gates);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

async function fillBasket(client: Client): Promise<number[]> {
  const items = Array.from({ length: REQUESTS }, (_, index) => index + 1);
  await Promise.all(items.map((item) => client.send("POST", `/basket/${item}`)));
  const basket = await client.read();
  await client.send("POST", "/logout");
  return basket.items.sort((one, other) => one - other);
}

async function logOutMeanwhile(client: Client, gates: Gates): Promise<LogoutEnd> {
  const slow = client.send("POST", "/slow");
  // One that fails before the gate must not keep the race waiting.
  await Promise.race([gates.slowIsHere, slow]);
  await client.send("POST", "/logout");
  gates.release();
  await slow;
  const { user } = await client.read();
  return { after: user };
}
