/** The likely mistakes of a first hour, and what each is told. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import expressSession, { MemoryStore } from "../../src/express/mod.ts";
import { getSession, session } from "../../src/web/hono.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { redisStore } from "../../src/stores/redis.ts";
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

const MISTAKES: Record<string, [() => unknown, RegExp]> = {
  "no options at all": [() => make(), /^Session options must be an object, not undefined$/],
  "a secret whose variable is not set": [
    () => make({ secret: undefined }),
    /^Option "secret" must be a string or an array of them, not undefined: is the environment variable set\?$/,
  ],
  "a short secret, as of an Express app to share with": [
    () => make({ secret: "keyboard cat" }),
    /^Option "secret" must have at least 32 bytes, not 12: `openssl rand -hex 32` draws one\. An Express app .* takes \[new, old\]$/,
  ],
  "a callback store": [
    () => make({ secret: SECRET, store: new MemoryStore() }),
    /^Option "store" must be a session store: .*express-session's kind goes through fromExpressStore\(\)$/,
  ],
  "a client in place of a store": [
    () => make({ secret: SECRET, store: { sendCommand() {} } }),
    /as in redisStore\(\{ client \}\)$/,
  ],
  "a store that was not awaited": [
    () => make({ secret: SECRET, store: Promise.resolve() }),
    /It is a promise: await it$/,
  ],
  "an option that does not exist": [
    () => make({ secret: SECRET, saveUninitialised: true }),
    /^There is no option "saveUninitialised"$/,
  ],
  "an attribute of the cookie beside it": [
    () => make({ secret: SECRET, maxAge: 1000 }),
    /^There is no option "maxAge": it goes into "cookie"$/,
  ],
  "an attribute that does not exist": [
    () => make({ secret: SECRET, cookie: { samesite: "none" } }),
    /^There is no option "cookie\.samesite"$/,
  ],
  "the variable's name for createSessions()": [
    () => make({ secret: SECRET, key: "cart" }),
    /^There is no option "key"$/,
  ],
  "an option that Hono's does not have": [
    () => hono({ secret: SECRET, key: "cart", encryptionKey: SECRET }),
    /^There is no option "encryptionKey"$/,
  ],
  "cookieStore() without a secret": [
    () => (cookieStore as (options?: unknown) => unknown)(),
    /^cookieStore\(\) needs options, a secret at least, not undefined$/,
  ],
  "a store without its client": [
    () => (redisStore as (options?: unknown) => unknown)(),
    /must be an object, not undefined$/,
  ],
  "one key to keep, not in an array": [
    async () => {
      const { sessions } = makeSessions();
      await visit(sessions, undefined, (one) => one.login("ada", { keep: "cart" }));
    },
    /^"keep" must be true, false or an array of keys, as \["cart"\], not a value of type string$/,
  ],
  "… when the id changes": [
    async () => {
      const { sessions } = makeSessions();
      await visit(sessions, undefined, (one) => one.regenerate({ keep: "cart" }));
    },
    /^"keep" must be true, false or an array of keys/,
  ],
  "a handler that returns null": [
    () => makeSessions().sessions.wrap((() => null) as never)(request()),
    /^A handler must return a Response, not null$/,
  ],
  "wrap() on Express": [
    () => makeSessions().sessions.wrap((() => {}) as never)({ headers: {}, url: "/" } as never),
    /^A session needs a Request to open, .*Express has session\(\) of "websession"/,
  ],
  "Hono's middleware on Express": [
    () => hono({ secret: SECRET })({ headers: {}, url: "/" }, {}, () => {}),
    /^A session needs a Request to open, .*Express has session\(\) of "websession"/,
  ],
  "Express' middleware in Hono": [
    async () => {
      const errors: Error[] = [];
      const app = new Hono();
      app.use(expressSession({ secret: SECRET, resave: false, saveUninitialized: false }) as never);
      app.onError((error, c) => (errors.push(error), c.text("", 500)));
      await app.request("/");
      throw errors[0];
    },
    /^session\(\) of "websession" is for Express .*in Hono use session\(\) of "websession\/hono"/,
  ],
  "a session in Hono without the middleware": [
    async () => {
      const errors: Error[] = [];
      const app = new Hono().get("/", (c) => c.json(getSession(c)));
      app.onError((error, c) => (errors.push(error), c.text("", 500)));
      await app.request("/");
      throw errors[0];
    },
    /^No session middleware ran for this request: .*app\.use\(session\(\{ … \}\)\) must come before/,
  ],
  "… and on Express": [
    () => expressSession.login({ headers: {} }, "ada"),
    /^No session middleware ran for this request: app\.use\(session\(\{ … \}\)\) must come before/,
  ],
};

describe.each(Object.entries(MISTAKES))("%s", (_what, [act, text]) => {
  test("is told what to do instead", async () => {
    const error = await thrownBy(act);
    expect(error.message).toMatch(text);
    // Nothing of a secret, or of what else was given.
    expect(error.message).not.toMatch(/keyboard cat|a secret of the tests/);
  });
});

test("an option that is undefined is one left out, whatever its name", () => {
  make({ secret: SECRET, maxAge: undefined, cookie: { samesite: undefined } });
  hono({ secret: SECRET, key: "cart" });
});
