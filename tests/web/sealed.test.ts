/** Sessions sealed into their cookies, through every Web entry. */
import { Hono } from "hono";
import { afterEach, describe, expect, test, vi } from "vitest";
import {
  createSessions,
  type SealedSessionOptions,
  type SealedStore,
  type SessionError,
  type Sessions,
} from "../../mod.ts";
import sessionOfExpress, { toExpressStore } from "../../src/express/mod.ts";
import { session } from "../../src/web/hono.ts";
import {
  cookieStore,
  type CookieStoreOptions,
  epochStore,
  sealedTransport,
} from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, gate, SECRET, spyOnCrypto, URL_OF_APP } from "./support.ts";

const NAME = "__Host-session";
const OLD = "an older secret of the tests, 32 bytes+";

/** A browser: keeps what it is sent, and drops what it is told to. */
class Jar {
  readonly cookies = new Map<string, string>();
  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
  request(path = ""): Request {
    const { header } = this;
    return new Request(URL_OF_APP + path, header === "" ? {} : { headers: { cookie: header } });
  }
  take(response: Response): void {
    for (const text of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(text)!;
      if (/; Max-Age=0$/.test(text)) this.cookies.delete(name!);
      else this.cookies.set(name!, value!);
    }
  }
  copy(): Jar {
    const jar = new Jar();
    for (const [name, value] of this.cookies) jar.cookies.set(name, value);
    return jar;
  }
}

function make(
  options: Partial<SealedSessionOptions> = {},
  store: Partial<CookieStoreOptions> = {},
): Sessions<Any> {
  return createSessions<Any>({ store: cookieStore({ secret: SECRET, ...store }), ...options });
}

async function visit<T>(
  sessions: Sessions<Any>,
  jar: Jar,
  act: (session: Any) => T | Promise<T>,
  response = () => new Response("done"),
): Promise<{ result: T; set: string[]; response: Response }> {
  let result: T;
  const answer = await sessions.wrap(async (_request, session) => {
    result = await act(session);
    return response();
  })(jar.request());
  jar.take(answer);
  return { result: result!, set: answer.headers.getSetCookie(), response: answer };
}

const user = (session: Any): unknown => session["user"];
const code = (promise: Promise<unknown>): Promise<string | undefined> =>
  promise.then(() => undefined, (error) => (error as SessionError).code);

let crypto: ReturnType<typeof spyOnCrypto> | undefined;
afterEach(() => crypto?.restore());

