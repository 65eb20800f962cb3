/** What the middleware does with sessions outside their requests: list, revoke, revokeAll, on. */
import { describe, expect, test } from "vitest";
import { login, SessionError, subjectOf, toExpressStore } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type App, makeApp, useDriver } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";

useDriver();

/** Logs somebody in and says which cookie and which session it is. */
async function loggedIn(app: App, subject: string) {
  let id = "";
  const { cookie } = await app.play(async (req, res) => {
    await login(req, subject);
    id = req.sessionID;
    res.end();
  });
  return { cookie, id };
}

async function whoIs(app: App, cookie: string | undefined): Promise<string> {
  return (await app.play((req, res) => res.end(String(subjectOf(req))), cookie)).body;
}

describe.each([
  ["its own MemoryStore", () => new ours.MemoryStore()],
  ["a native store", () => memoryStore()],
  ["a native store behind callbacks", () => toExpressStore(memoryStore())],
])("with %s", (_kind, storeOf) => {
  test("a subject's sessions are listed, and ended one by one or together", async () => {
    const app = makeApp({ library: ours, options: { store: storeOf() } });
    const sessions = app.middleware;
    const [one, two, three] = [
      await loggedIn(app, "ada"),
      await loggedIn(app, "ada"),
      await loggedIn(app, "ada"),
    ];
    const bob = await loggedIn(app, "bob");
    expect(await sessions.list("ada")).toHaveLength(3);
    expect(await sessions.list("eve")).toEqual([]);

    const ended: unknown[] = [];
    const stop = sessions.on("destroyed", (event: unknown) => ended.push(event));
    await sessions.revoke(two.id);
    stop();
    expect(ended).toEqual([{}]);
    expect(await whoIs(app, two.cookie)).toBe("undefined");
    expect(await whoIs(app, one.cookie)).toBe("ada");

    expect(await sessions.revokeAll("ada", { except: one.id })).toBe(1);
    expect(await whoIs(app, three.cookie)).toBe("undefined");
    expect(await whoIs(app, one.cookie)).toBe("ada");
    expect(await sessions.revokeAll("ada")).toBe(1);
    expect(await whoIs(app, one.cookie)).toBe("undefined");
    expect(await whoIs(app, bob.cookie)).toBe("bob");
  });

  test("what was revoked does not come back with a request that was under way", async () => {
    const app = makeApp({ library: ours, options: { store: storeOf() } });
    const { cookie, id } = await loggedIn(app, "ada");
    await app.play(async (req, res) => {
      await app.middleware.revoke(id);
      req.session.late = 1;
      res.end();
    }, cookie);
    expect(await app.middleware.list("ada")).toEqual([]);
    expect(await whoIs(app, cookie)).toBe("undefined");
  });
});

test.each([ours, theirs])(
  "a callback store of $name has no index, but a session of it can be revoked",
  async (library) => {
    const app = makeApp({ library: ours, options: { store: makeStore("async", library).store } });
    const { cookie, id } = await loggedIn(app, "ada");
    for (const act of [() => app.middleware.list("ada"), () => app.middleware.revokeAll("ada")]) {
      await expect(act()).rejects.toMatchObject({ code: "STORE_UNSUPPORTED" });
    }
    await app.middleware.revoke(id);
    expect(await whoIs(app, cookie)).toBe("undefined");
  },
);

test("the word that list() has for the caller's own session names none to spare", async () => {
  const app = makeApp({ library: ours, options: { store: memoryStore() } });
  const { cookie } = await loggedIn(app, "ada");
  await expect(app.middleware.revokeAll("ada", { except: "current" })).rejects.toThrow(
    new TypeError(
      'Option "except" must be the request whose session is spared (except: req), or a handle of list()',
    ),
  );
  expect(await whoIs(app, cookie)).toBe("ada");
});

test("a store that fails or never answers is told in our words, and in time", async () => {
  const cause = Object.assign(new Error("SELECT * FROM session WHERE sid = 'secret'"), {
    code: "E42",
  });
  const acts = (middleware: Any) => [
    () => middleware.list("ada"),
    () => middleware.revokeAll("ada", { except: "secret" }),
    () => middleware.revoke("secret"),
  ];
  for (
    const fails of [() => Promise.reject(cause), () => {
      throw cause;
    }]
  ) {
    const store = memoryStore();
    Object.assign(store, { list: fails, destroyAll: fails, destroy: fails });
    const { middleware } = makeApp({ library: ours, options: { store } });
    for (const act of acts(middleware)) {
      const error = await act().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(SessionError);
      expect(error).toMatchObject({
        code: "STORE_FAILED",
        message: "The session store (MemoryStore) failed: E42",
      });
      expect(Object.keys(error as object)).not.toContain("cause");
    }
  }
  const silent = memoryStore();
  const never = () => new Promise(() => {});
  Object.assign(silent, { list: never, destroyAll: never, destroy: never });
  const { middleware } = makeApp({ library: ours, options: { store: silent, ioTimeout: 5 } });
  for (const act of acts(middleware)) {
    await expect(act()).rejects.toMatchObject({ code: "STORE_TIMEOUT" });
  }
});

test.each([
  ["list", ""],
  ["list", undefined],
  ["list", { $ne: null }],
  ["revoke", ""],
  ["revoke", 7],
  ["revokeAll", ""],
  ["revokeAll", null],
])("%s(%j) is a TypeError, and asks no store", async (method, argument) => {
  const store = memoryStore();
  const asked: string[] = [];
  for (const verb of ["list", "destroyAll", "destroy"] as const) {
    Object.assign(store, { [verb]: () => asked.push(verb) });
  }
  const { middleware } = makeApp({ library: ours, options: { store } });
  await expect(middleware[method](argument)).rejects.toThrow(`${method}() needs a s`);
  await expect(middleware[method](argument)).rejects.toThrow(TypeError);
  expect(asked).toEqual([]);
});

test("revokeAll() with an `except` that names no session ends nobody's", async () => {
  const app = makeApp({ library: ours, options: { store: memoryStore() } });
  const { cookie } = await loggedIn(app, "ada");
  for (const except of ["", null, 7]) {
    await expect(app.middleware.revokeAll("ada", { except })).rejects.toThrow(TypeError);
  }
  expect(await whoIs(app, cookie)).toBe("ada");
});
