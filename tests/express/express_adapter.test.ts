/** What all requests of one middleware share: its store, its ids, its cookies, and what it says. */
import process from "node:process";
import { afterEach, describe, expect, test, vi } from "vitest";
import { login } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { watchWarnings } from "../web/warned.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { type Any, signed } from "./support/libraries.ts";
import { begin, look, makeVisits } from "./support/visits.ts";

afterEach(() => void vi.restoreAllMocks());

describe("genid", () => {
  test.each<[drawn: unknown, kind: string]>([
    ["", "an empty one"],
    [undefined, "undefined"],
    [null, "null"],
    [7, "a value of type number"],
  ])("that draws %j is refused by next(), and says what it drew", async (drawn, kind) => {
    const { errors, visit } = makeVisits({ genid: () => drawn });
    const { status } = await visit(look);
    expect(status).toBe(500);
    expect(errors).toEqual([
      new TypeError(`genid option must return a non-empty string, not ${kind}`),
    ]);
  });

  test("is told the request, and what it draws is the id", async () => {
    const { visit } = makeVisits({ genid: (req: Any) => `id-of-${req.url.slice(1)}` });
    expect((await visit(begin, undefined, { path: "/here" })).cookie).toBe(signed("id-of-here"));
  });
});

describe("a new session is made at once where somebody would notice", () => {
  const silent = (_req: Any, res: Any) => res.end();

  test("as it is stored, though nobody wrote to it", async () => {
    const { verbs, visit } = makeVisits({ kind: "async", saveUninitialized: true });
    expect([(await visit(silent)).cookies.length, verbs()]).toEqual([1, ["set"]]);
  });

  test("as its end is told", async () => {
    const { verbs, visit } = makeVisits({ kind: "async", unset: "destroy" });
    await visit((req, res) => (req.session = null, res.end()));
    expect(verbs()).toEqual(["destroy"]);
  });

  test("as somebody else makes it", async () => {
    const { store, visit } = makeVisits({ kind: "async" });
    const { generate } = store;
    let made = 0;
    store.generate = (req: Any) => (made++, generate.call(store, req));
    await visit(silent);
    expect(made).toBe(1);
  });

  test("and else is neither stored nor told", async () => {
    const { verbs, visit } = makeVisits({ kind: "async" });
    expect([(await visit(silent)).cookies, verbs()]).toEqual([[], []]);
  });
});

test("without a secret there is nobody whose sessions could be listed: the error says what is missing", async () => {
  vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const { sessions } = makeVisits({ secret: undefined });
  const req: Any = { headers: {}, url: "/", secret: "keyboard cat" };
  sessions(req, {}, () => {});
  await login(req, "ada");
  await req.session.save();
  await expect((async () => await sessions.list("ada"))()).rejects.toThrow(
    new TypeError('The sessions of a subject need the option "secret"'),
  );
});

test("a native store is told of each visit, and a session's end moves", async () => {
  let now = 1_800_000_000_000;
  const { store, visit } = makeVisits({
    store: memoryStore({ sweepInterval: 0, now: () => now }),
    clock: { now: () => now },
    cookie: { maxAge: 60_000 },
  });
  const { cookie } = await visit(begin);
  now += 50_000;
  await visit(look, cookie);
  now += 50_000;
  expect((await visit(look, cookie)).body).toContain('"n":1');
  expect(store.length()).toBe(1);
});

test("what a listener throws is said on the console, and nobody's request fails for it", async () => {
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  const { sessions, visit } = makeVisits();
  const error = new Error("no listener");
  sessions.on("created", () => {
    throw error;
  });
  expect((await visit(begin)).status).toBe(200);
  expect(said.mock.calls).toEqual([["websession: a listener failed:", error]]);
});

test("beforeCreate is told the request whose session is new", async () => {
  const told: string[] = [];
  const { visit } = makeVisits({
    beforeCreate: (req: Any) => {
      told.push(req.url);
      return req.url !== "/refused";
    },
  });
  expect((await visit(begin, undefined, { path: "/taken" })).status).toBe(200);
  expect((await visit(begin, undefined, { path: "/refused" })).status).toBe(500);
  expect(told).toEqual(["/taken", "/refused"]);
});

