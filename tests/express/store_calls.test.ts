/** Which calls a store gets, and when the cookie is sent: the table, on both libraries. */
import { describe, expect, test } from "vitest";
import { countingStore, gate, withVerb } from "../web/support.ts";
import { type Handler, idle, makeApp, tell, useDriver, write } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";

useDriver();

const LEAN = { resave: false, saveUninitialized: false };
const FULL = { resave: true, saveUninitialized: true };

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  test.each([
    ["new, unmodified", LEAN, undefined, [], false],
    ["new, modified", LEAN, "write", ["set"], true],
    ["known, unmodified", LEAN, "idle", ["get", "touch"], false],
    ["known, modified", LEAN, "again", ["get", "set"], true],
    ["new, unmodified, rolling", { ...LEAN, rolling: true }, undefined, [], false],
    ["new, modified, rolling", { ...LEAN, rolling: true }, "write", ["set"], true],
    ["known, unmodified, rolling", { ...LEAN, rolling: true }, "idle", ["get", "touch"], true],
    ["known, modified, rolling", { ...LEAN, rolling: true }, "again", ["get", "set"], true],
    ["new, unmodified, v1 defaults", FULL, undefined, ["set"], true],
    ["new, modified, v1 defaults", FULL, "write", ["set"], true],
    ["known, unmodified, v1 defaults", FULL, "idle", ["get", "set"], false],
    ["known, modified, v1 defaults", FULL, "again", ["get", "set"], true],
    ["new, unmodified, resave alone", { ...LEAN, resave: true }, undefined, [], false],
    ["known, unmodified, resave alone", { ...LEAN, resave: true }, "idle", ["get", "set"], false],
    ["new, unmodified, saveUninitialized alone", { ...LEAN, saveUninitialized: true }, undefined, [
      "set",
    ], true],
    ["known, unmodified, saveUninitialized alone", { ...LEAN, saveUninitialized: true }, "idle", [
      "get",
      "touch",
    ], false],
  ])("%s", async (_rule, options, act, verbs, hasCookie) => {
    const app = makeApp({ library, options: { ...options, cookie: { maxAge: 60_000 } } });
    let cookie: string | undefined;
    if (act === "idle" || act === "again") {
      cookie = (await app.play(write)).cookie;
      app.verbs();
    }
    const answer = await app.play(act === undefined || act === "idle" ? idle : write, cookie);
    expect(app.verbs()).toEqual(verbs);
    expect(answer.cookie !== undefined).toBe(hasCookie);
  });

  test("a cookie that ends with the browser is sent once", async () => {
    const app = makeApp({ library });
    const { cookie } = await app.play(write);
    expect(cookie).toBeDefined();
    expect((await app.play(write, cookie)).cookie).toBeUndefined();
  });

  test("a store without touch is not touched", async () => {
    const app = makeApp({ library, kind: "async-no-touch" });
    const { cookie } = await app.play(write);
    app.verbs();
    await app.play(idle, cookie);
    expect(app.verbs()).toEqual(["get"]);
  });

  test("a save on the way spares the one at the end, unless something changed since", async () => {
    const app = makeApp({ library });
    const save = (req: { session: { save(done: () => void): void } }) =>
      new Promise<void>((done) => req.session.save(done));
    const { cookie } = await app.play(async (req, res) => {
      req.session.a = 1;
      await save(req);
      res.end();
    });
    expect(app.verbs()).toEqual(["set"]);
    await app.play(async (req, res) => {
      req.session.a = 2;
      await save(req);
      req.session.a = 3;
      res.end();
    }, cookie);
    expect(app.verbs()).toEqual(["get", "set", "set"]);
    await app.play(async (req, res) => {
      req.session.a = 4;
      await save(req);
      res.end();
    }, cookie);
    expect(app.verbs()).toEqual(["get", "set", "touch"]);
  });

  test("unset keep and destroy, on req.session = null", async () => {
    const drop = (req: { session: unknown }, res: { end(): void }) => {
      req.session = null;
      res.end();
    };
    for (const [unset, verbs] of [["keep", ["get"]], ["destroy", ["get", "destroy"]]] as const) {
      const app = makeApp({ library, options: { unset } });
      const { cookie } = await app.play(write);
      app.verbs();
      expect((await app.play(drop, cookie)).cookie).toBeUndefined();
      expect(app.verbs()).toEqual(verbs);
    }
  });
});

describe("a native store, when regenerate() is called", () => {
  const login: Handler = async (req, res) => {
    await req.session.regenerate();
    req.session.user = "ada";
    res.end();
  };

  test("is not told of a session it cannot know: a login is one call", async () => {
    const store = countingStore();
    const app = makeApp({ library: ours, options: { store } });
    const { cookie } = await app.play(login);
    expect(store.calls).toEqual(["create"]);
    expect((await app.play(tell, cookie)).body).toContain('"user":"ada"');
  });

  test.each<[string, Record<string, unknown>, Handler | undefined, boolean, string[]]>([
    ["saved on the way", {}, (req) => req.session.save(), false, ["create", "destroy", "create"]],
    ["saved, and nobody waited", {}, (req) => void req.session.save(), false, [
      "create",
      "destroy",
      "create",
    ]],
    [
      "updated on the way",
      {},
      (req) => ours.session.update(req, (data: Any) => void (data.n = 1)),
      false,
      [
        "create",
        "destroy",
        "create",
      ],
    ],
    ["the browser's", {}, undefined, true, ["read", "destroy", "create"]],
    ["of the application's own id", { genid: () => crypto.randomUUID() }, undefined, false, [
      "destroy",
      "create",
    ]],
  ])("is told of one that was %s", async (_kind, options, before, isKnown, calls) => {
    const store = countingStore();
    const app = makeApp({ library: ours, options: { store, ...options } });
    const cookie = isKnown ? (await app.play(write)).cookie : undefined;
    store.calls.length = 0;
    await app.play(async (req, res, next) => {
      await before?.(req, res, next);
      await login(req, res, next);
    }, cookie);
    expect(store.calls).toEqual(calls);
  });

  test("is told of one that is still on its way to it", async () => {
    const inner = countingStore();
    const [asked, goOn] = [gate(), gate()];
    const store = withVerb(inner, "create", () => (asked.open(), goOn.wait));
    const app = makeApp({ library: ours, options: { store } });
    await app.play(async (req, res) => {
      const saving = req.session.save();
      await asked.wait;
      const regenerating = req.session.regenerate();
      goOn.open();
      await Promise.all([saving, regenerating]);
      res.end();
    });
    expect(inner.calls).toContain("destroy");
  });

  test("what is left of the old session stores nothing any more", async () => {
    const store = countingStore();
    const app = makeApp({ library: ours, options: { store } });
    let ids: string[] = [];
    const { body } = await app.play(async (req, res) => {
      const old = req.session;
      await old.regenerate();
      old.late = true;
      const code = await old.save().catch((error: { code: string }) => error.code);
      ids = [old.id, req.session.id];
      res.end(code);
    });
    expect(body).toBe("SESSION_GONE");
    expect(ids[0]).not.toBe(ids[1]);
    expect(store.ids()).toEqual([ids[1]]);
  });
});
