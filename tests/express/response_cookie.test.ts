/** The session's cookie leaves with the responses that need it, once, beside those of others. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { login, logout } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { watchWarnings } from "../web/warned.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { type Any, signature, signed } from "./support/libraries.ts";
import { begin, look, makeVisits } from "./support/visits.ts";

const NOW = 1_800_000_000_000;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => void vi.useRealTimers());
const { said } = watchWarnings();

/** As a cookie says when it ends. */
const ends = (at: number) => `Expires=${new Date(at).toUTCString()}`;

const removal = `connect.sid=; Path=/; ${ends(0)}; HttpOnly; Max-Age=0`;

/** The cookie of the same session, signed by a secret that was replaced. */
function signedBefore(cookie: string): string {
  const text = decodeURIComponent(cookie);
  return signed(text.slice(2, text.lastIndexOf(".")), "old cat");
}

/** A store that fails to take changes, once it is told to. */
function failing(options: Any = {}) {
  const store: Any = memoryStore({ sweepInterval: 0 });
  const { commit } = store;
  const app = makeVisits({ store, ...options });
  return {
    ...app,
    fail: (act: () => void = () => {}) =>
      store.commit = () => {
        act();
        throw new Error("disk full");
      },
    mend: () => store.commit = commit,
  };
}

describe("a response brings the cookie", () => {
  test("of a session that begins, and of none that is as it was", async () => {
    const { visit } = makeVisits();
    const { cookie, cookies } = await visit(begin);
    expect(cookies).toEqual([`connect.sid=${cookie}; Path=/; HttpOnly`]);
    for (const handler of [look, begin, (req: Any, res: Any) => (req.session.m = 1, res.end())]) {
      expect((await visit(handler, cookie)).cookies).toEqual([]);
    }
    expect((await visit(look)).cookies).toEqual([]);
  });

  test("whose end moves with a change, and with each visit where it rolls", async () => {
    for (const rolling of [false, true]) {
      const { visit } = makeVisits({ rolling, cookie: { maxAge: 60_000 } });
      const { cookie } = await visit(begin);
      vi.setSystemTime(Date.now() + 10_000);
      const changed = await visit((req, res) => (req.session.n = 2, res.end()), cookie);
      expect(changed.cookies[0]).toContain(ends(Date.now() + 60_000));
      expect((await visit(look, cookie)).cookies).toHaveLength(rolling ? 1 : 0);
    }
  });

  test("that an older secret has signed, where it is stored, and signed anew", async () => {
    const { visit } = makeVisits({ secret: ["keyboard cat", "old cat"] });
    const { cookie } = await visit(begin);
    const old = signedBefore(cookie!);
    expect(signature.unsign(decodeURIComponent(old).slice(2), "old cat")).not.toBe(false);
    expect((await visit((req, res) => (req.session.n = 2, res.end()), old)).cookie).toBe(cookie);
    const saved = await visit(async (req, res) => {
      req.session.n = 3;
      await req.session.save();
      res.end();
    }, old);
    expect(saved.cookie).toBe(cookie);
    expect((await visit(look, old)).cookies).toEqual([]);
    expect((await visit((req, res) => (req.session.n = 4, res.end()), cookie)).cookies).toEqual([]);
  });

  test("by which a session is found that had another id a moment ago", async () => {
    const { visit } = makeVisits({ rotateAfter: 60_000 });
    const { cookie: first } = await visit(begin);
    vi.setSystemTime(Date.now() + 60_000);
    const { cookie: second } = await visit(look, first);
    expect(second).not.toBe(first);
    expect((await visit(look, first)).cookie).toBe(second);
    expect((await visit(look, second)).cookies).toEqual([]);
  });

  test("and not of a session that could not be read, nor of one that a route refuses", async () => {
    const options = { rolling: true, cookie: { maxAge: 60_000 }, onStoreError: "anonymous" };
    const store: Any = memoryStore({ sweepInterval: 0 });
    const { visit } = makeVisits({ store, ...options });
    const { cookie } = await visit(begin);
    const { read, readAndTouch } = store;
    store.read = store.readAndTouch = () => {
      throw new Error("no route");
    };
    const unread = await visit(look, cookie);
    Object.assign(store, { read, readAndTouch });
    expect([unread.status, unread.cookies]).toEqual([200, []]);
    expect((await visit(look, cookie)).cookies).toHaveLength(1);
  });
});