describe("a record that is no session", () => {
  const RECORDS: readonly [what: string, json: string, isError: boolean][] = [
    ["without a cookie", '{"n":1}', true],
    ["of null", "null", false],
    ["that nobody can parse", "{", false],
    ["of nothing", "", false],
  ];

  test.each(RECORDS)("%s, in MemoryStore", async (_what, json, isError) => {
    const { errors, heard, store, visit } = makeVisits({ kind: "memory" });
    const rejected = heard("rejected");
    store.sessions["an-id"] = json;
    const { body, status } = await visit(look, signed("an-id"));
    expect([status, errors.map((error) => error.constructor)]).toEqual(
      isError ? [500, [TypeError]] : [200, []],
    );
    if (!isError) expect(body).toContain('"cookie"');
    expect(rejected).toHaveLength(1);
  });

  test.each(RECORDS)("%s, in a callback store", async (_what, json, isError) => {
    const { errors, store, visit } = makeVisits({ kind: "async" });
    store.get = (_id: string, done: Any) => {
      let session: unknown;
      try {
        session = JSON.parse(json);
      } catch (error) {
        return setImmediate(done, error);
      }
      setImmediate(done, null, session);
    };
    const { body, status } = await visit(look, signed("an-id"));
    expect([status, errors.map((error) => error.constructor)]).toEqual(
      isError ? [500, [TypeError]] : [200, []],
    );
    if (!isError) expect(body).toContain('"cookie"');
  });

  test("is nobody's session in any other native store", async () => {
    const store = memoryStore({ sweepInterval: 0 });
    store.create("an-id", { json: '{"n":1}', expires: null });
    const { errors, visit } = makeVisits({ store });
    expect([(await visit(look, signed("an-id"))).status, errors]).toEqual([200, []]);
  });
});

test("an id that has become old is replaced on a callback store too, and only where that was asked for", async () => {
  for (const rotateAfter of [undefined, 60_000]) {
    let now = 1_800_000_000_000;
    const { visit } = makeVisits({ kind: "async", clock: { now: () => now }, rotateAfter });
    const { cookie: first } = await visit(begin);
    now += 60_000;
    const { cookie: second } = await visit(look, first);
    expect(second === undefined).toBe(rotateAfter === undefined);
    expect((await visit(look, first)).body).toContain('"n":1');
  }
});

