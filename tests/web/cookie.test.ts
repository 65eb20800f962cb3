/** The cookie of the Web entries: how it is written, read, renewed and removed. */
import { describe, expect, test, vi } from "vitest";
import { createSessions, webSigner } from "../../mod.ts";
import type { SessionOptions } from "../../mod.ts";
import {
  cookieOf,
  countingStore,
  makeSessions,
  request,
  SECRET,
  setCookieOf,
  visit,
} from "./support.ts";

const write = (session: Record<string, unknown>) => void (session["user"] = "ada");

describe("writing", () => {
  test("S18 S19 S20 S21 S28 the defaults", async () => {
    const { response } = await visit(makeSessions().sessions, undefined, write);
    expect(setCookieOf(response)).toMatch(
      /^__Host-session=s%3A[\w-]{32}\.[\w%]+; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    );
  });

  test("S23 maxAge becomes Expires, counted from the answer", async () => {
    const { sessions } = makeSessions({ cookie: { maxAge: 60_000 } });
    const { response } = await visit(sessions, undefined, write);
    const expires = Date.parse(/Expires=([^;]+)/.exec(setCookieOf(response)!)![1]!);
    expect(Math.abs(expires - Date.now() - 60_000)).toBeLessThan(2000);
  });

  test("a prefix the attributes rule out is not the default name", async () => {
    for (const cookie of [{ domain: "app.test" }, { path: "/app" }, { secure: "auto" as const }]) {
      const { response } = await visit(makeSessions({ cookie }).sessions, undefined, write);
      cookieOf(response, "session");
    }
  });

  test("attributes may depend on the request", async () => {
    const { sessions } = makeSessions({
      name: "session",
      cookie: ({ url }) => ({ sameSite: url.includes("embed") ? "none" : "strict" }),
    });
    const handler = sessions.wrap((_request, session) => (write(session), new Response("ok")));
    const embedded = await handler(request(undefined, "https://app.test/embed"));
    expect(setCookieOf(embedded, "session")).toContain("SameSite=None");
    expect(setCookieOf(await handler(request()), "session")).toContain("SameSite=Strict");
  });

  test("S25 attributes a function made up are refused before anything is stored", async () => {
    for (
      const cookie of [{ path: "/; Domain=evil.test" }, { domain: "a\r\nb" }, { secure: false }]
    ) {
      const { sessions, store } = makeSessions({ name: "__Host-session", cookie: () => cookie });
      const handler = sessions.wrap((_request, session) => (write(session), new Response("ok")));
      await expect(handler(request())).rejects.toThrow(TypeError);
      expect(store.length()).toBe(0);
    }
  });

  test("a lifetime changed in the handler is sent and kept", async () => {
    const { sessions, store } = makeSessions();
    const first = await visit(sessions, undefined, write);
    const { response } = await visit(sessions, first.cookie, (session) => {
      session.cookie.maxAge = 3_600_000;
    });
    expect(setCookieOf(response)).toContain("Expires=");
    expect(JSON.parse(store.peek(store.ids()[0]!)!.json).cookie.originalMaxAge).toBe(3_600_000);
    const { result } = await visit(
      sessions,
      first.cookie,
      (session) => session.cookie.originalMaxAge,
    );
    expect(result).toBe(3_600_000);
  });

  test("S63 a stored record cannot weaken the cookie", async () => {
    const { sessions, store } = makeSessions({ rolling: true });
    const { cookie } = await visit(sessions, undefined, write);
    const id = store.ids()[0]!;
    const { json, version } = store.peek(id)!;
    const weak = { ...JSON.parse(json), cookie: { httpOnly: false, secure: false, path: "/x" } };
    store.commit(id, { json: JSON.stringify(weak), expires: null }, version);
    const { response } = await visit(sessions, cookie, () => {});
    expect(setCookieOf(response)).toMatch(/; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  });

  test("rolling sends it with every answer to a known session, and never to a stranger", async () => {
    const { sessions } = makeSessions({ rolling: true, cookie: { maxAge: 60_000 } });
    const { cookie } = await visit(sessions, undefined, write);
    expect(setCookieOf((await visit(sessions, cookie, () => {})).response)).toBeDefined();
    expect(setCookieOf((await visit(sessions, undefined, () => {})).response)).toBeUndefined();
  });
});

describe("removing", () => {
  for (
    const [what, options] of Object.entries<Partial<SessionOptions>>({
      "the defaults": {},
      "a domain and a path": { cookie: { domain: "app.test", path: "/app", sameSite: "strict" } },
      "S87 a partitioned cookie": { cookie: { partitioned: true, sameSite: "none" } },
      "no HttpOnly, no Secure": { cookie: { httpOnly: false, secure: false } },
    })
  ) {
    test(`S26 the deletion matches what was set: ${what}`, async () => {
      const { sessions } = makeSessions(options);
      const { cookie, response } = await visit(sessions, undefined, write);
      const name = cookie === undefined ? "session" : cookie.split("=")[0]!;
      const pair = cookie ?? cookieOf(response, name);
      const gone = await visit(sessions, pair, (session) => session.logout());
      const attributes = (text: string) =>
        text.split("; ").slice(1).filter((each) => !/^(Expires|Max-Age)=/.test(each)).sort();
      const deletion = setCookieOf(gone.response, name)!;
      expect(deletion.startsWith(`${name}=;`)).toBe(true);
      expect(attributes(deletion)).toEqual(attributes(setCookieOf(response, name)!));
      expect(deletion).toContain("Max-Age=0");
      expect(deletion).toContain("Expires=Thu, 01 Jan 1970 00:00:00 GMT");
      expect(gone.response.headers.getSetCookie()).toHaveLength(1);
    });
  }

  test("a visitor who brought no cookie is sent no deletion", async () => {
    const { response } = await visit(makeSessions().sessions, undefined, (s) => s.destroy());
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});

describe("insecure transport", () => {
  test("S29 over http nothing is sent and no new session is stored, not even by save()", async () => {
    const { sessions, store } = makeSessions();
    const blocked: string[] = [];
    sessions.on("blocked", ({ reason }) => blocked.push(reason));
    const acts: ((session: Record<string, never> & { save(): Promise<void> }) => unknown)[] = [
      write,
      async (session) => (write(session), await session.save()),
      async (session) => await (session as never as { update(f: unknown): unknown }).update(write),
      async (session) => await (session as never as { login(s: string): unknown }).login("ada"),
      async (session) => {
        write(session);
        await (session as never as { take(key: string): unknown }).take("user");
      },
    ];
    for (const act of acts) {
      const answer = await sessions.wrap(async (_request, session) => {
        await act(session as never);
        return new Response("ok");
      })(request(undefined, "http://app.test/"));
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(store.length()).toBe(0);
    }
    expect(new Set(blocked)).toEqual(new Set(["insecure"]));
  });

  test("this very machine counts as secure, as it does for browsers", async () => {
    const { sessions } = makeSessions();
    const handler = sessions.wrap((_request, session) => (write(session), new Response("ok")));
    for (const host of ["localhost:3000", "127.0.0.1", "[::1]:8080", "app.localhost"]) {
      cookieOf(await handler(request(undefined, `http://${host}/`)));
    }
    for (const host of ["localhost.evil.test", "127.0.0.1.evil.test", "10.0.0.1"]) {
      const answer = await handler(request(undefined, `http://${host}/`));
      expect(answer.headers.getSetCookie(), host).toEqual([]);
    }
  });

  test("S30 X-Forwarded-Proto counts only behind a trusted proxy, and its first item alone", async () => {
    const forwarded = (proto: string, proxy?: boolean) => {
      const { sessions } = makeSessions(proxy === undefined ? {} : { proxy });
      const handler = sessions.wrap((_request, session) => (write(session), new Response("ok")));
      const headers = { "x-forwarded-proto": proto };
      return handler(new Request("http://app.test/", { headers }));
    };
    expect(setCookieOf(await forwarded("https"))).toBeUndefined();
    expect(setCookieOf(await forwarded("https", false))).toBeUndefined();
    expect(setCookieOf(await forwarded("HTTPS, http", true))).toBeDefined();
    expect(setCookieOf(await forwarded("http, https", true))).toBeUndefined();
  });

  test("secure: auto follows the request", async () => {
    const { sessions } = makeSessions({ cookie: { secure: "auto" } });
    const handler = sessions.wrap((_request, session) => (write(session), new Response("ok")));
    const plain = setCookieOf(await handler(request(undefined, "http://app.test/")), "session");
    expect(plain).not.toContain("Secure");
    expect(setCookieOf(await handler(request()), "session")).toContain("Secure");
  });
});

describe("reading", () => {
  async function readsUser(cookie: string, sessions = made): Promise<unknown> {
    let user: unknown;
    await sessions.wrap((_request, session) => {
      user = session["user"];
      return new Response("ok");
    })(request(cookie));
    return user;
  }
  const { sessions: made, store } = makeSessions();
  const rejected: string[] = [];
  made.on("rejected", ({ reason }) => rejected.push(reason));
  const login = async (user: string) =>
    (await visit(made, undefined, (session) => void (session.user = user))).cookie!;

  test("S31 junk before ours hides nothing", async () => {
    const ada = await login("ada");
    expect(await readsUser(`__Host-session=junk; __Host-session=s%3Ax.y; ${ada}`)).toBe("ada");
    expect(await readsUser(`${ada}; __Host-session=junk`)).toBe("ada");
    expect(await readsUser(`${ada}; ${ada}`)).toBe("ada");
  });

  test("S31 S85 two valid ids are ambiguous: none is used", async () => {
    rejected.length = 0;
    expect(await readsUser(`${await login("ada")}; ${await login("eve")}`)).toBeUndefined();
    expect(rejected).toEqual(["duplicate"]);
  });

  test("S31 junk does not hide it, however many there are of it", async () => {
    const ada = await login("ada");
    const junk = (count: number) => "__Host-session=junk; ".repeat(count);
    for (const count of [7, 8, 180, 700]) expect(await readsUser(junk(count) + ada)).toBe("ada");
    // More than a server takes of a header is not looked at.
    expect(await readsUser(junk(1000) + ada)).toBeUndefined();
  });

  test("S32 only the exact name is read", async () => {
    const value = (await login("ada")).slice("__Host-session=".length);
    for (const name of ["__host-session", "__HOST-session", "x__Host-session", "__Host-session2"]) {
      expect(await readsUser(`${name}=${value}`), name).toBeUndefined();
    }
    expect(await readsUser(`a="; __Host-session=${value}`)).toBe("ada");
  });

  test("S10 S12 S35 S85 whatever is wrong with a cookie, the visitor is a stranger", async () => {
    const value = decodeURIComponent((await login("ada")).slice("__Host-session=".length));
    const unsigned = value.slice(2).split(".")[0]!;
    const cases: [string, string][] = [
      [unsigned, "unsigned"],
      [value.slice(2), "unsigned"],
      [`s:${unsigned}`, "signature"],
      [`s:${unsigned}.`, "signature"],
      [value.slice(0, -1), "signature"],
      [`${value}=`, "signature"],
      [value.replace(".", ".A"), "signature"],
      ["%E0%A4%A", "unsigned"],
    ];
    for (let index = 2; index < value.length; index++) {
      const flipped = value[index] === "A" ? "B" : "A";
      cases.push([value.slice(0, index) + flipped + value.slice(index + 1), "signature"]);
    }
    for (const [text, reason] of cases) {
      rejected.length = 0;
      const cookie = text.startsWith("%") ? text : encodeURIComponent(text);
      expect(await readsUser(`__Host-session=${cookie}`), text).toBeUndefined();
      expect(rejected, text).toEqual([reason]);
    }
  });

  test("S04 S39 an id nobody was given is never adopted, however well it is signed", async () => {
    const signed = await webSigner([SECRET]).sign("attacker-chose-this");
    rejected.length = 0;
    const { cookie } = await visit(made, `__Host-session=${encodeURIComponent(signed)}`, write);
    expect(cookie).not.toContain("attacker");
    expect(rejected).toEqual(["unknown"]);
    expect(store.peek("attacker-chose-this")).toBeUndefined();
  });

  test("S06 S07 a signed id of another shape reaches no store", async () => {
    const counting = countingStore();
    const { sessions } = makeSessions({ store: counting });
    for (const id of ["__proto__", "../../x", "a\r\nDEL b", "*", "x'--", "x".repeat(129)]) {
      const signed = encodeURIComponent(await webSigner([SECRET]).sign(id));
      await sessions.wrap(() => new Response("ok"))(request(`__Host-session=${signed}`));
    }
    // `__proto__` is a well-formed id like any other: to a store it is just unknown.
    expect(counting.calls.filter((verb) => verb !== "read")).toEqual([]);
    expect(counting.calls.length).toBe(1);
  });

  test("S05 an id anywhere else is ignored", async () => {
    const value = (await login("ada")).slice("__Host-session=".length);
    let user: unknown;
    await made.wrap((_request, session) => {
      user = session["user"];
      return new Response("ok");
    })(
      new Request(`https://app.test/?__Host-session=${value}`, {
        method: "POST",
        headers: { "x-session": value, authorization: `Bearer ${value}` },
        body: `__Host-session=${value}`,
      }),
    );
    expect(user).toBeUndefined();
  });

  test("S34 a hostile header of 10,000 pairs is read in linear time", async () => {
    const pairs = (count: number) => {
      const junk = '%;"=__Host-session;__proto__=1;'.repeat(count);
      return `${junk} ; __Host-session=%%%`;
    };
    // Looks at single characters and searches, each of which goes on where the one before ended.
    const work = async (count: number) => {
      const header = pairs(count);
      const spies = [
        vi.spyOn(String.prototype, "charCodeAt"),
        vi.spyOn(String.prototype, "indexOf"),
      ];
      try {
        await readsUser(header);
        return spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
      } finally {
        for (const spy of spies) spy.mockRestore();
      }
    };
    const [some, many] = [await work(1000), await work(10_000)];
    expect(some).toBeGreaterThan(1000);
    expect(many).toBeLessThan(some * 11);
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
  });
});

describe("S14 rotating secrets", () => {
  const old = "the old secret, which has 32 bytes".padEnd(40, "!");
  const store = makeSessions().store;
  const before = createSessions({ secret: old, store });
  const during = createSessions({ secret: [SECRET, old], store });
  const later = createSessions({ secret: [SECRET], store });

  test("a cookie signed with the old one works and is signed anew, once", async () => {
    const first = await visit(before, undefined, write);
    const second = await visit(during, first.cookie, (session) => session.user);
    expect(second.result).toBe("ada");
    expect(second.cookie).not.toBe(first.cookie);
    const third = await visit(during, second.cookie, (session) => session.user);
    expect([third.result, setCookieOf(third.response)]).toEqual(["ada", undefined]);
    const both = await visit(
      during,
      `${first.cookie}; ${second.cookie}`,
      (session) => session.user,
    );
    expect([both.result, setCookieOf(both.response)]).toEqual(["ada", undefined]);
    expect((await visit(later, second.cookie, (session) => session.user)).result).toBe("ada");
    expect((await visit(later, first.cookie, (session) => session.user)).result).toBeUndefined();
  });
});
