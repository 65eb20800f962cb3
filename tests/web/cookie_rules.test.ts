/** The rules of the options hold for what a handler makes of its cookie, and for whoever keeps its response. */
import { describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import {
  type Any,
  makeSessions,
  request,
  SECRET,
  setCookieOf,
  URL_OF_APP,
  visit,
} from "./support.ts";

const DAY = 86_400_000;

describe("S21 S23 what is set at run time", () => {
  test.each<[string, (cookie: Any) => void, RegExp]>([
    ["a domain for __Host-", (cookie) => cookie.domain = "app.test", /__Host-/],
    ["a path for __Host-", (cookie) => cookie.path = "/app", /__Host-/],
    ["an open cookie for __Host-", (cookie) => cookie.secure = false, /"cookie.secure"/],
    ["900 days", (cookie) => cookie.maxAge = 900 * DAY, /"cookie.maxAge"/],
    ["a path that is none", (cookie) => cookie.path = "app", /"cookie.path"/],
    ["None without Secure", (cookie) => {
      cookie.secure = false;
      cookie.sameSite = "none";
    }, /"cookie/],
  ])("%s is refused by its name, and nothing is stored", async (_what, edit, says) => {
    const { sessions, store } = makeSessions();
    const error = await visit(sessions, undefined, (session) => {
      session.user = "ada";
      edit(session.cookie);
    }).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(["TypeError", "RangeError"]).toContain(error.name);
    expect(error.message).toMatch(says);
    expect(error.message).not.toContain("ada");
    expect(store.ids()).toEqual([]);
  });

  test("what browsers take is taken: 400 days, and an end in the past", async () => {
    for (const maxAge of [400 * DAY, 0, -1]) {
      const { sessions } = makeSessions();
      const { response } = await visit(sessions, undefined, (session) => {
        session.user = "ada";
        session.cookie.maxAge = maxAge;
      });
      expect(setCookieOf(response)).toBeDefined();
    }
  });
});

describe("Max-Age beside Expires", () => {
  test("a cookie that ends says after how long, for browsers with another clock", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: 1e12 });
    try {
      const { sessions } = makeSessions({ cookie: { maxAge: 90_000 } });
      const { response } = await visit(sessions, undefined, (session) => session.user = "ada");
      const text = setCookieOf(response)!;
      expect(text).toContain(`; Expires=${new Date(1e12 + 90_000).toUTCString()}`);
      expect(text).toMatch(/; Max-Age=90$/);
    } finally {
      vi.useRealTimers();
    }
  });

  test("one that ends with the browser says neither", async () => {
    const { response } = await visit(makeSessions().sessions, undefined, (s) => s.user = "ada");
    expect(setCookieOf(response)).not.toMatch(/Expires|Max-Age/);
  });
});

describe("S36 who may keep a response", () => {
  const answer = async (
    caching: string | undefined,
    {
      options = {},
      isLoggedIn = false,
      make = (init: ResponseInit) => new Response("page", init),
    } = {},
  ) => {
    const sessions = createSessions<Any>({ secret: SECRET, ...options });
    let heard = 0;
    sessions.on("cacheable", () => void heard++);
    const first = await visit(sessions, undefined, (session) => {
      return isLoggedIn ? session.login("ada") : session.a = 1;
    });
    const init = caching === undefined ? {} : { headers: { "cache-control": caching } };
    const handle = (act: (session: Any) => void) =>
      sessions.wrap((_request, session) => (act(session), make(init)));
    const read = await handle(() => {})(request(first.cookie));
    const sent = await handle((session) => session.b = 1)(request());
    const of = (response: Response) => response.headers.get("cache-control");
    return { read: of(read), sent: of(sent), heard };
  };

  test.each([
    [undefined, "no-store", 0],
    ["private", "private", 0],
    ["no-store", "no-store", 0],
    ["max-age=60", "max-age=60, private", 0],
    ["no-cache", "no-cache, private", 0],
    ["public, max-age=60", "public, max-age=60", 1],
    ["s-maxage=60", "s-maxage=60", 1],
  ])("with our cookie: %s becomes %s, reported %i times", async (caching, becomes, times) => {
    const { sent, heard, read } = await answer(caching);
    expect([sent, heard]).toEqual([becomes, times]);
    // Without it, a visitor who is nobody is the handler's business.
    expect(read).toBe(caching ?? null);
  });

  test("a page of somebody who is logged in is not shown again by the way back", async () => {
    expect((await answer(undefined, { isLoggedIn: true })).read).toBe("no-store");
    expect((await answer("max-age=60", { isLoggedIn: true })).read).toBe("max-age=60");
    const off = { isLoggedIn: true, options: { noStore: false } };
    expect((await answer(undefined, off)).read).toBeNull();
  });

  test("nor is one whose headers cannot be changed, as what fetch() brought", async () => {
    const make = () => Response.redirect(URL_OF_APP);
    expect((await answer(undefined, { isLoggedIn: true, make })).read).toBe("no-store");
  });
});

describe("S38 a logout may have the browser forget more", () => {
  const bye = async (options?: Any) => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => session.user = "ada");
    const { response } = await visit(sessions, cookie, (session) => session.logout(options));
    return response.headers.get("clear-site-data");
  };

  test("where it is asked to", async () => {
    expect(await bye()).toBeNull();
    expect(await bye({ clearSiteData: false })).toBeNull();
    expect(await bye({ clearSiteData: true })).toBe('"cache", "storage"');
    expect(await bye({ clearSiteData: ["*"] })).toBe('"*"');
  });

  test.each([["cache"], [[]], [["cookie"]], [1]])("%j is refused", async (clearSiteData) => {
    await expect(bye({ clearSiteData })).rejects.toThrow(/"clearSiteData"/);
  });
});