describe("a store's verbs", () => {
  test("are those it has: one that cannot touch is not asked to", async () => {
    for (
      const [kind, asked] of [["async", ["get", "touch"]], ["async-no-touch", ["get"]]] as const
    ) {
      const { verbs, visit } = makeVisits({ kind });
      const { cookie } = await visit(begin);
      verbs();
      await visit(look, cookie);
      expect(verbs()).toEqual(asked);
    }
  });

  test("are known to requests under way, whoever asks for them", async () => {
    const { store, visit } = makeVisits({ kind: "async" });
    const { cookie } = await visit(begin);
    await visit(async (req, res) => {
      await new Promise((done) => store.destroy(req.sessionID, done));
      req.session.n = 2;
      await expect(req.session.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
      res.end();
    }, cookie);
  });

  test("that answer at once end a response at once, as in express-session", async () => {
    const { headers } = await makeVisits({ kind: "sync" }).visit((req, res) => {
      req.session.n = 1;
      res.end("body");
    });
    expect(headers).toContainEqual(["Content-Length", "4"]);
  });

  test("generate() makes one session, within a request and outside of any", async () => {
    let drawn = 0;
    const { store, visit } = makeVisits({ kind: "async", genid: () => `drawn-${++drawn}` });
    await visit(begin);
    expect(drawn).toBe(1);
    const req: Any = { headers: {} };
    store.generate(req);
    expect([drawn, req.sessionID, req.session.id]).toEqual([2, "drawn-2", "drawn-2"]);
    expect(req.session.cookie.path).toBe("/");
  });

  test("are not asked while it is disconnected", async () => {
    const { store, verbs, visit } = makeVisits({ kind: "async" });
    const { cookie } = await visit(begin);
    verbs();
    store.emit("disconnect");
    expect((await visit(look, cookie)).body).toBe("null");
    store.emit("connect");
    expect((await visit(look, cookie)).body).toContain('"n":1');
    expect(verbs()).toEqual(["get", "touch"]);
  });
});

test("a record that is no session is an error, also where a store that fails is not", async () => {
  const { errors, store, visit } = makeVisits({ kind: "memory", onStoreError: "anonymous" });
  store.sessions["an-id"] = '{"n":1}';
  expect((await visit(look, signed("an-id"))).status).toBe(500);
  expect(errors).toEqual([expect.any(TypeError)]);
});

test.each<[proxy: boolean | undefined, req: object, isSecure: boolean]>([
  [undefined, {}, false],
  [undefined, { secure: true }, true],
  [undefined, { secure: "yes" }, false],
  [undefined, { headers: { "x-forwarded-proto": "https" } }, false],
  [false, { secure: true }, false],
  [false, { headers: { "x-forwarded-proto": "https" } }, false],
  [false, { connection: { encrypted: true } }, true],
  [true, { headers: { "x-forwarded-proto": "https" } }, true],
  [true, { headers: { "x-forwarded-proto": "http" }, secure: true }, false],
  [true, { connection: null }, false],
])("with the option proxy %s a request like %j is secure: %s", (proxy, given, isSecure) => {
  const { sessions } = makeVisits({ proxy, cookie: { secure: "auto" } });
  const req: Any = { headers: {}, url: "/", ...given };
  sessions(req, {}, () => {});
  expect(req.session.cookie.secure).toBe(isSecure);
});

describe("handles of sessions", () => {
  test("are by the secret: another process has the same ones", async () => {
    const one = makeVisits();
    const created = one.heard("created");
    const { cookie } = await one.visit(begin);
    const other = makeVisits({ store: one.store });
    const destroyed = other.heard("destroyed");
    await other.visit(async (req, res) => {
      await req.session.destroy();
      res.end();
    }, cookie);
    expect(await destroyed[0].session()).toBe(await created[0].session());
  });

  test("are there as well where the secret is on the request", async () => {
    const { heard, sessions } = makeVisits({ secret: undefined });
    const created = heard("created");
    const req: Any = { headers: {}, url: "/", secret: "keyboard cat" };
    sessions(req, {}, () => {});
    req.session.n = 1;
    await req.session.save();
    expect(await created[0].session()).toMatch(/^[\w-]{16}$/);
  });
});

describe("what keeps sessions from working is said", () => {
  const { said } = watchWarnings();

  test("of an id that no cookie can prove, and of no other", async () => {
    await makeVisits({ warn: true, genid: () => "own-id" }).visit(begin);
    expect(await said()).toEqual([]);
    await makeVisits({ warn: true, genid: () => "a/b" }).visit(begin);
    expect(await said()).toEqual([expect.stringContaining("genid option returned an id")]);
  });

  test("of what is written after the response", async () => {
    const { visit } = makeVisits({ warn: true });
    await visit((req, res) => {
      req.session.n = 1;
      res.end();
      req.session.late = 1;
    });
    await visit(look);
    expect(await said()).toEqual([expect.stringContaining("after its response had ended")]);
  });

  test("to whoever listens instead, if anybody does", async () => {
    const { heard, visit } = makeVisits({ warn: true, cookie: { secure: true } });
    const blocked = heard("blocked");
    await visit(begin);
    expect([blocked, await said()]).toEqual([[{ reason: "insecure" }], []]);
  });
});

describe("a new session that nobody asks for", () => {
  const { lines, session } = watchDebug();

  test("is not even made", async () => {
    await makeVisits({ session }).visit((_req, res) => res.end());
    expect(lines()).toEqual([]);
    await makeVisits({ session, unset: "destroy" }).visit((_req, res) => res.end());
    expect(lines()).toEqual(["no SID sent, generating session"]);
  });
});