describe("a session that others have ended meanwhile", () => {
  const story = async (options: Any, change: (session: Any) => void = () => {}) => {
    const store = memoryStore({ sweepInterval: 0 });
    const { visit } = makeVisits({ store, rolling: true, ...options });
    const { cookie } = await visit(begin);
    const answers = [];
    for (const isHead of [false, true]) {
      const { cookies } = await visit(async (req, res) => {
        change(req.session);
        await store.destroy(req.sessionID);
        if (isHead) res.writeHead(200);
        res.end();
      }, cookie);
      answers.push(cookies.length);
      await visit((req, res) => (req.session.n = 1, res.end()), cookie);
      await store.create(decodeURIComponent(cookie!).slice(2).split(".")[0]!, {
        json: '{"cookie":{"path":"/"},"n":1}',
        expires: null,
      });
    }
    return answers;
  };

  test("has no cookie, whether it has an end or none", async () => {
    expect(await story({})).toEqual([0, 0]);
    expect(await story({ cookie: { maxAge: 60_000 } })).toEqual([0, 0]);
  });

  test("is removed from the browser by a cookie that has ended: that revives nothing", async () => {
    for (const end of [new Date(1), new Date(NOW)]) {
      expect(await story({}, ({ cookie }) => cookie.expires = end)).toEqual([1, 1]);
    }
    expect(await story({}, ({ cookie }) => cookie.expires = new Date(NOW + 1))).toEqual([0, 0]);
  });
});

describe("a Secure cookie over plain http", () => {
  test("does not leave: an event and a warning say so", async () => {
    const { heard, visit } = makeVisits({ cookie: { secure: true }, warn: true });
    const { cookies } = await visit(begin);
    expect([cookies, (await said())[0]]).toEqual([
      [],
      expect.stringContaining("the request came over plain http"),
    ]);
    const blocked = heard("blocked");
    await visit(begin);
    expect(blocked).toMatchObject([{ reason: "insecure" }]);
  });

  test("of a proxy that is not believed is told of as that", async () => {
    const { visit } = makeVisits({ cookie: { secure: true }, warn: true });
    await visit(begin, undefined, { headers: { "X-Forwarded-Proto": "https" } });
    expect(await said()).toEqual([expect.stringContaining("X-Forwarded-Proto")]);
  });

  test("leaves where the proxy is believed", async () => {
    const { visit } = makeVisits({ cookie: { secure: true }, proxy: true });
    const https = { headers: { "X-Forwarded-Proto": "https" } };
    expect((await visit(begin, undefined, https)).cookies[0]).toContain("Secure");
  });
});

