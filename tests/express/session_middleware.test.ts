/** Which requests the middleware serves, and what it says where it cannot. */
import { describe, expect, test } from "vitest";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { watchWarnings } from "../web/warned.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { deprecationsIn, sessionsWith, visit } from "./support/visit.ts";

/** Whether a request with this target has a session where cookies reach `path`. */
async function isServed(library: Any, path: string | undefined, target: string): Promise<boolean> {
  const sessions = library.session({
    ...{ secret: "s", resave: false, saveUninitialized: false, warn: false },
    cookie: path === undefined ? {} : { path },
  });
  const { result } = await visit(sessions, (req) => req.session !== undefined, { url: target });
  return result;
}

async function withoutSecret(library: Any): Promise<Any> {
  let sessions: Any;
  await deprecationsIn(() => {
    sessions = library.session({ resave: false, saveUninitialized: false });
  });
  return sessions;
}

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  test.each<[path: string | undefined, target: string, isServed: boolean]>([
    [undefined, "/", true],
    [undefined, "", true],
    [undefined, "/a?b", true],
    [undefined, "http://app.test/a", true],
    [undefined, "http://app.test", true],
    ["", "/a", true],
    ["", "app.test:443", true],
    ["/", "/a", true],
    // As of CONNECT, and as no client writes it.
    ["/", "app.test:443", true],
    ["/", "mailto:ada@app.test", true],
    ["/", "//[", true],
    ["/app", "/app", true],
    ["/app", "/app/x", true],
    ["/app", "/app?x", true],
    ["/app", "/", false],
    ["/app", "", false],
    ["/app", "/?/app", false],
    ["/app", "app.test:443", false],
    ["/app", "//[", false],
    ["/app", "http://app.test/app/x", true],
    ["/app", "http://app.test/", false],
    ["/app", "http://app.test/other?/app", false],
  ])("a cookie's path %j reaches %j: %s", async (path, target, served) => {
    expect(await isServed(library, path, target)).toBe(served);
  });

  test("without any secret next() is told so", async () => {
    const sessions = await withoutSecret(library);
    const { nexts, req } = await visit(sessions);
    expect(nexts).toEqual([[new Error("secret option required for sessions")]]);
    expect([req.session, req.sessionStore]).toEqual([undefined, undefined]);
  });

  test("a secret that was left on the request serves", async () => {
    const sessions = await withoutSecret(library);
    const { cookie } = await visit(sessions, (req) => void (req.session.n = 1), {
      before: (req) => void (req.secret = "of the request"),
    });
    expect(cookie).toMatch(/^connect\.sid=s%3A/);
  });

  test("where there is a session already nothing is done", async () => {
    const sessions = library.session({ secret: "s", resave: false, saveUninitialized: false });
    const { nexts, req, setCookies } = await visit(sessions, () => {}, {
      before: (req) => void (req.session = { mine: true }),
    });
    expect([nexts, req.session, req.sessionStore, setCookies]).toEqual([
      ...[[[]], { mine: true }, undefined, []],
    ]);
  });

  test("a store that has said `disconnect` is left alone", async () => {
    const store = new library.MemoryStore();
    const sessions = library.session({
      secret: "s",
      resave: false,
      saveUninitialized: false,
      store,
    });
    store.emit("disconnect");
    const { nexts, req } = await visit(sessions);
    expect([nexts, req.session, req.sessionStore]).toEqual([[[]], undefined, undefined]);
    store.emit("connect");
    expect((await visit(sessions, (req) => typeof req.session)).result).toBe("object");
  });
});

describe("ours", () => {
  test("`OPTIONS *` is of every page", async () => {
    expect([await isServed(ours, "/", "*"), await isServed(ours, "/app", "*")]).toEqual([
      ...[true, false],
    ]);
  });

  test("a function of the cookie must return an object", async () => {
    for (
      const [given, kind] of [["text", "a value of type string"], [7, "a value of type number"]]
    ) {
      const sessions = sessionsWith({ cookie: () => given });
      await expect(visit(sessions)).rejects.toThrow(
        new TypeError(`cookie option must return an object, not ${kind}`),
      );
    }
  });

  test("whoever hands on no function is told which entry is meant for it", () => {
    expect(() => sessionsWith()({}, {})).toThrow(
      new TypeError(
        'session() of "websession" is for Express and node:http, as (req, res, next): in Hono use ' +
          'session() of "websession/hono", elsewhere createSessions() of "websession/web"',
      ),
    );
  });
});

describe("DEBUG=express-session says why there is no session", () => {
  const debug = watchDebug();

  test("the path, the store", async () => {
    await visit(debug.session({ cookie: { path: "/admin" } }));
    expect(debug.lines()).toEqual(["pathname mismatch"]);
    const store = new debug.MemoryStore();
    const app = debug.session({ store });
    store.emit("disconnect");
    await visit(app);
    expect(debug.lines()).toEqual(["store is disconnected"]);
  });
});

describe("what is written when the response has ended", () => {
  const { said } = watchWarnings();

  test("is told of by the next request", async () => {
    const sessions = sessionsWith({ warn: true });
    await visit(sessions, (req, res) => {
      req.session.n = 1;
      res.end("done", () => void (req.session.late = 1));
    });
    expect(await said()).toEqual([]);
    await visit(sessions);
    expect((await said())[0]).toMatch(/^a session was changed after its response had ended/);
  });
});
