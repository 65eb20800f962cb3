/** The Hono middleware: what is Hono's about it; the session itself is the fetch entry's. */
import { type Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { stream, streamSSE, streamText } from "hono/streaming";
import { defineWebSocketHelper } from "hono/ws";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { createSessions, type Session } from "../../mod.ts";
import { getSession, session, type SessionEnv, type SessionVariables } from "../../src/web/hono.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  cookieOf,
  countingStore,
  gate,
  SECRET,
  setCookieOf,
  spyOnCrypto,
  withVerb,
} from "./support.ts";

interface Data {
  user: string;
  views: number;
}

const options = () => ({ secret: SECRET, store: memoryStore() });
const withCookie = (cookie: string) => ({ headers: { cookie } });

let logged: ReturnType<typeof vi.spyOn> | undefined;
afterEach(() => logged?.mockRestore());
/** Hono prints errors nobody handles. */
const silenced = () => logged = vi.spyOn(console, "error").mockImplementation(() => {});

describe("types", () => {
  test("c.var.session is typed by the chain, by the Env and by the route", () => {
    new Hono().use(session<Data>(options())).get("/", (c) => {
      expectTypeOf(c.var.session).toEqualTypeOf<Session<Data>>();
      expectTypeOf(c.var.session.user).toEqualTypeOf<string | undefined>();
      return c.text("");
    });
    new Hono<SessionEnv<Data>>().get("/", (c) => {
      expectTypeOf(c.get("session")).toEqualTypeOf<Session<Data>>();
      return c.text("");
    });
    new Hono<{ Variables: SessionVariables<Data> & { other: number } }>().get("/", (c) => {
      expectTypeOf(c.var.session.views).toEqualTypeOf<number | undefined>();
      return c.text("");
    });
    new Hono().get("/", session<Data, "mine">({ ...options(), key: "mine" }), (c) => {
      expectTypeOf(c.var.mine).toEqualTypeOf<Session<Data>>();
      return c.text("");
    });
    new Hono().use(session({ sessions: createSessions<Data>(options()) })).get("/", (c) => {
      expectTypeOf(c.var.session).toEqualTypeOf<Session<Data>>();
      return c.text("");
    });
    // @ts-expect-error a key the type does not name
    session<Data>({ ...options(), key: "mine" });
  });
});