describe("the whole session is in its cookie", () => {
  test("what one request stores the next finds, under the same id", async () => {
    const sessions = make();
    const jar = new Jar();
    const first = await visit(sessions, jar, (session) => {
      session["user"] = "ada";
      return session["id"] as string;
    });
    expect(first.set).toHaveLength(1);
    expect(first.set[0]).toMatch(
      /^__Host-session=1\.[\w-]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(first.set[0]).not.toContain("ada");
    const second = await visit(sessions, jar, (session) => [session["id"], user(session)]);
    expect(second.result).toEqual([first.result, "ada"]);
    expect(second.set).toEqual([]);
    // Another process with the same secret needs nothing else.
    expect((await visit(make(), jar, user)).result).toBe("ada");
  });

  test("a change is a new cookie, a visit without one is none", async () => {
    const sessions = make();
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    expect((await visit(sessions, jar, (session) => session["user"] = "bob")).set).toHaveLength(1);
    expect((await visit(sessions, jar, user)).result).toBe("bob");
    expect((await visit(sessions, jar, (session) => session["user"] = "bob")).set).toEqual([]);
  });

  test("anonymous visits cost no crypto, whatever other cookies they bring", async () => {
    const sessions = make();
    crypto = spyOnCrypto();
    const jar = new Jar();
    expect((await visit(sessions, jar, user)).set).toEqual([]);
    const token = `1.${"A".repeat(80)}`;
    jar.cookies.set("theme", "dark").set(`${NAME}-of-another`, token).set(`x${NAME}`, token);
    const { set, response } = await visit(sessions, jar, (session) => session["flash"]("error"));
    expect([set, crypto.calls()]).toEqual([[], 0]);
    expect(response.headers.has("cache-control")).toBe(false);
  });

  test("login changes the id, and its data and subject come back", async () => {
    const sessions = make();
    const jar = new Jar();
    const before = await visit(sessions, jar, (session) => {
      session["cart"] = 1;
      return session["id"];
    });
    const login = await visit(sessions, jar, async (session) => {
      await session["login"]("ada");
      return session["id"];
    });
    expect(login.result).not.toBe(before.result);
    const { result } = await visit(sessions, jar, (it) => [it["id"], it["subject"], it["cart"]]);
    expect(result).toEqual([login.result, "ada", 1]);
  });

  test("login of a visitor without a session, and changes after it, in one request", async () => {
    const sessions = make({}, { epoch: epochStore(memoryStore()) });
    const jar = new Jar();
    await visit(sessions, jar, async (session) => {
      await session["login"]("ada");
      await session["save"]();
      session["user"] = "ada";
      await session["update"]((data: Any) => data["n"] = 1);
      await session["regenerate"]({ keep: true });
      session["late"] = true;
    });
    const { result } = await visit(sessions, jar, (it) => [it["subject"], it["n"], it["late"]]);
    expect(result).toEqual(["ada", 1, true]);
  });

  test("regenerate() keeps what it is told to keep", async () => {
    const sessions = make();
    const jar = new Jar();
    const begin = await visit(sessions, jar, (session) => {
      Object.assign(session, { user: "ada", cart: 1 });
      return session["id"];
    });
    const kept = await visit(sessions, jar, async (session) => {
      await session["regenerate"]({ keep: ["cart"] });
      return session["id"];
    });
    expect(kept.result).not.toBe(begin.result);
    const after = await visit(sessions, jar, (it) => [it["id"], it["cart"], it["user"]]);
    expect(after.result).toEqual([kept.result, 1, undefined]);
    await visit(sessions, jar, (session) => session["regenerate"]());
    expect((await visit(sessions, jar, (it) => [it["id"] !== kept.result, it["cart"]])).result)
      .toEqual([true, undefined]);
  });

  test("flash, take, update and reload work within and across requests", async () => {
    const sessions = make();
    const jar = new Jar();
    await visit(sessions, jar, async (session) => {
      session["flash"]("info", "saved");
      for (let i = 0; i < 3; i++) await session["update"]((d: Any) => d["n"] = (d["n"] ?? 0) + 1);
      session["n"] = 99;
      await session["reload"]();
    });
    const { result } = await visit(sessions, jar, async (session) => [
      session["flash"]("info"),
      await session["take"]("n"),
      await session["take"]("n"),
    ]);
    expect(result).toEqual([["saved"], 3, undefined]);
    expect((await visit(sessions, jar, (it) => [it["flash"]("info"), it["n"]])).result)
      .toEqual([[], undefined]);
  });

  test("S03 a cookie that was changed is nobody's, and an event", async () => {
    const sessions = make();
    const heard: string[] = [];
    sessions.on("rejected", ({ reason }) => heard.push(reason));
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const token = jar.cookies.get(NAME)!;
    for (const at of [2, 20, token.length - 6]) {
      const other = token[at] === "A" ? "B" : "A";
      jar.cookies.set(NAME, token.slice(0, at) + other + token.slice(at + 1));
      expect((await visit(sessions, jar, user)).result).toBeUndefined();
    }
    expect(heard).toEqual(["signature", "signature", "signature"]);
    // Sealed with the secret, for something else.
    const store = cookieStore({ secret: SECRET });
    for (const json of ['{"cookie":{},"user":"ada"}', 'no id\n{"cookie":{},"user":"ada"}']) {
      jar.cookies.set(NAME, (await store.seal(NAME, { json, expires: null }))!);
      expect((await visit(sessions, jar, user)).result).toBeUndefined();
    }
    expect(heard.slice(3)).toEqual(["corrupt", "corrupt"]);
  });
});

test("S85 each way a sealed session is refused has a reason of its own", async () => {
  let shift = 0;
  const now = () => Date.now() + shift;
  const epoch = epochStore(memoryStore());
  const sessions = make({ cookie: { maxAge: 60_000 } }, { epoch, now });
  const heard: string[] = [];
  sessions.on("rejected", ({ reason }) => heard.push(reason));
  const begun = async (of = sessions) => {
    const jar = new Jar();
    await visit(of, jar, (session) => session["user"] = "ada");
    return jar.header;
  };
  const reasonsOf = async (cookie: string): Promise<string[]> => {
    heard.length = 0;
    const request = new Request(URL_OF_APP, { headers: { cookie } });
    await sessions.wrap((_request, session) => {
      expect(user(session)).toBeUndefined();
      return new Response();
    })(request);
    return [...heard];
  };
  const foreign = await begun(make({}, { secret: OLD }));
  const [one, other] = [await begun(), await begun()];
  const revoked = new Jar();
  await visit(sessions, revoked, (session) => session["user"] = "ada");
  const copy = revoked.header;
  await visit(sessions, revoked, (session) => session["logout"]());
  expect({
    signature: await reasonsOf(foreign),
    renamed: await reasonsOf((await begun(make({ name: "sid" }))).replace("sid=", `${NAME}=`)),
    duplicate: await reasonsOf(`${one}; ${other}`),
    unknown: await reasonsOf(copy),
    unknownBesideJunk: await reasonsOf(`${foreign}; ${copy}; ${NAME}=junk`),
  }).toEqual({
    signature: ["signature"],
    renamed: ["signature"],
    duplicate: ["duplicate"],
    unknown: ["unknown"],
    unknownBesideJunk: ["unknown"],
  });
  shift = 60_001;
  expect([await reasonsOf(one), await reasonsOf(`${one}; ${copy}`)])
    .toEqual([["expired"], ["expired"]]);
});

describe("logout", () => {
  test("S26 deletes the cookie with the attributes it was set with", async () => {
    for (const cookie of [{}, { domain: "app.test", path: "/a", partitioned: true }]) {
      const sessions = make({ cookie, name: "sid" });
      const jar = new Jar();
      const begun = await visit(sessions, jar, (session) => session["user"] = "ada");
      const { set } = await visit(sessions, jar, (session) => session["logout"]());
      const attributes = begun.set[0]!.replace(/^[^;]*/, "").split("; ");
      expect(set).toHaveLength(1);
      expect(set[0]).toMatch(/^sid=; .*Expires=Thu, 01 Jan 1970 00:00:00 GMT.*; Max-Age=0$/);
      expect(set[0]!.split("; ")).toEqual(expect.arrayContaining(attributes.slice(1)));
      expect(jar.header).toBe("");
      expect((await visit(sessions, jar, user)).result).toBeUndefined();
    }
  });

  test("without an epoch a copied cookie works until it expires", async () => {
    const clock = { time: Date.now() };
    const sessions = make({}, { ttl: 60, now: () => clock.time });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const copy = jar.copy();
    await visit(sessions, jar, (session) => session["logout"]());
    expect((await visit(sessions, copy, user)).result).toBe("ada");
    clock.time += 60_000;
    expect((await visit(sessions, copy, user)).result).toBeUndefined();
  });

  test("with an epoch a copied cookie is dead, and so is the one before a login", async () => {
    const sessions = make({}, { epoch: epochStore(memoryStore()) });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const first = jar.copy();
    await visit(sessions, jar, (session) => session["login"]("ada"));
    expect((await visit(sessions, first, user)).result).toBeUndefined();
    const second = jar.copy();
    expect((await visit(sessions, second, user)).result).toBe("ada");
    await visit(sessions, jar, (session) => session["logout"]());
    expect((await visit(sessions, second, user)).result).toBeUndefined();
  });

  test("I1 a parallel request does not bring the session back: its changes are an event", async () => {
    const sessions = make({}, { epoch: epochStore(memoryStore()) });
    let discarded = 0;
    sessions.on("discarded", () => discarded++);
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const [arrived, goOn] = [gate(), gate()];
    const copy = jar.copy();
    const slow = visit(sessions, copy, async (session) => {
      arrived.open();
      await goOn.wait;
      session["late"] = true;
      return await code(session["save"]());
    });
    // Unsealing takes a while, and either could be first.
    await arrived.wait;
    await visit(sessions, jar, (session) => session["logout"]());
    goOn.open();
    const { result, set } = await slow;
    expect([result, set, discarded]).toEqual(["SESSION_GONE", [], 1]);
  });

  test("a login that is logged out again in the same request leaves nothing", async () => {
    const sessions = make();
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const { set } = await visit(sessions, jar, async (session) => {
      await session["login"]("ada");
      await session["logout"]();
    });
    expect([set.length, jar.header]).toEqual([1, ""]);
    const nobody = await visit(sessions, new Jar(), async (session) => {
      await session["login"]("ada");
      await session["logout"]();
    });
    expect(nobody.set).toEqual([]);
  });

  test("a session that regenerate() ended ends though the handler failed afterwards", async () => {
    const sessions = make();
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const failed = () => new Response("failed", { status: 500 });
    const copy = jar.copy();
    await visit(sessions, jar, (session) => session["regenerate"](), failed);
    expect(jar.header).toBe("");
    // What was sealed on the way is not sent either.
    await visit(sessions, copy, async (session) => {
      session["user"] = "bob";
      await session["save"]();
      await session["regenerate"]();
    }, failed);
    expect(copy.header).toBe("");
  });
});

describe("a handler that fails", () => {
  const failed = (): Response => new Response("failed", { status: 500 });

  test("drops its changes, and keeps what it had saved and whom it had logged in", async () => {
    const sessions = make({ rolling: true });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    expect((await visit(sessions, jar, (it) => it["user"] = "bob", failed)).set).toEqual([]);
    await visit(sessions, jar, async (session) => {
      session["saved"] = 1;
      await session["save"]();
      session["dropped"] = 1;
    }, failed);
    await visit(sessions, jar, (session) => session["login"]("ada"), failed);
    const { result } = await visit(
      sessions,
      jar,
      (it) => [user(it), it["saved"], it["dropped"], it["subject"]],
    );
    expect(result).toEqual(["ada", 1, undefined, "ada"]);
  });
});

describe("a large session", () => {
  const large = "x".repeat(4_000);

  test("takes several cookies; when it shrinks, the rest is deleted, and so at logout", async () => {
    const sessions = make();
    const jar = new Jar();
    const app = () => new Response("ok", { headers: { "set-cookie": "theme=dark" } });
    await visit(sessions, jar, (session) => session["small"] = 1, app);
    expect([...jar.cookies.keys()]).toEqual(["theme", NAME]);
    const grown = await visit(sessions, jar, (session) => session["data"] = large, app);
    expect([...jar.cookies.keys()].sort()).toEqual([`${NAME}.0`, `${NAME}.1`, "theme"].sort());
    expect(grown.set[0]).toBe("theme=dark");
    expect(grown.set).toHaveLength(4);
    for (const each of grown.set) expect(each.split(";")[0]!.length).toBeLessThanOrEqual(4096);
    const back = await visit(sessions, jar, (it) => [it["small"], it["data"]]);
    expect(back.result).toEqual([1, large]);
    await visit(sessions, jar, (session) => delete session["data"], app);
    expect([...jar.cookies.keys()].sort()).toEqual([NAME, "theme"].sort());
    expect((await visit(sessions, jar, (it) => [it["small"], it["data"]])).result)
      .toEqual([1, undefined]);
    await visit(sessions, jar, (session) => session["data"] = large);
    await visit(sessions, jar, (session) => session["logout"]());
    expect(jar.header).toBe("theme=dark");
  });

  test("is SESSION_TOO_LARGE where it is stored, and the one before stays", async () => {
    const sessions = make();
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const kept = jar.header;
    const explicit = await visit(sessions, jar, async (session) => {
      session["data"] = large.repeat(3);
      const failure = await code(session["save"]());
      delete session["data"];
      return failure;
    });
    expect([explicit.result, jar.header]).toEqual(["SESSION_TOO_LARGE", kept]);
    const implicit = visit(sessions, jar, (session) => session["data"] = large.repeat(3));
    expect(await code(implicit)).toBe("SESSION_TOO_LARGE");
    expect((await visit(sessions, jar, user)).result).toBe("ada");
  });

  test("a constant response never hands one visitor's parts to the next", async () => {
    const sessions = make();
    const headers = [["content-type", "text/plain"], ["set-cookie", "own=1"]] as [string, string][];
    const constant = new Response(null, { headers });
    const [ada, bob, eve] = [new Jar(), new Jar(), new Jar()];
    await visit(sessions, ada, (session) => session["data"] = large, () => constant);
    const { set } = await visit(sessions, bob, (it) => it["user"] = "bob", () => constant);
    expect(set).toHaveLength(2);
    expect((await visit(sessions, eve, user, () => constant)).set).toEqual(["own=1"]);
  });
});

describe("time", () => {
  const maxAge = 60_000;
  /** The cookie's own clock is the system's: the store's moves from there. */
  function clocked(options: Partial<SealedSessionOptions>) {
    const clock = { shift: 0 };
    return { clock, sessions: make(options, { now: () => Date.now() + clock.shift }) };
  }
  const endOf = (set: string[]): number => Date.parse(/Expires=([^;]+)/.exec(set[0]!)![1]!);

  test("maxAge ends the session inside its token, whatever the browser does", async () => {
    const { clock, sessions } = clocked({ cookie: { maxAge } });
    const jar = new Jar();
    const { set } = await visit(sessions, jar, (session) => session["user"] = "ada");
    expect(Math.abs(endOf(set) - Date.now() - maxAge)).toBeLessThan(5_000);
    expect((await visit(sessions, jar, user)).result).toBe("ada");
    clock.shift = maxAge + 1;
    expect((await visit(sessions, jar, user)).result).toBeUndefined();
  });

  test("without rolling a visit moves no end, and costs no sealing", async () => {
    const { sessions } = clocked({ cookie: { maxAge } });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const seal = vi.spyOn(globalThis.crypto.subtle, "encrypt");
    try {
      expect((await visit(sessions, jar, user)).set).toEqual([]);
      expect(seal.mock.calls).toHaveLength(0);
    } finally {
      seal.mockRestore();
    }
  });

  test("with rolling every visit moves both ends, and the subject stays", async () => {
    // The cookie's clock is the system's, and cannot be moved: this session began long ago.
    const epoch = epochStore(memoryStore());
    const rolling = (shift: number) =>
      make({ cookie: { maxAge }, rolling: true }, { epoch, now: () => Date.now() + shift });
    const jar = new Jar();
    const meta = { $websession: { subject: "ada" }, cookie: { originalMaxAge: maxAge } };
    const begun = await cookieStore({ secret: SECRET }).seal(NAME, {
      json: `an-id\n${JSON.stringify(meta)}`,
      expires: Date.now() + 10_000,
      subject: "ada",
    });
    jar.cookies.set(NAME, begun!);
    const token = jar.cookies.get(NAME);
    const { set } = await visit(rolling(0), jar, (it) => it["subject"]);
    expect(set).toHaveLength(1);
    expect(jar.cookies.get(NAME)).not.toBe(token);
    expect((await visit(rolling(maxAge - 5_000), jar, (it) => it["subject"])).result).toBe("ada");
    // Sealed again or not, it is the subject's session.
    const sessions = rolling(0);
    await sessions.revokeAll("ada");
    expect((await visit(sessions, jar, (it) => it["subject"])).result).toBeUndefined();
  });

  test("a lifetime the handler changes is sealed and sent", async () => {
    const { clock, sessions } = clocked({ cookie: { maxAge } });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    const { set } = await visit(sessions, jar, (session) => session["cookie"].maxAge = 10 * maxAge);
    expect(Math.abs(endOf(set) - Date.now() - 10 * maxAge)).toBeLessThan(5_000);
    clock.shift = 9 * maxAge;
    expect((await visit(sessions, jar, user)).result).toBe("ada");
  });

  test("S11 a session of an older secret is sealed anew, once", async () => {
    const jar = new Jar();
    await visit(make({}, { secret: OLD }), jar, (session) => session["user"] = "ada");
    const rotating = make({}, { secret: [SECRET, OLD] });
    const { result, set } = await visit(rotating, jar, user);
    expect([result, set.length]).toEqual(["ada", 1]);
    expect((await visit(rotating, jar, user)).set).toEqual([]);
    expect((await visit(make(), jar, user)).result).toBe("ada");
  });
});

describe("what cannot be kept is refused", () => {
  test("once the response has left, nothing is stored: SESSION_COMMITTED", async () => {
    const sessions = make();
    const jar = new Jar();
    await visit(sessions, jar, (session) => session["user"] = "ada");
    for (const late of ["save", "update", "logout", "regenerate"]) {
      const opened = await sessions.open(jar.request());
      await sessions.commit(opened, new Response("ok"));
      opened["user"] = "bob";
      expect([late, await code((opened as Any)[late](() => {}))])
        .toEqual([late, "SESSION_COMMITTED"]);
    }
  });

  test("changes that the response cannot carry are an event", async () => {
    const blocked: string[] = [];
    const jar = new Jar();
    const sessions = make({ saveOnError: true });
    await visit(sessions, jar, (session) => session["user"] = "ada");
    sessions.on("blocked", ({ reason }) => blocked.push(reason));
    const response = await visit(sessions, jar, (it) => it["user"] = "bob", () => Response.error());
    expect([response.set, blocked]).toEqual([[], ["headers-sent"]]);
    const insecure = new Request("http://app.test/", { headers: { cookie: jar.header } });
    const answer = await sessions.wrap((_request, session) => {
      session["user"] = "bob";
      return new Response("ok");
    })(insecure);
    expect([answer.headers.getSetCookie(), blocked]).toEqual([[], ["headers-sent", "insecure"]]);
  });

  test("list, revoke and sparing one session: STORE_UNSUPPORTED", async () => {
    const sessions = make({}, { epoch: epochStore(memoryStore()) });
    expect(await code(sessions.list("ada"))).toBe("STORE_UNSUPPORTED");
    expect(await code(sessions.revoke("id"))).toBe("STORE_UNSUPPORTED");
    expect(await code(sessions.revokeAll("ada", { except: "id" }))).toBe("STORE_UNSUPPORTED");
    expect(await code(make().revokeAll("ada"))).toBe("STORE_UNSUPPORTED");
  });

  test("revokeAll() ends a subject's sessions in every copy, uncounted", async () => {
    const sessions = make({}, { epoch: epochStore(memoryStore()) });
    const [ada, bob] = [new Jar(), new Jar()];
    await visit(sessions, ada, (session) => session["login"]("ada"));
    await visit(sessions, bob, (session) => session["login"]("bob"));
    expect(await sessions.revokeAll("ada")).toBeNaN();
    expect((await visit(sessions, ada, (it) => it["subject"])).result).toBeUndefined();
    expect((await visit(sessions, bob, (it) => it["subject"])).result).toBe("bob");
  });

  test("an epoch that never answers is STORE_TIMEOUT", async () => {
    const jar = new Jar();
    await visit(make(), jar, (session) => session["user"] = "ada");
    const never = () => new Promise<never>(() => {});
    const epoch = { read: never, write: never };
    const asked: number[] = [];
    const clock = {
      now: () => Date.now(),
      after: (ms: number, run: () => void) => (asked.push(ms), queueMicrotask(run), () => {}),
    };
    const sessions = make({ clock, ioTimeout: 1_000 }, { epoch });
    expect(await code(visit(sessions, jar, user))).toBe("STORE_TIMEOUT");
    expect(await code(sessions.revokeAll("ada"))).toBe("STORE_TIMEOUT");
    expect(asked).toEqual([1_000, 1_000]);
  });

  test("a secret beside a sealed store, half a store, and the Express entry: TypeError", () => {
    const store = cookieStore({ secret: SECRET });
    const wrong = { store, secret: SECRET } as unknown as SealedSessionOptions;
    expect(() => createSessions(wrong)).toThrow(
      new TypeError('Option "secret" does nothing with a sealed store: that has its own'),
    );
    expect(() => session(wrong)).toThrow(TypeError);
    const half = { sealed: true, seal: () => {} } as unknown as typeof store;
    expect(() => createSessions({ store: half })).toThrow(/it has no method "find"/);
    const alone = Object.assign(cookieStore({ secret: SECRET }), { transport: undefined });
    expect(() => createSessions({ store: alone as never })).toThrow(/it has no method "transport"/);
    const refused = /must keep the sessions: a sealed store needs a Web entry/;
    expect(() => toExpressStore(store as never)).toThrow(refused);
    const options = { secret: SECRET, resave: false, saveUninitialized: false };
    expect(() => sessionOfExpress({ ...options, store: store as never })).toThrow(refused);
  });
});

test("a sealed store of one's own is served by the transport that ./stores/cookie hands out", async () => {
  const sealer = cookieStore({ secret: SECRET });
  const asked: string[] = [];
  const own: SealedStore = {
    sealed: true,
    atomic: false,
    transport: sealedTransport,
    seal: (...given) => (asked.push("seal"), sealer.seal(...given)),
    find: (...given) => (asked.push("find"), sealer.find(...given)),
    rotate: (...given) => sealer.rotate(...given),
    revoke: (...given) => sealer.revoke(...given),
    revokeAll: (...given) => sealer.revokeAll(...given),
    split: (...given) => sealer.split(...given),
    leftovers: (...given) => sealer.leftovers(...given),
  };
  const sessions = createSessions<Any>({ store: own });
  const jar = new Jar();
  await visit(sessions, jar, (session) => void (session.n = 1));
  const { result } = await visit(sessions, jar, (session) => session.n);
  expect([result, asked]).toEqual([1, ["seal", "find"]]);
});

test("Hono's middleware seals, finds, shrinks and deletes", async () => {
  const app = new Hono()
    .use(session<{ user: string; big: string }>({ store: cookieStore({ secret: SECRET }) }))
    .get("/login", async (c) => {
      c.header("set-cookie", "theme=dark", { append: true });
      await c.var.session.login("ada");
      c.var.session.user = "ada";
      return c.text("in");
    })
    .get("/grow", (c) => {
      c.var.session.big = "x".repeat(4_000);
      return c.text("big");
    })
    .get("/burst", (c) => {
      c.var.session.big = "x".repeat(40_000);
      return c.text("never");
    })
    .get("/logout", async (c) => {
      await c.var.session.logout();
      return c.redirect("/");
    })
    .get("/", (c) => c.text(`${c.var.session.subject} ${c.var.session.user}`));
  const errors: unknown[] = [];
  app.onError((error, c) => (errors.push((error as SessionError).code), c.text("error", 500)));
  const jar = new Jar();
  const get = async (path: string): Promise<string> => {
    const response = await app.request(jar.request(path));
    jar.take(response);
    return await response.text();
  };
  expect(await get("")).toBe("undefined undefined");
  expect(jar.header).toBe("");
  await get("login");
  expect([...jar.cookies.keys()]).toEqual(["theme", NAME]);
  expect(await get("")).toBe("ada ada");
  await get("grow");
  expect([...jar.cookies.keys()]).toEqual(["theme", `${NAME}.0`, `${NAME}.1`]);
  expect(await get("")).toBe("ada ada");
  expect(await get("burst")).toBe("error");
  expect(errors).toEqual(["SESSION_TOO_LARGE"]);
  expect(await get("")).toBe("ada ada");
  await get("logout");
  expect(jar.header).toBe("theme=dark");
});

describe("limits of a life", () => {
  const HOUR = 3_600_000;
  const makeAt = (
    options: Partial<SealedSessionOptions>,
    store: Partial<CookieStoreOptions> = {},
  ) => {
    const clock = { time: 1e12, now: () => clock.time, after: () => () => {} };
    return { clock, sessions: make({ clock, ...options }, { now: clock.now, ...store }) };
  };
  const user = (session: Any) => session.user;

  test("S48 silence ends it, and visits that only read keep it alive", async () => {
    const { sessions, clock } = makeAt({ idleTimeout: HOUR });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session.user = "ada");
    let sent = 0;
    for (let minutes = 0; minutes < 180; minutes++) {
      clock.time += 60_000;
      const { result, set } = await visit(sessions, jar, user);
      expect(result).toBe("ada");
      sent += set.length;
    }
    // It is sent again when its end has moved by a twentieth, not with every answer.
    expect(sent).toBeLessThan(61);
    clock.time += HOUR;
    expect((await visit(sessions, jar, user)).result).toBeUndefined();
  });

  test("S49 age ends it, whatever visits do", async () => {
    const { sessions, clock } = makeAt({
      idleTimeout: HOUR,
      absoluteTimeout: 2 * HOUR,
      rolling: true,
    });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session.user = "ada");
    for (let visits = 1; visits < 12; visits++) {
      clock.time += HOUR / 6;
      expect((await visit(sessions, jar, (s) => (s.n = visits, s.user))).result).toBe("ada");
    }
    const copy = jar.copy();
    clock.time += HOUR / 6;
    expect((await visit(sessions, copy, user)).result).toBeUndefined();
  });

  test("a limit never makes it live longer than its store lets it", async () => {
    const { sessions, clock } = makeAt({ absoluteTimeout: 10 * HOUR }, { ttl: HOUR / 1000 });
    const jar = new Jar();
    await visit(sessions, jar, (session) => session.user = "ada");
    clock.time += HOUR;
    expect((await visit(sessions, jar, user)).result).toBeUndefined();
  });
});
