/** Sessions by a framework's own cookies, and options that are known late. */
import { describe, expect, test } from "vitest";
import { type CookieJar, createSessions, type JarAttributes } from "../../mod.ts";
import { Hono } from "hono";
import { session as honoSession } from "../../src/web/hono.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, cookieOf, countingStore, makeSessions, request, SECRET } from "./support.ts";

type Given = [name: string, value: string, attributes: JarAttributes];

/** A browser whose cookies frameworks show in their own shapes. */
class Browser {
  readonly cookies = new Map<string, string>();
  given: Given[] = [];

  set(...given: Given): void {
    const [name, value, { maxAge }] = given;
    this.given.push(given);
    if (maxAge === 0) this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

const SHAPES: Record<string, (browser: Browser) => CookieJar> = {
  "SvelteKit's, of texts": (browser) => ({
    get: (name) => browser.cookies.get(name),
    set: (...given) => browser.set(...given),
  }),
  "Next's and Astro's, of objects": (browser) => ({
    get(name) {
      const value = browser.cookies.get(name);
      return value === undefined ? undefined : { name, value };
    },
    set: (...given) => browser.set(...given),
  }),
  "one that answers later": (browser) => ({
    get: (name) => Promise.resolve(browser.cookies.get(name) ?? null),
    set: (...given) => Promise.resolve(browser.set(...given)),
  }),
};

describe.each(Object.entries(SHAPES))("a jar: %s", (_shape, jarOf) => {
  test("a session begins, goes on, logs in and ends", async () => {
    const { sessions, store } = makeSessions({ cookie: { maxAge: 60_000, priority: "high" } });
    const browser = new Browser();
    const begun = await sessions.open(jarOf(browser));
    begun["n"] = 1;
    await sessions.commit(begun);
    const [[name, value, attributes]] = browser.given as [Given];
    expect(name).toBe("__Host-session");
    expect(value).toMatch(/^s:[\w-]{32}\.[\w+/]{43}$/);
    expect(attributes).toEqual({
      path: "/",
      httpOnly: true,
      secure: true,
      sameSite: "lax",
      priority: "high",
      maxAge: 60,
      expires: expect.any(Date) as Date,
    });

    const second = await sessions.open(Promise.resolve(jarOf(browser)));
    expect([second.isNew, second["n"]]).toEqual([false, 1]);
    await second.login("ada");
    await sessions.commit(second);
    expect(browser.cookies.get(name)).not.toBe(value);

    const third = await sessions.open(jarOf(browser));
    expect([third.subject, third["n"]]).toEqual(["ada", 1]);
    await third.logout();
    await sessions.commit(third);
    expect([browser.cookies.size, store.length()]).toEqual([0, 0]);
    expect(browser.given.at(-1)![2]).toMatchObject({ maxAge: 0, path: "/", secure: true });
  });

  test("who only reads sets nothing, and need not say that it is done", async () => {
    const { sessions } = makeSessions();
    const browser = new Browser();
    const session = await sessions.open(jarOf(browser));
    expect(session.subject).toBeUndefined();
    await sessions.commit(await sessions.open(jarOf(browser)));
    expect(browser.given).toEqual([]);
  });

  test("a sealed session goes over as many cookies as it takes", async () => {
    const store = cookieStore({ secret: SECRET, maxCookies: 3 });
    const sessions = createSessions<Any>({ store });
    const browser = new Browser();
    const begun = await sessions.open(jarOf(browser));
    begun["text"] = "x".repeat(5000);
    await sessions.commit(begun);
    expect([...browser.cookies.keys()]).toEqual(["__Host-session.0", "__Host-session.1"]);
    const next = await sessions.open(jarOf(browser));
    expect(next["text"]).toHaveLength(5000);
    next["text"] = "";
    await sessions.commit(next);
    expect([...browser.cookies.keys()]).toEqual(["__Host-session"]);
  });
});

describe("loaders of one request beside each other", () => {
  test("share the session of one jar, and its cookie", async () => {
    const store = countingStore();
    const { sessions } = makeSessions({ store });
    const browser = new Browser();
    const jar = SHAPES["one that answers later"]!(browser);
    const load = async (key: string) => {
      const session = await sessions.open(jar);
      session[key] = true;
      await sessions.commit(session);
      return session;
    };
    const [first, second] = await Promise.all([load("a"), load("b")]);
    expect(second).toBe(first);
    expect(new Set(browser.given.map(([, value]) => value)).size).toBe(1);
    expect(store.length()).toBe(1);
    const later = await sessions.open(jar);
    expect([later["a"], later["b"]]).toEqual([true, true]);
  });

  test("… and that of one Request", async () => {
    const { sessions } = makeSessions();
    const asked = request();
    const [first, second] = await Promise.all([sessions.open(asked), sessions.open(asked)]);
    expect(second).toBe(first);
  });

  test("a jar that is opened again after a login has the new session", async () => {
    const { sessions } = makeSessions();
    const jar = SHAPES["SvelteKit's, of texts"]!(new Browser());
    const begun = await sessions.open(jar);
    begun["n"] = 1;
    await sessions.commit(begun);
    const again = await sessions.open(jar);
    await again.login("ada");
    await sessions.commit(again);
    const last = await sessions.open(jar);
    expect([last.subject, last["n"]]).toEqual(["ada", 1]);
  });
});

test("what is thrown after commit() loses nothing", async () => {
  const { sessions } = makeSessions();
  const browser = new Browser();
  const jar = SHAPES["SvelteKit's, of texts"]!(browser);
  const action = async () => {
    const session = await sessions.open(jar);
    await session.login("ada");
    await sessions.commit(session);
    throw { status: 303, location: "/" };
  };
  await expect(action()).rejects.toMatchObject({ status: 303 });
  expect((await sessions.open(SHAPES["SvelteKit's, of texts"]!(browser))).subject).toBe("ada");
});

test("the request says whether it came over https, and is what options are asked with", async () => {
  const asked: string[] = [];
  const { sessions } = makeSessions({
    name: "sid",
    cookie: (request) => (asked.push(request.url), { secure: "auto" }),
  });
  const secureBy = async (request?: Request) => {
    const browser = new Browser();
    const session = await sessions.open(SHAPES["SvelteKit's, of texts"]!(browser), request);
    session["n"] = 1;
    await sessions.commit(session);
    return browser.given[0]![2].secure ?? false;
  };
  expect(await secureBy()).toBe(true);
  expect(await secureBy(request(undefined, "https://app.test/a"))).toBe(true);
  expect(await secureBy(request(undefined, "http://app.test/b"))).toBe(false);
  expect(new Set(asked)).toEqual(
    new Set(["https://localhost/", "https://app.test/a", "http://app.test/b"]),
  );
});

test("commit() without a response is for sessions of a jar, and once", async () => {
  const { sessions } = makeSessions();
  await expect(sessions.commit(await sessions.open(request()))).rejects.toThrow(
    new TypeError("commit() needs a response where open() was given a Request"),
  );
  const session = await sessions.open(new Map() as never as CookieJar);
  await sessions.commit(session);
  await expect(sessions.commit(session)).rejects.toMatchObject({ code: "SESSION_COMMITTED" });
});

describe("options that are a function", () => {
  test("are asked for when the first request comes, and once", async () => {
    let asked = 0;
    const store = memoryStore();
    const sessions = createSessions<Any>(() => (asked++, { secret: SECRET, store }));
    const created: unknown[] = [];
    sessions.on("created", (event) => void created.push(event.session()));
    const handler = sessions.wrap((_request, session) => {
      session["n"] = ((session["n"] as number | undefined) ?? 0) + 1;
      return new Response(String(session["n"]));
    });
    expect(asked).toBe(0);
    const first = await handler(request());
    expect(await (await handler(request(cookieOf(first)))).text()).toBe("2");
    expect(asked).toBe(1);
    expect(sessions.store).toBe(store);
    // The handles of events are made by the secret, which is known by then.
    expect(await Promise.all(created)).toEqual([expect.stringMatching(/^[\w-]{16}$/)]);
  });

  test("that are wrong are told to each request, and to a build by none", async () => {
    let secret: string | undefined;
    const sessions = createSessions<Any>(() => ({ secret: secret! }));
    const handler = sessions.wrap(() => new Response());
    for (let time = 0; time < 2; time++) {
      await expect(handler(request())).rejects.toThrow("is the environment variable set?");
    }
    await expect(sessions.list("ada")).rejects.toThrow(TypeError);
    expect(() => sessions.store).toThrow(TypeError);
    secret = SECRET;
    expect((await handler(request())).status).toBe(200);
  });

  test("serve Hono too, which asks for them no earlier", async () => {
    let asked = 0;
    const sessions = createSessions<{ n: number }>(() => (asked++, { secret: SECRET }));
    const app = new Hono().use(honoSession({ sessions })).get("/", (c) => {
      c.var.session.n = 1;
      return c.text("done");
    });
    expect(asked).toBe(0);
    cookieOf(await app.request("https://app.test/"));
    expect(asked).toBe(1);
  });
});

describe("what a jar is told, and tells", () => {
  const open = (browser: Browser) => SHAPES["SvelteKit's, of texts"]!(browser);

  test("what has no get or no set is no jar", async () => {
    const { sessions } = makeSessions();
    for (const where of [{ get() {} }, { set() {} }, { get: 1, set: 1 }]) {
      await expect(sessions.open(where as never)).rejects.toThrow("A session needs a Request");
    }
  });

  test("an empty one brings no cookie that could be rejected", async () => {
    const { sessions } = makeSessions();
    const rejected: unknown[] = [];
    sessions.on("rejected", ({ reason }) => void rejected.push(reason));
    await sessions.open(open(new Browser()));
    expect(rejected).toEqual([]);
  });

  test("has one session until all who opened it are done", async () => {
    const { sessions } = makeSessions();
    const jar = open(new Browser());
    const session = await sessions.open(jar);
    expect(await sessions.open(jar)).toBe(session);
    await sessions.commit(session);
    expect(await sessions.open(jar)).toBe(session);
  });

  test("a path is given as it is, and one at least", async () => {
    for (const [path, given] of [["/App/a=B", "/App/a=B"], [undefined, "/"]] as const) {
      const { sessions } = makeSessions({ name: "session", cookie: { domain: "App.test" } });
      const browser = new Browser();
      const session = await sessions.open(open(browser));
      session["n"] = 1;
      session.cookie.path = path;
      await sessions.commit(session);
      const [[, , attributes]] = browser.given as [Given];
      expect([attributes.path, attributes.domain]).toEqual([given, "App.test"]);
    }
  });

  test("a set() that fails later is a failed commit(), and a reply is not waited for", async () => {
    const { sessions } = makeSessions();
    const planned = new Error("planned");
    const committing = async (set: () => unknown) => {
      const session = await sessions.open({ get: () => undefined, set });
      session["n"] = 1;
      await sessions.commit(session);
    };
    await expect(committing(() => Promise.reject(planned))).rejects.toBe(planned);
    // As Fastify's: a thenable that is done when its response has left.
    await committing(() => ({ then() {} }));
  });
});