describe("one request after another", () => {
  test("counts through app.request()", async () => {
    const app = new Hono().use(session<Data>(options())).get("/", (c) => {
      const { session } = c.var;
      session.views = (session.views ?? 0) + 1;
      return c.text(String(session.views));
    });
    const first = await app.request("/");
    const cookie = cookieOf(first);
    const second = await app.request("/", withCookie(cookie));
    expect([await first.text(), await second.text()]).toEqual(["1", "2"]);
    expect(second.headers.getSetCookie()).toEqual([]);
    expect(first.headers.get("cache-control")).toBe("no-store");
    expect(second.headers.get("vary")).toBe("Cookie");
  });

  test("an untouched visit costs no store call and no crypto", async () => {
    const store = countingStore();
    const app = new Hono().use(session({ secret: SECRET, store })).get("/", (c) => c.text("ok"));
    const crypto = spyOnCrypto();
    const response = await app.request("/");
    const calls = crypto.calls();
    crypto.restore();
    expect([store.calls, calls, response.headers.getSetCookie()]).toEqual([[], 0, []]);
  });

  test("c.redirect(), c.json(), c.body(null) and a 404 carry the cookie", async () => {
    const app = new Hono().use(session<Data>(options()))
      .use(async (c, next) => {
        c.var.session.user = "ada";
        await next();
      })
      .get("/redirect", (c) => c.redirect("/me"))
      .get("/json", (c) => c.json({ ok: true }))
      .get("/empty", (c) => c.body(null, 204))
      .get("/outside", () => Response.redirect("https://app.test/", 307));
    for (
      const [path, status] of [
        ["/redirect", 302],
        ["/json", 200],
        ["/empty", 204],
        ["/none", 404],
        [
          "/outside",
          307,
        ],
      ] as const
    ) {
      const response = await app.request(path);
      expect(response.status).toBe(status);
      cookieOf(response);
    }
  });

  test("S27 what the app sets by c.header() and setCookie survives", async () => {
    const app = new Hono().use(session<Data>(options())).get("/:kind", (c) => {
      c.var.session.user = "ada";
      c.header("set-cookie", "a=1", { append: true });
      c.header("set-cookie", "b=2", { append: true });
      return c.req.param("kind") === "text" ? c.text("ok") : c.body(null, 204);
    });
    for (const kind of ["text", "empty"]) {
      const cookies = (await app.request(`/${kind}`)).headers.getSetCookie();
      expect(cookies.map((each) => each.split("=")[0])).toEqual(["a", "b", "__Host-session"]);
    }
  });

  test("a response with immutable headers keeps its own cookies and gains ours, once", async () => {
    const upstream = Upstream.fetched([["set-cookie", "up=1"], ["set-cookie", "up2=2"]]);
    const app = new Hono().use(session<Data>(options())).get("/", (c) => {
      c.var.session.user = "ada";
      return upstream;
    });
    const cookies = (await app.request("/")).headers.getSetCookie();
    expect(cookies.map((each) => each.split("=")[0])).toEqual(["up", "up2", "__Host-session"]);
  });

  test("route-level use serves its routes alone", async () => {
    const app = new Hono()
      .get("/with", session<Data>(options()), (c) => {
        c.var.session.user = "ada";
        return c.text("ok");
      })
      .get("/without", (c) => c.text(typeof c.get("session" as never)));
    cookieOf(await app.request("/with"));
    expect(await (await app.request("/without")).text()).toBe("undefined");
  });

  test("a sub-app sees the session of the app it is routed from", async () => {
    const inner = new Hono<SessionEnv<Data>>().get("/", (c) => c.text(c.var.session.user ?? "?"));
    const app = new Hono().use(session<Data>(options()))
      .get("/login", async (c) => {
        await c.var.session.login("ada");
        c.var.session.user = "ada";
        return c.redirect("/inner");
      })
      .route("/inner", inner);
    const cookie = cookieOf(await app.request("/login"));
    expect(await (await app.request("/inner", withCookie(cookie))).text()).toBe("ada");
  });
});

/** A response of `fetch()` without a server: its headers are as immutable. */
const Upstream = {
  fetched(headers: [string, string][]): Response {
    const response = new Response("upstream", { headers });
    const fixed = response.headers;
    for (const method of ["append", "set", "delete"] as const) {
      fixed[method] = () => {
        throw new TypeError("immutable");
      };
    }
    return response;
  },
};

describe("streams", () => {
  test("stream(), streamText() and streamSSE() leave at once, and may save as they go", async () => {
    const { secret, store } = options();
    const goOn = gate();
    const app = new Hono().use(session<Data>({ secret, store }))
      .get("/stream", (c) => {
        c.var.session.views = 1;
        return stream(c, async (out) => {
          await out.write("first ");
          await goOn.wait;
          c.var.session.views = 2;
          await c.var.session.save();
          await out.write("second");
        });
      })
      .get("/text", (c) => {
        c.var.session.user = "ada";
        return streamText(c, async (out) => void await out.write("text"));
      })
      .get("/sse", (c) => {
        c.var.session.user = "ada";
        return streamSSE(c, async (out) => void await out.writeSSE({ data: "event" }));
      });
    const response = await app.request("/stream");
    const cookie = cookieOf(response);
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("first ");
    goOn.open();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("second");
    expect(JSON.parse(store.peek(store.ids()[0]!)!.json).views).toBe(2);
    const text = await app.request("/text", withCookie(cookie));
    expect(await text.text()).toBe("text");
    const events = await app.request("/sse");
    expect(events.headers.get("content-type")).toContain("text/event-stream");
    cookieOf(events);
    expect(await events.text()).toContain("data: event");
  });

  test("a protocol switch is passed on as it is", async () => {
    const switching = Object.create(Response.prototype, {
      status: { value: 101 },
      headers: { value: new Headers() },
      body: { value: null },
    }) as Response;
    const app = new Hono().use(session<Data>(options())).get("/", (c) => {
      c.var.session.user = "ada";
      return switching;
    });
    expect(await app.fetch(new Request("https://app.test/"))).toBe(switching);
    cookieOf(switching);
  });
});

