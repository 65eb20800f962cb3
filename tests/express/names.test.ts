/** `req.session` has express-session's names and no others: what an application calls its data is its business. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { type App, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { COMMON_KEYS } from "./support/common_keys.ts";
import { type Any, type Library, ours, theirs } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";

useDriver();

const COMMON = [...COMMON_KEYS, "$websession"];

/** What code that has a session in its hands can see of it. */
function looksOf(session: Any) {
  const chain: object[] = [];
  for (let each = session; each !== null; each = Object.getPrototypeOf(each)) chain.push(each);
  const names = [...new Set(chain.flatMap((each) => Reflect.ownKeys(each)))].map(String).sort();
  return {
    names,
    inThere: COMMON.filter((name) => name in session),
    ownNames: Reflect.ownKeys(session).map(String).sort(),
    keys: Object.keys(session),
    enumerated: (() => {
      const found: string[] = [];
      for (const name in session) found.push(name);
      return found;
    })(),
    depth: chain.length,
    ofClass: Object.getOwnPropertyNames(Object.getPrototypeOf(session)).sort(),
    className: session.constructor.name,
    tag: String(session),
    json: JSON.stringify(session),
    printed: inspect(session, { depth: 5 }),
    methods: ["touch", "resetMaxAge", "save", "reload", "destroy", "regenerate"]
      .map((name) => Object.getPrototypeOf(session)[name].length),
  };
}

type Looks = ReturnType<typeof looksOf>;

async function look(app: App, cookie?: string, change?: (req: Any) => unknown): Promise<Looks> {
  let looks!: Looks;
  const answer = await app.play(async (req, res) => {
    await change?.(req);
    looks = looksOf(req.session);
    res.end();
  }, cookie);
  expect(answer.status).toBe(200);
  return looks;
}

/**
 * express-session wraps two of its methods on the session itself, out of sight;
 * and the cookie of a live object shows its methods when it is printed there.
 */
function expectSame(own: Looks, real: Looks): void {
  const { ownNames, printed, ...others } = own;
  const { ownNames: theirNames, printed: theirPrint, ...theirOthers } = real;
  expect(others).toEqual(theirOthers);
  expect(theirNames).toEqual(expect.arrayContaining(ownNames));
  if (!theirPrint.includes("[Function")) expect(printed).toBe(theirPrint);
}

const STORES = {
  "its own MemoryStore": (library: Library) => makeStore("memory", library).store,
  "a store that extends its Store": (library: Library) => makeStore("async", library).store,
  "a store that keeps live objects": (library: Library) => makeStore("live", library).store,
  "a store that extends the real package's Store": () => makeStore("async", theirs).store,
};

describe.each(Object.entries(STORES))("a session of %s", (_kind, storeOf) => {
  const apps = () =>
    [ours, theirs].map((library) => {
      return makeApp({ library, options: { store: storeOf(library) } });
    }) as [App, App];

  test("looks like express-session's when it is fresh", async () => {
    const [own, real] = apps();
    expectSame(await look(own), await look(real));
    for (const name of COMMON) expect((await look(own)).names, name).not.toContain(name);
  });

  test("… when it was loaded, reloaded, regenerated and written to", async () => {
    const [own, real] = apps();
    const changes: Record<string, (req: Any) => unknown> = {
      nothing: () => {},
      reload: (req) => told((done) => req.session.reload(done)),
      regenerate: (req) => told((done) => req.session.regenerate(done)),
      write: (req) => Object.assign(req.session, { login: true, "a b": [1], user: { id: 7 } }),
      touch: (req) => req.session.touch(),
      save: (req) => told((done) => req.session.save(done)),
    };
    for (const [name, change] of Object.entries(changes)) {
      const looks: Looks[] = [];
      for (const app of [own, real]) {
        const { cookie } = await app.play(write);
        looks.push(await look(app, cookie, change));
      }
      expect(looks[0]!.keys, name).toContain("cookie");
      expectSame(looks[0]!, looks[1]!);
    }
  });

  test("… and when somebody has logged in, was told something, or kept data", async () => {
    const [own, real] = apps();
    const plain = await (async () => {
      const { cookie } = await real.play(write);
      return await look(real, cookie);
    })();
    const { cookie } = await own.play(write);
    const acts: ((req: Any) => unknown)[] = [
      (req) => ours.session.login(req, "ada"),
      (req) => ours.session.flash(req, "info", "saved"),
      (req) => req.session.regenerate({ keep: true }),
      (req) => ours.session.update(req, (data: Any) => data.n = 1),
    ];
    let last: string | undefined = cookie;
    for (const act of acts) {
      const answer = await own.play(async (req, res) => {
        await act(req);
        expectSame(looksOf(req.session), plain);
        res.end();
      }, last);
      expect([answer.status, answer.body]).toEqual([200, ""]);
      last = answer.cookie ?? last;
      expectSame(await look(own, last), plain);
    }
  });

  test("keeps a stranger out where an application asks for a key of any name", async () => {
    const [app] = apps();
    for (const name of COMMON) {
      const guarded = await app.play((req, res) => {
        res.statusCode = req.session[name] ? 200 : 401;
        res.end();
      });
      expect(guarded.status, name).toBe(401);
    }
  });

  test("is logged out by deleting the application's own key", async () => {
    for (const app of apps()) {
      const { cookie } = await app.play((req, res) => {
        req.session.login = "ada";
        res.end();
      });
      expect(JSON.parse((await app.play(tell, cookie)).body).login).toBe("ada");
      await app.play((req, res) => {
        delete req.session.login;
        res.end(String(req.session.login));
      }, cookie);
      expect(JSON.parse((await app.play(tell, cookie)).body)).not.toHaveProperty("login");
    }
  });
});

test("the factory, its functions and the middleware are where they are said to be", async () => {
  const entry: Any = await import("../../src/express/mod.ts");
  const names = [
    ...["login", "elevate", "logout", "update", "take", "flash", "subjectOf", "infoOf"],
    "bindDevices",
  ];
  for (const name of names) {
    expect(typeof entry[name], name).toBe("function");
    expect(entry.default[name], name).toBe(entry[name]);
  }
  const middleware = ours.session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
  });
  expect(middleware.length).toBe(3);
  expect(middleware.name).toBe("session");
  expect(Object.keys(middleware).sort()).toEqual(["list", "on", "revoke", "revokeAll"]);
});
