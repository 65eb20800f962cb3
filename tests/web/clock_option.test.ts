/** The option `clock`, as README has it: an object whose `now()` is the time. */
import express from "express";
import { expect, test } from "vitest";
import { createSessions, type SessionStore } from "../../mod.ts";
import session from "../../src/express/mod.ts";
import { served } from "../dbsc/apps.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { cookieOf, request, SECRET, withVerb } from "./support.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

/** Answers by promises, as the stores in other processes do. */
function laterStore(now: () => number): SessionStore {
  return withVerb(withVerb(memoryStore({ now }), "read", () => {}), "create", () => {});
}

test("now() is enough, on stores that answer later", async () => {
  let time = 1_800_000_000_000;
  const clock = { now: () => time };
  const store = laterStore(clock.now);
  const sessions = createSessions<{ n: number }>({
    ...{ secret: SECRET, store, clock, idleTimeout: 60_000, warn: false },
  });
  const handler = sessions.wrap((_request, session) => {
    session.n = (session.n ?? 0) + 1;
    return Response.json(session.n);
  });
  const first = await handler(request());
  const headers = cookieOf(first);
  expect(await (await handler(request(headers))).json()).toBe(2);
  time += 60_001;
  expect(await (await handler(request(headers))).json()).toBe(1);
});

test("a store that does not answer is waited for by the platform's timer", async () => {
  const store = withVerb(memoryStore(), "create", () => new Promise(() => {}));
  const sessions = createSessions<{ n: number }>({
    ...{ secret: SECRET, store, clock: { now: () => Date.now() }, ioTimeout: 1, warn: false },
  });
  const handler = sessions.wrap((_request, session) => {
    session.n = 1;
    return new Response();
  });
  await expect(handler(request())).rejects.toMatchObject({ code: "STORE_TIMEOUT" });
});

test("on Express as well", async () => {
  const clock = { now: () => Date.now() };
  const app = express();
  app.use(session({
    ...{ secret: SECRET, store: laterStore(clock.now) as Any, clock, warn: false },
    ...{ resave: false, saveUninitialized: false },
  }));
  app.get("/", (req: Any, res) => {
    req.session.n = 1;
    res.send("ok");
  });
  const { fetch, end } = served(app);
  const response = await fetch(new Request("http://app.test/"));
  end();
  expect([response.status, await response.text()]).toEqual([200, "ok"]);
  expect(response.headers.getSetCookie()).toHaveLength(1);
});