describe("where the session was destroyed", () => {
  const story = async (handler: (req: Any, res: Any) => unknown, options: Any = {}) => {
    const { visit } = makeVisits(options);
    const { cookie } = await visit(begin);
    return (await visit(handler, cookie)).cookies;
  };
  const destroy = async (req: Any, res: Any) => {
    await req.session.destroy();
    res.end();
  };
  test("the browser's cookie is left, as by express-session, unless the options say more", async () => {
    expect(await story(destroy)).toEqual([]);
    expect(await story(destroy, { clearCookie: true })).toEqual([removal]);
    expect(await story(async (req, res) => (await logout(req), res.end()))).toEqual([removal]);
  });

  test("and the browser brought no cookie, none is removed", async () => {
    const { errors, visit } = makeVisits({ clearCookie: true });
    expect((await visit(destroy)).cookies).toEqual([]);
    expect((await visit(async (req, res) => (await logout(req), res.end()))).cookies).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("the cookies of others are left as they were written", async () => {
    const { visit } = makeVisits();
    const { headers } = await visit(async (req, res) => {
      res.setHeader("set-cookie", "own=1");
      await destroy(req, res);
    }, (await visit(begin)).cookie);
    expect(headers).toContainEqual(["set-cookie", "own=1"]);
  });

  test("the cookie of a record that no cookie can be of is removed as cookies are", async () => {
    const store = memoryStore({ sweepInterval: 0 });
    const { visit } = makeVisits({ store, clearCookie: true });
    const json = JSON.stringify({ cookie: { path: "/a;b", httpOnly: true }, n: 1 });
    await store.create("an-id", { json, expires: null });
    expect((await visit(destroy, signed("an-id"))).cookies).toEqual([removal]);
  });
});

describe("a cookie that is on a response whose headers were refused", () => {
  const refuse = (res: Any) => expect(() => res.writeHead(1000)).toThrow(RangeError);

  test("is there once in the end, beside those of others", async () => {
    const { visit } = makeVisits();
    for (const own of ["own=1", ["own=1", "more=2"]]) {
      const { cookie, cookies } = await visit((req, res) => {
        res.setHeader("Set-Cookie", own);
        req.session.n = 1;
        refuse(res);
        res.end();
      });
      expect(cookies).toEqual([own, `connect.sid=${cookie}; Path=/; HttpOnly`].flat());
    }
  });

  test("is there once, though somebody has taken all headers away meanwhile", async () => {
    const { errors, visit } = makeVisits();
    const { cookie, cookies } = await visit((req, res) => {
      req.session.n = 1;
      refuse(res);
      for (const name of res.getHeaderNames()) res.removeHeader(name);
      res.end();
    });
    expect([cookies, errors]).toEqual([[`connect.sid=${cookie}; Path=/; HttpOnly`], []]);
  });

  test("goes with a session that is destroyed, and leaves those of others", async () => {
    const { visit } = makeVisits();
    for (const own of [[], ["own=1"]]) {
      let has: unknown;
      const { cookies } = await visit(async (req, res) => {
        if (own.length > 0) res.setHeader("Set-Cookie", own);
        req.session.n = 1;
        refuse(res);
        await req.session.destroy();
        res.writeHead(200);
        has = res.hasHeader("Set-Cookie");
        res.end();
      });
      expect([cookies, has]).toEqual([own, own.length > 0]);
    }
  });
});

test("a response that takes no headers is an error of nobody's", async () => {
  const { sessions } = makeVisits();
  for (const isRefused of [false, true]) {
    const req: Any = { headers: {}, url: "/" };
    let tries = 0;
    const res: Any = {
      writeHead: () => {
        if (isRefused && tries++ === 0) throw new Error("refused");
      },
    };
    const nexts: unknown[] = [];
    sessions(req, res, (error?: unknown) => nexts.push(error));
    req.session.n = 1;
    if (isRefused) expect(() => res.writeHead(200)).toThrow("refused");
    res.writeHead(200);
    await new Promise(setImmediate);
    expect(nexts).toEqual([undefined]);
  }
});

describe("a cookie that no browser accepts is told of as it leaves", () => {
  const told = async (edit: (cookie: Any) => void, options: Any = {}) => {
    const { visit } = makeVisits({ warn: true, ...options });
    const { cookies } = await visit((req, res) => {
      req.session.n = 1;
      edit(req.session.cookie);
      res.end();
    });
    expect(cookies).toHaveLength(1);
    return await said();
  };

  test.each<[what: string, edit: (cookie: Any) => void]>([
    ["SameSite=None", (cookie) => cookie.sameSite = "none"],
    ["Partitioned", (cookie) => cookie.partitioned = true],
  ])("%s without Secure, made of it by a handler", async (_what, edit) => {
    expect(await told(edit)).toEqual([
      expect.stringContaining("browsers will not accept this session cookie"),
    ]);
  });

  test("also where a call has stored it so a moment ago", async () => {
    const { visit } = makeVisits({ warn: true });
    await visit(async (req, res) => {
      req.session.n = 1;
      req.session.cookie.sameSite = "none";
      await req.session.save();
      res.end();
    });
    expect(await said()).toHaveLength(1);
  });

  test("and one that they accept is not talked about", async () => {
    expect(await told(() => {})).toEqual([]);
    expect(await told((cookie) => cookie.maxAge = 60_000)).toEqual([]);
    expect(await told((cookie) => cookie.sameSite = "strict")).toEqual([]);
  });
});

describe("on the error page for changes that were not stored", () => {
  const change = (req: Any, res: Any) => {
    req.session.late = 1;
    res.end("saved");
  };

  test("a session that was there before has no cookie, and a login that was stored has", async () => {
    const { fail, mend, visit } = failing({ rolling: true });
    const { cookie } = await visit(begin);
    fail();
    const kept = await visit(change, cookie);
    mend();
    const moved = await visit(async (req, res) => {
      await login(req, "ada");
      fail();
      change(req, res);
    }, cookie);
    mend();
    expect([kept.status, kept.cookies, moved.status]).toEqual([500, [], 500]);
    expect(moved.cookie).toBeDefined();
    expect((await visit(look, moved.cookie)).body).toContain('"n":1');
  });

  /** What such a page brings of a login that was stored. */
  const pageOf = async (options: Any, act: (req: Any, failAt: (ms: number) => void) => unknown) => {
    const { fail, visit } = failing(options);
    const { cookie } = await visit(begin);
    const { status, cookies } = await visit(async (req, res) => {
      await login(req, "ada");
      let took = 0;
      await act(req, (ms) => took = ms);
      fail(() => vi.setSystemTime(Date.now() + took));
      change(req, res);
    }, cookie);
    expect(status).toBe(500);
    return cookies;
  };

  test.each<[what: string, edit: (cookie: Any) => void, left: number]>([
    ["it ends as its visit has moved it", () => {}, 55_000],
    ["a lifetime that was not stored is not its own", (cookie) => cookie.maxAge = 900_000, 60_000],
  ])("%s", async (_what, edit, left) => {
    const cookies = await pageOf({ cookie: { maxAge: 60_000 } }, (req, failAt) => {
      edit(req.session.cookie);
      failAt(5000);
    });
    expect(cookies).toEqual([expect.stringContaining(ends(Date.now() + left))]);
  });

  test("a cookie without an end has none either, though one was made of it", async () => {
    const cookies = await pageOf({}, (req) => req.session.cookie.maxAge = 900_000);
    expect(cookies).toEqual([expect.not.stringContaining("Expires")]);
  });

  test("it does not leave over plain http, where it is Secure", async () => {
    expect(await pageOf({}, (req) => req.session.cookie.secure = true)).toEqual([]);
  });

  test("one that was ended meanwhile has none, and neither has an id that is not the session's", async () => {
    expect(await pageOf({}, (req) => req.sessionStore.destroy(req.session.id))).toEqual([]);
    expect(await pageOf({}, (req) => req.sessionID = "another")).toEqual([]);
  });

  test("one that the page itself logs out is removed", async () => {
    const { fail, mend, visit } = failing({
      page: async (_error: Error, req: Any, res: Any) => {
        mend();
        await logout(req);
        res.end("bye");
      },
    });
    const { cookie } = await visit(begin);
    fail();
    const { body, cookies } = await visit(change, cookie);
    expect([body, cookies]).toEqual(["bye", [removal]]);
  });
});

describe("DEBUG=express-session", () => {
  const { lines, session } = watchDebug();

  test("tells why no cookie leaves", async () => {
    await makeVisits({ session, cookie: { secure: true } }).visit(begin);
    await makeVisits({ session }).visit((req, res) => {
      res.write("begun");
      req.session.n = 1;
      res.end();
    });
    const said = lines().filter((line) => !line.endsWith("#"));
    expect(said).toEqual(["not secured", "headers already sent"]);
    await makeVisits({ session }).visit(begin);
    expect(lines()).toEqual(["saving #", "set-cookie for #"]);
  });
});