test("a WebSocket's handshake on Bun begins no session: its response never leaves", async () => {
  const { secret, store } = options();
  const sessions = createSessions<Data>({ secret, store });
  const blocked: string[] = [];
  sessions.on("blocked", ({ reason }) => blocked.push(reason));
  const server = { upgrade: () => true };
  // Bun's server switches by itself; Hono is handed something to stop at.
  const upgradeWebSocket = defineWebSocketHelper((c) => {
    if ((c.env as typeof server).upgrade()) return new Response(null);
  });
  const app = new Hono().use(session({ sessions })).get(
    "/socket",
    async (c, next) => {
      c.var.session.user = "ada";
      await next();
    },
    upgradeWebSocket(() => ({})),
  );
  const handshake = (cookie?: string) => {
    const headers = { upgrade: "websocket", ...(cookie === undefined ? {} : { cookie }) };
    return app.request("/socket", { headers }, server);
  };
  expect((await handshake()).headers.getSetCookie()).toEqual([]);
  expect([store.length(), blocked]).toEqual([0, ["headers-sent"]]);
  // The other one of its kind is refused its socket, and answered.
  server.upgrade = () => false;
  cookieOf(await handshake());
});

describe("errors", () => {
  const boom = new Error("boom");

  const counting = (more: object, fail: (c: Context<SessionEnv<Data>>) => unknown) => {
    const app = new Hono().use(session<Data>({ ...options(), ...more }))
      .get("/", (c) => {
        c.var.session.views = (c.var.session.views ?? 0) + 1;
        return c.text(String(c.var.session.views));
      })
      .get("/fail", async (c) => {
        c.var.session.views = 100;
        await fail(c);
        return c.text("never");
      });
    return app;
  };
  const after = async (app: ReturnType<typeof counting>) => {
    const cookie = cookieOf(await app.request("/"));
    const response = await app.request("/fail", withCookie(cookie));
    const next = await (await app.request("/", withCookie(cookie))).text();
    return { response, next, text: await response.text() };
  };
  const throws = (error: unknown) => () => {
    throw error;
  };

  test("an error drops the changes; app.onError answers", async () => {
    const app = counting({}, throws(boom));
    app.onError((error, c) => c.text(`handled ${error.message}`, 500));
    const { response, next, text } = await after(app);
    expect([response.status, text, next]).toEqual([500, "handled boom", "2"]);
  });

  test("an error drops them even if app.onError answers 200", async () => {
    const app = counting({}, throws(boom));
    app.onError((_error, c) => c.text("fine"));
    const { response, next } = await after(app);
    expect([response.status, next]).toEqual([200, "2"]);
  });

  test("saveOnError keeps them", async () => {
    silenced();
    expect((await after(counting({ saveOnError: true }, throws(boom)))).next).toBe("101");
  });

  test("an HTTPException under 500 is an answer: its changes count", async () => {
    expect((await after(counting({}, throws(new HTTPException(401))))).next).toBe("101");
    expect((await after(counting({}, throws(new HTTPException(503))))).next).toBe("2");
  });

  test("app.onError may write to the session", async () => {
    const { secret, store } = options();
    const app = new Hono<SessionEnv<Data>>().use(session<Data>({ secret, store }));
    app.get("/", () => {
      throw new HTTPException(400);
    });
    app.onError((_error, c) => {
      c.var.session.flash("error", "try again");
      return c.redirect("/form");
    });
    cookieOf(await app.request("/"));
    expect(store.length()).toBe(1);
  });

  test("what is thrown and no Error goes past Hono, and the session ends as for any error", async () => {
    const app = counting({}, throws("a string"));
    const cookie = cookieOf(await app.request("/"));
    await expect(app.request("/fail", withCookie(cookie))).rejects.toBe("a string");
    expect(await (await app.request("/", withCookie(cookie))).text()).toBe("2");
    const saving = counting({ saveOnError: true }, throws("a string"));
    const known = cookieOf(await saving.request("/"));
    await expect(saving.request("/fail", withCookie(known))).rejects.toBe("a string");
    expect(await (await saving.request("/", withCookie(known))).text()).toBe("101");
  });

  test("a Response that is thrown goes past Hono with the cookie", async () => {
    const app = new Hono().use(session<Data>(options())).get("/", async (c) => {
      await c.var.session.login("ada");
      throw Response.redirect("https://app.test/me");
    });
    const thrown = await Promise.resolve(app.request("/")).catch((error) => error);
    expect(thrown.status).toBe(302);
    cookieOf(thrown);
  });

  test("a visitor who leaves keeps what was changed before; no session begins", async () => {
    silenced();
    const { secret, store } = options();
    const leave = new AbortController();
    const begun = gate();
    const app = new Hono().use(session<Data>({ secret, store }))
      .get("/", (c) => {
        c.var.session.views = (c.var.session.views ?? 0) + 1;
        return c.text(String(c.var.session.views));
      })
      .get("/long", async (c) => {
        c.var.session.views = 100;
        begun.open();
        const { signal } = c.req.raw;
        return await new Promise((_resolve, reject) => {
          if (signal.aborted) reject(signal.reason);
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      });
    const cookie = cookieOf(await app.request("/"));
    const long = (headers: Record<string, string>) =>
      app.fetch(new Request("https://app.test/long", { headers, signal: leave.signal }));
    const answer = long({ cookie });
    await begun.wait;
    leave.abort();
    await answer;
    expect(await (await app.request("/", withCookie(cookie))).text()).toBe("101");
    expect((await long({})).headers.getSetCookie()).toEqual([]);
    expect(store.length()).toBe(1);
  });

  test("S78 S81 a store that fails is a 500 without its words and without our cookie", async () => {
    silenced();
    const fail = () => {
      throw new Error("redis://secret@host is down");
    };
    for (const verb of ["create", "read"] as const) {
      const store = memoryStore();
      const good = new Hono().use(session<Data>({ secret: SECRET, store })).get("/", (c) => {
        c.var.session.views = 1;
        return c.text("ok");
      });
      const bad = new Hono().use(
        session<Data>({ secret: SECRET, store: withVerb(store, verb, fail) }),
      )
        .get("/", (c) => {
          c.var.session.views = 2;
          c.header("set-cookie", "own=1", { append: true });
          return c.text("ok");
        });
      const cookie = cookieOf(await good.request("/"));
      const response = await bad.request("/", verb === "read" ? withCookie(cookie) : {});
      expect(response.status).toBe(500);
      expect(await response.text()).toBe("Internal Server Error");
      expect(setCookieOf(response)).toBeUndefined();
    }
  });

  test("S26 a logout clears the cookie, with an error page too", async () => {
    const app = counting({}, async (c) => {
      await c.var.session.logout();
      throw new HTTPException(503);
    });
    const { response } = await after(app);
    expect(setCookieOf(response)).toContain("Max-Age=0");
  });
});

describe("several middlewares", () => {
  test("each has its own cookie, variable and data", async () => {
    const cart = session<{ items: string[] }, "cart">({
      ...{ ...options(), name: "__Host-cart", key: "cart", cookie: { sameSite: "strict" } },
    });
    const app = new Hono().use(session<Data>(options())).use(cart).get("/", (c) => {
      c.var.cart.items = [...c.var.cart.items ?? [], "book"];
      return c.json([c.var.session.user ?? null, c.var.cart.items.length]);
    }).get("/login", async (c) => {
      await c.var.session.login("ada");
      return c.text("in");
    });
    const first = await app.request("/");
    expect(first.headers.getSetCookie()).toHaveLength(1);
    const basket = cookieOf(first, "__Host-cart");
    const user = cookieOf(await app.request("/login", withCookie(basket)));
    const second = await app.request("/", withCookie(`${user}; ${basket}`));
    expect(await second.json()).toEqual([null, 2]);
  });

  test("the same one twice is one", async () => {
    const once = session<Data>(options());
    const app = new Hono().use(once).get("/", once, (c) => {
      c.var.session.user = "ada";
      return c.text("ok");
    });
    expect((await app.request("/")).headers.getSetCookie()).toHaveLength(1);
  });

  for (
    const [option, more, value] of [
      ["name", { key: "other" }, "__Host-session"],
      ["key", { name: "other" }, "session"],
    ] as const
  ) {
    test(`a second one of the same ${option} is refused`, async () => {
      const app = new Hono().use(session(options()))
        .use(session<Data, string>({ ...options(), ...more }))
        .get("/", (c) => c.text("ok"));
      const errors: Error[] = [];
      app.onError((error, c) => (errors.push(error), c.text("refused", 500)));
      expect((await app.request("/")).status).toBe(500);
      expect(errors[0]).toBeInstanceOf(TypeError);
      expect(errors[0]!.message).toBe(
        `Option "${option}" must differ between session middlewares, not "${value}" twice`,
      );
    });
  }
});

describe("options", () => {
  test("are checked at construction", () => {
    expect(() => session({ secret: "short" })).toThrow(RangeError);
    expect(() => session(undefined as never)).toThrow(TypeError);
    expect(() => session({ sessions: {} as never })).toThrow(TypeError);
    expect(() => session({ ...options(), key: "" as never })).toThrow(TypeError);
    expect(() => session({ ...options(), key: 5 as never })).toThrow(TypeError);
  });

  test("a function of the context is called once, with the bindings", async () => {
    let calls = 0;
    const app = new Hono<{ Bindings: { SECRET: string } }>()
      .use(session<Data>((c: Context<{ Bindings: { SECRET: string } }>) => {
        calls++;
        return { secret: c.env.SECRET };
      }))
      .get("/", (c) => {
        c.var.session.views = (c.var.session.views ?? 0) + 1;
        return c.text(String(c.var.session.views));
      });
    const cookie = cookieOf(await app.request("/", {}, { SECRET }));
    const second = await app.request("/", withCookie(cookie), { SECRET });
    expect([await second.text(), calls]).toEqual(["2", 1]);
  });

  test("sessions made elsewhere give their events and their subjects", async () => {
    const sessions = createSessions<Data>(options());
    const heard: string[] = [];
    sessions.on("created", () => heard.push("created"));
    const app = new Hono().use(session({ sessions })).get("/login", async (c) => {
      await c.var.session.login("ada");
      return c.text("in");
    }).get("/", (c) => c.text(c.var.session.subject ?? "nobody"));
    const cookie = cookieOf(await app.request("/login"));
    expect([heard, (await sessions.list("ada")).length]).toEqual([["created"], 1]);
    expect(await (await app.request("/", withCookie(cookie))).text()).toBe("ada");
    expect(await sessions.revokeAll("ada")).toBe(1);
    expect(await (await app.request("/", withCookie(cookie))).text()).toBe("nobody");
  });
});

describe("getSession()", () => {
  test("finds the session in helpers", async () => {
    const helper = (c: Context) => getSession<Data>(c).user = "ada";
    const app = new Hono().use(session<Data>(options())).get("/", (c) => {
      helper(c);
      expect(getSession(c)).toBe(c.var.session);
      return c.text("ok");
    });
    cookieOf(await app.request("/"));
  });

  test("says that the middleware was forgotten", async () => {
    const errors: unknown[] = [];
    const app = new Hono().get("/", (c) => c.text(getSession<Data>(c).user ?? ""));
    app.onError((error, c) => (errors.push(error), c.text("", 500)));
    await app.request("/");
    expect(errors[0]).toMatchObject({
      name: "SessionError",
      code: "SESSION_MISSING",
      message: 'No session middleware ran for this request: c.var holds no "session". ' +
        "app.use(session({ … })) must come before the route",
    });
  });
});
