/** The options of the Web entries: what is refused at construction, and what is said then. */
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { resolveOptions } from "../../src/web/options.ts";
import { type Any, makeSessions, request, SECRET, visit } from "./support.ts";

const make = (options: unknown) => () => (createSessions as (options: unknown) => Any)(options);
const made = (options: Any) => make({ secret: SECRET, ...options });

const PROMISE = "a promise: the function must not be async";

describe("what is no object", () => {
  test.each([
    ["null", null],
    ["a value of type string", "secret"],
    ["a value of type number", 1],
    ["an array", [{ secret: SECRET }]],
  ])("is no options: %s", (kind, options) => {
    expect(make(options)).toThrow(`Session options must be an object, not ${kind}`);
  });
});

test("a promise of options is none, and nobody else waits for it", () => {
  const promise = Promise.reject(new Error("of its own"));
  expect(make(promise)).toThrow(`Session options must be an object, not ${PROMISE}`);
});

describe("an option of another type is refused by its name", () => {
  test.each(
    ["rolling", "resave", "saveUninitialized", "proxy", "saveOnError", "noStore", "warn"],
  )("%s", (option) => {
    expect(made({ [option]: 1 })).toThrow(TypeError);
    expect(made({ [option]: "false" })).toThrow(
      `Option "${option}" must be a boolean, not a value of type string`,
    );
  });

  test.each(["genid", "beforeCreate"])("%s", (option) => {
    expect(made({ [option]: true })).toThrow(
      `Option "${option}" must be a function, not a value of type boolean`,
    );
  });

  test.each(["idleTimeout", "absoluteTimeout", "ioTimeout", "maxBytes"])("%s", (option) => {
    expect(made({ [option]: "1h" })).toThrow(
      `Option "${option}" must be a number, not a value of type string`,
    );
  });

  test.each([{ now: 1 }, {}, 5, null])("clock: %j", (clock) => {
    expect(made({ clock })).toThrow(/^Option "clock.now" must be a function, not /);
  });

  test.each([null, "lax", [["lax"]], 1])("cookie: %j", (cookie) => {
    expect(made({ cookie })).toThrow(/^Option "cookie" must be an object, not /);
  });

  test("cookie: a promise, which nobody else waits for", () => {
    expect(made({ cookie: Promise.reject(new Error("of its own")) })).toThrow(
      new TypeError(`Option "cookie" must be an object, not ${PROMISE}`),
    );
  });

  test.each([["", "empty"], [1, "a value of type number"]])("name: %j", (name, what) => {
    expect(made({ name, cookie: () => ({}) })).toThrow(
      `Option "name" must be a string of cookie characters, not ${what}`,
    );
  });

  test("store: null, which is not for want of one", () => {
    expect(made({ store: null })).toThrow('Option "store" must be a session store, not null');
  });
});

describe("a cookie that the request decides on", () => {
  test("has a name that no prefix guards: another request may rule it out", async () => {
    const { sessions } = makeSessions({ cookie: () => ({ path: "/app" }) });
    const { response } = await visit(sessions, undefined, (session) => void (session.n = 1));
    expect(response.headers.get("set-cookie")).toMatch(/^session=s%3A.*; Path=\/app;/);
  });

  test("is checked for each: what browsers refuse is refused", async () => {
    const { sessions } = makeSessions({
      cookie: ({ url }) => url.includes("embedded") ? { sameSite: "none", secure: false } : {},
    });
    const handler = sessions.wrap(() => new Response("ok"));
    await expect(handler(request(undefined, "https://app.test/embedded"))).rejects.toThrow(
      'Option "cookie.sameSite" "none" needs "secure"',
    );
    expect((await handler(request())).status).toBe(200);
  });

  test.each<[string, Any]>([
    [PROMISE, async () => ({ maxAge: 5e6 })],
    [PROMISE, () => Promise.reject(new Error("of its own"))],
    ["an array", () => []],
    ["a value of type string", () => "lax"],
    ["a value of type number", () => 5],
  ])("is no object where it is %s", async (kind, cookie) => {
    const { sessions } = makeSessions({ cookie });
    await expect(sessions.wrap(() => new Response("ok"))(request())).rejects.toThrow(
      new TypeError(`Option "cookie" must be an object, not ${kind}`),
    );
  });

  test.each([undefined, null])("%s is one that leaves everything out", async (nothing) => {
    const { sessions } = makeSessions({ cookie: (() => nothing) as Any });
    const { response } = await visit(sessions, undefined, (session) => void (session.n = 1));
    expect(response.headers.get("set-cookie")).toMatch(
      /; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });
});

test("what is left out has its default", () => {
  const store = memoryStore();
  expect(resolveOptions({ secret: SECRET }, () => store)).toMatchObject({
    ...{ secrets: [SECRET], name: "__Host-session", store },
    ...{ rolling: false, resave: false, saveUninitialized: false, proxy: false },
    ...{ saveOnError: false, noStore: true, warn: true },
    // Only Express has `req.session = null`.
    unsetDestroys: false,
    ...{ maxSessions: undefined, beforeCreate: undefined, schema: undefined },
    ...{ ioTimeout: 10_000, maxBytes: 65_536 },
  });
});

test("sessions that are sealed have no secret beside that of their store", () => {
  const sealed = resolveOptions({ store: cookieStore({ secret: SECRET }) }, memoryStore);
  expect(sealed.secrets).toEqual([]);
});
