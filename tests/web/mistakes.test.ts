/** The likely mistakes of a first hour, and what each is told. */
import { Hono } from "hono";
import { createClient } from "redis";
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import expressSession, { MemoryStore } from "../../src/express/mod.ts";
import { getSession, session } from "../../src/web/hono.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { redisStore } from "../../src/stores/redis.ts";
import { refusals } from "../readme/promised.ts";
import { type Any, makeSessions, request, SECRET, visit } from "./support.ts";

const make = createSessions as (options?: unknown) => Any;
const hono = session as (options?: unknown) => (...given: unknown[]) => unknown;

/** What is thrown, at once or later. */
async function thrownBy(act: () => unknown): Promise<Error> {
  try {
    await act();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

const MISTAKES: Record<string, () => unknown> = {
  "no options at all": () => make(),
  "options by an async function": () =>
    make(async () => await Promise.reject(new Error("no"))).open(request()),
  "a cookie by an async function": () =>
    make({ secret: SECRET, cookie: async () => await Promise.reject(new Error("no")) })
      .open(request()),
  "options of iron-session": () => make({ password: SECRET, cookieName: "sid" }),
  "options of hono-sessions": () => hono({ encryptionKey: SECRET, expireAfterSeconds: 900 }),
  "a secret whose variable is not set": () => make({ secret: undefined }),
  "a secret whose variable is not set, on Express": () =>
    new Promise((_, next) => {
      const options = { secret: undefined, resave: false, saveUninitialized: false };
      expressSession(options)({ headers: {}, url: "/" } as never, {} as never, next);
    }),
  "a short secret, as of an Express app to share with": () => make({ secret: "keyboard cat" }),
  "a callback store": () => make({ secret: SECRET, store: new MemoryStore() }),
  "a client in place of a store": () => make({ secret: SECRET, store: { sendCommand() {} } }),
  "a client on Express, where one of Redis looks like a store": () =>
    expressSession({ secret: SECRET, store: createClient() as never }),
  "a store that was not awaited": () => make({ secret: SECRET, store: Promise.resolve() }),
  "an option that does not exist": () => make({ secret: SECRET, saveUninitialised: true }),
  "an attribute of the cookie beside it": () => make({ secret: SECRET, maxAge: 1000 }),
  "an attribute that does not exist": () => make({ secret: SECRET, cookie: { samesite: "none" } }),
  "the variable's name for createSessions()": () => make({ secret: SECRET, key: "cart" }),
  "an option that Hono's does not have": () =>
    hono({ secret: SECRET, key: "cart", encryptionKey: SECRET }),
  "cookieStore() without a secret": () => (cookieStore as (options?: unknown) => unknown)(),
  "a store without its client": () => (redisStore as (options?: unknown) => unknown)(),
  "one key to keep, not in an array": async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, (one) => one.login("ada", { keep: "cart" }));
  },
  "one key to keep, not in an array, when the id changes": async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, (one) => one.regenerate({ keep: "cart" }));
  },
  "a handler that returns null": () =>
    makeSessions().sessions.wrap((() => null) as never)(request()),
  "wrap() on Express": () =>
    makeSessions().sessions.wrap((() => {}) as never)({ headers: {}, url: "/" } as never),
  "Hono's middleware on Express": () =>
    hono({ secret: SECRET })({ headers: {}, url: "/" }, {}, () => {}),
  "Express' middleware in Hono": async () => {
    const errors: Error[] = [];
    const app = new Hono();
    app.use(expressSession({ secret: SECRET, resave: false, saveUninitialized: false }) as never);
    app.onError((error, c) => (errors.push(error), c.text("", 500)));
    await app.request("/");
    throw errors[0];
  },
  "a session in Hono without the middleware": async () => {
    const errors: Error[] = [];
    const app = new Hono().get("/", (c) => c.json(getSession(c)));
    app.onError((error, c) => (errors.push(error), c.text("", 500)));
    await app.request("/");
    throw errors[0];
  },
  "a function for the session on Express, without the middleware": () =>
    expressSession.login({ headers: {} }, "ada"),
};

const promised = refusals();

describe.each(Object.entries(MISTAKES))("%s", (what, act) => {
  test("is told what to do instead, as the page promises", async () => {
    const error = await thrownBy(act);
    const asOn = what.replace(/, when the id changes$/, "");
    expect(error.message).toBe(promised.get(asOn));
    // Nothing of a secret, or of what else was given.
    expect(error.message).not.toMatch(/keyboard cat|a secret of the tests/);
  });
});

/** What no function of sessions takes; the methods of a session ignore what they do not know. */
test.each<[string, (session: Any, sessions: Any) => unknown]>([
  ["exept", (_, sessions) => sessions["revokeAll"]("ada", { exept: "handle" })],
  ["curent", (session, sessions) => sessions["list"]("ada", { curent: session })],
])("the option %s of a session's function is refused", async (name, call) => {
  const { sessions } = makeSessions();
  let error: unknown;
  await visit(sessions, undefined, async (session) => {
    error = await thrownBy(() => call(session, sessions));
  });
  expect(error).toEqual(new TypeError(`There is no option "${name}"`));
});

test("an option that is undefined is one left out, whatever its name", () => {
  make({ secret: SECRET, maxAge: undefined, cookie: { samesite: undefined } });
  hono({ secret: SECRET, key: "cart" });
});

test("every mistake of the page is made here", () => {
  expect(Object.keys(MISTAKES)).toEqual(expect.arrayContaining([...promised.keys()]));
  expect(promised.size).toBeGreaterThan(10);
});
