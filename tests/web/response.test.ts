/** What happens to responses: nothing, unless a cookie has to go on them. */
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { cookieOf, gate, makeSessions, request, setCookieOf, visit } from "./support.ts";

let server: Server;
let upstream: string;
const chunk = gate();
beforeAll(async () => {
  server = createServer((incoming, response) => {
    response.setHeader("set-cookie", ["upstream=1", "upstream2=2"]);
    if (incoming.url === "/empty") return response.writeHead(204).end();
    response.write("first ");
    if (incoming.url === "/slow") void chunk.wait.then(() => response.end("second"));
    else response.end("second");
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  upstream = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => new Promise<void>((done) => void server.close(() => done())));

/** Writes to the session and answers with `response`. */
async function answering(response: Response | Promise<Response>): Promise<Response> {
  const { sessions } = makeSessions();
  return await sessions.wrap((_request, session) => {
    session["user"] = "ada";
    return response;
  })(request());
}

test("S27 ours is appended, and every other Set-Cookie survives", async () => {
  const headers = new Headers([["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2"]]);
  const answer = await answering(new Response("ok", { headers }));
  const cookies = answer.headers.getSetCookie();
  expect(cookies.slice(0, 2)).toEqual(["a=1; Path=/", "b=2"]);
  expect(cookies.filter((each) => each.startsWith("__Host-session="))).toHaveLength(1);
  expect(cookies).toHaveLength(3);
});

test("a response with a body whose headers can be changed stays the same object", async () => {
  const response = new Response("ok");
  expect(await answering(response)).toBe(response);
});

test("a response from fetch() is passed on with our cookie, its body unread", async () => {
  const response = await fetch(`${upstream}/slow`);
  const { body } = response;
  const answer = await answering(response);
  expect(answer.headers.getSetCookie().slice(0, 2)).toEqual(["upstream=1", "upstream2=2"]);
  expect(setCookieOf(answer)).toBeDefined();
  // The very stream: no tee, and the end of it is not there yet.
  expect(answer.body).toBe(body);
  const reader = answer.body!.getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("first ");
  chunk.open();
  expect(new TextDecoder().decode((await reader.read()).value)).toBe("second");
});

test("a response from fetch() without a cookie of ours is the same object", async () => {
  const { sessions } = makeSessions();
  const response = await fetch(upstream);
  expect(await sessions.wrap(() => response)(request())).toBe(response);
  await response.body?.cancel();
});

test("fetch() of a 204 carries our cookie", async () => {
  const answer = await answering(fetch(`${upstream}/empty`));
  expect([answer.status, answer.body, cookieOf(answer).length > 60]).toEqual([204, null, true]);
});

test("Response.redirect() keeps its status and location", async () => {
  const answer = await answering(Response.redirect("https://app.test/me", 303));
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "https://app.test/me"]);
  cookieOf(answer);
});

test("Response.error() passes untouched; a new session it cannot carry is not stored", async () => {
  const { sessions, store } = makeSessions();
  const blocked: string[] = [];
  sessions.on("blocked", ({ reason }) => blocked.push(reason));
  const response = Response.error();
  const answer = await sessions.wrap((_request, session) => {
    session["user"] = "ada";
    return response;
  })(request());
  expect(answer).toBe(response);
  expect([store.length(), blocked]).toEqual([0, ["headers-sent"]]);
});

describe("a protocol switch", () => {
  /** Node refuses to construct one; runtimes that switch protocols hand one out. */
  function switching(headers: Headers): Response {
    return Object.create(Response.prototype, {
      status: { value: 101 },
      headers: { value: headers },
      body: { value: null },
    }) as Response;
  }

  test("is never replaced, and carries the cookie where it can", async () => {
    const response = switching(new Headers());
    const answer = await answering(response);
    expect(answer).toBe(response);
    cookieOf(answer);
  });

  test("whose headers are fixed stores the changes of a session the browser knows", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => session.user = "ada");
    const fixed = (await fetch(upstream)).headers;
    const response = switching(fixed);
    const answer = await sessions.wrap((_request, session) => {
      session["socket"] = true;
      return response;
    })(request(cookie));
    expect(answer).toBe(response);
    const { result } = await visit(sessions, cookie, (session) => session.socket);
    expect(result).toBe(true);
  });

  test("without a response, as Bun has it, is passed on", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => session.user = "ada");
    const answer = await sessions.wrap((_request, session) => {
      session["socket"] = true;
      return undefined;
    })(request(cookie));
    expect(answer).toBeUndefined();
    expect((await visit(sessions, cookie, (session) => session.socket)).result).toBe(true);
  });
});

describe("a handshake whose runtime needs no response", () => {
  const upgrade = (cookie?: string) =>
    new Request("https://app.test/socket", {
      headers: { upgrade: "WebSocket", ...(cookie === undefined ? {} : { cookie }) },
    });
  const open = async (
    made: ReturnType<typeof makeSessions>,
    asked: Request,
    response: Response | undefined,
  ) => {
    const blocked: string[] = [];
    made.sessions.on("blocked", ({ reason }) => blocked.push(reason));
    const answer = await made.sessions.wrap((_request, session) => {
      session["socket"] = true;
      return response;
    })(asked);
    return { answer, blocked };
  };
  const fixed = () => {
    const headers = new Headers();
    headers.append = headers.delete = headers.set = () => {
      throw new TypeError("immutable");
    };
    return Object.create(Response.prototype, {
      status: { value: 101 },
      headers: { value: headers },
      body: { value: null },
    }) as Response;
  };

  // As Bun has it; as Hono asks for it there; as Deno has it.
  for (const make of [() => undefined, () => new Response(null), fixed]) {
    const response = make();
    const what = response === undefined ? "undefined" : String(response.status);
    test(`begins no session, since its cookie cannot leave: ${what}`, async () => {
      const made = makeSessions();
      const { answer, blocked } = await open(made, upgrade(), response);
      expect(answer).toBe(response);
      expect(answer?.headers.getSetCookie() ?? []).toEqual([]);
      expect([made.store.length(), blocked]).toEqual([0, ["headers-sent"]]);
    });

    test(`stores the changes of one the browser knows: ${what}`, async () => {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => session.user = "ada");
      const { answer, blocked } = await open(made, upgrade(cookie), response);
      expect([answer, blocked]).toEqual([response, []]);
      expect((await visit(made.sessions, cookie, (session) => session.socket)).result).toBe(true);
    });
  }

  test("that was refused is answered like any other request", async () => {
    for (const response of [new Response(null, { status: 426 }), new Response("no socket here")]) {
      const made = makeSessions();
      const { answer, blocked } = await open(made, upgrade(), response);
      cookieOf(answer!);
      expect([made.store.length(), blocked]).toEqual([1, []]);
    }
  });
});

test("204, 304 and the answer to HEAD stay empty and carry the cookie", async () => {
  for (
    const response of [
      new Response(null, { status: 204 }),
      new Response(null, { status: 304, headers: { etag: '"1"' } }),
      new Response(null, { headers: { "content-length": "5" } }),
    ]
  ) {
    const { status } = response;
    const answer = await answering(response);
    expect([answer.status, answer.body]).toEqual([status, null]);
    cookieOf(answer);
    for (const [name, value] of response.headers) {
      if (name !== "set-cookie") expect(answer.headers.get(name)).toBe(value);
    }
  }
});

test("a stream of ours is passed on while it runs", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const answer = await answering(new Response(readable));
  expect(answer.body).toBe(readable);
  const writer = writable.getWriter();
  void writer.write(new TextEncoder().encode("tick"));
  expect(new TextDecoder().decode((await answer.body!.getReader().read()).value)).toBe("tick");
});

test("a constant without a body never keeps a visitor's cookie", async () => {
  const { sessions } = makeSessions();
  const constant = new Response(null, { status: 204 });
  const handler = sessions.wrap((asked, session) => {
    if (asked.url.endsWith("login")) session["user"] = "ada";
    return constant;
  });
  const login = await handler(request(undefined, "https://app.test/login"));
  cookieOf(login);
  expect(constant.headers.getSetCookie()).toEqual([]);
  expect((await handler(request())).headers.getSetCookie()).toEqual([]);
});

test("a cookie of our name that the application removes itself is no obstacle", async () => {
  const headers = { "set-cookie": "__Host-session=; Path=/old; Max-Age=0" };
  const answer = await answering(new Response("ok", { headers }));
  expect(answer.headers.getSetCookie()[1]).toMatch(/^__Host-session=s%3A/);
});

test("attributes that were stored on the way are sent all the same", async () => {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, (session) => session.user = "ada");
  for (const store of ["save", "update"]) {
    const { response } = await visit(sessions, cookie, async (session) => {
      session.cookie.maxAge = store === "save" ? 60_000 : 90_000;
      await session[store](() => {});
    });
    expect(setCookieOf(response), store).toContain("Expires=");
  }
});

describe("a constant that every visitor is given", () => {
  /** Two strangers log in one after the other, and a third only looks. */
  async function visits(constant: Response, method = "GET") {
    const { sessions } = makeSessions();
    const handler = sessions.wrap((asked, session) => {
      if (asked.url.endsWith("login")) session["user"] = "ada";
      return constant;
    });
    const ask = (path: string) => handler(new Request(`https://app.test/${path}`, { method }));
    const ada = await ask("login");
    // Elsewhere in the application it is answered with as well.
    const left = constant.headers.getSetCookie();
    const bob = await ask("login");
    await bob.text();
    return { ada, left, bob, eve: await ask("") };
  }

  const headers = () => [["content-type", "text/plain"], ["set-cookie", "own=1"]] as never;
  for (
    const [what, make, method] of [
      ["with a type and no body", () => new Response(null, { headers: headers() }), "GET"],
      ["whose body HEAD leaves alone", () => new Response("text", { headers: headers() }), "HEAD"],
    ] as const
  ) {
    test(`keeps nobody's cookie: ${what}`, async () => {
      const { ada, left, bob, eve } = await visits(make(), method);
      expect(left).toEqual(["own=1"]);
      expect([ada, bob, eve].map((answer) => answer.headers.getSetCookie().length))
        .toEqual([2, 2, 1]);
      expect(cookieOf(bob)).not.toBe(cookieOf(ada));
      expect(eve.headers.getSetCookie()).toEqual(["own=1"]);
    });
  }

  test("and whose body nobody has read hands no visitor's cookie to the next", async () => {
    const { ada, bob, eve } = await visits(new Response("text", { headers: headers() }));
    expect([bob, eve].map((answer) => answer.headers.getSetCookie().length)).toEqual([2, 1]);
    expect(bob.headers.getSetCookie()).not.toContain(setCookieOf(ada));
    expect(eve.headers.getSetCookie()).toEqual(["own=1"]);
    expect(await eve.text()).toBe("text");
  });
});

describe("caches", () => {
  const control = (answer: Response) => answer.headers.get("cache-control");

  test("S36 a response with our cookie is not stored, unless the app decided", async () => {
    expect(control(await answering(new Response("ok")))).toBe("no-store");
    const headers = { "cache-control": "private, max-age=60" };
    expect(control(await answering(new Response("ok", { headers })))).toBe("private, max-age=60");
  });

  test("S36 a response without our cookie keeps its caching", async () => {
    const { sessions } = makeSessions();
    const answer = await sessions.wrap(() => new Response("ok"))(request());
    expect(control(answer)).toBeNull();
  });

  for (const caching of ["public, max-age=60", "s-maxage=60", "max-age=1, PUBLIC"]) {
    test(`S36 "${caching}" on a response with our cookie is an event`, async () => {
      const { sessions } = makeSessions();
      let heard = 0;
      sessions.on("cacheable", () => heard++);
      const handler = sessions.wrap((_request, session) => {
        session["user"] = "ada";
        return new Response("ok", { headers: { "cache-control": caching } });
      });
      expect(control(await handler(request()))).toBe(caching);
      expect(heard).toBe(1);
    });
  }

  test("S37 Vary gains Cookie, once", async () => {
    const { sessions } = makeSessions();
    const vary = async (before?: string) => {
      const headers: Record<string, string> = before === undefined ? {} : { vary: before };
      const answer = await sessions.wrap(() => new Response("ok", { headers }))(request());
      return answer.headers.get("vary");
    };
    expect(await vary()).toBe("Cookie");
    expect(await vary("Accept")).toBe("Accept, Cookie");
    expect(await vary("accept, cookie")).toBe("accept, cookie");
    expect(await vary("*")).toBe("*");
    expect(await vary("X-Cookie")).toBe("X-Cookie, Cookie");
    expect(await vary("Cookie-Store")).toBe("Cookie-Store, Cookie");
    expect(await vary("cookie ,accept")).toBe("cookie ,accept");
    const redirect = await answering(Response.redirect("https://app.test/"));
    expect(redirect.headers.get("vary")).toBe("Cookie");
  });
});

/** A response of a runtime whose constructor would refuse it. */
function responseLike(status: number, headers: Headers): Response {
  return Object.create(Response.prototype, {
    status: { value: status },
    headers: { value: headers },
    body: { value: null },
  }) as Response;
}

describe("a network error", () => {
  test("to a visitor who is logged in passes untouched", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => session.login("ada"));
    const response = Response.error();
    expect(await sessions.wrap(() => response)(request(cookie))).toBe(response);
  });

  test("carries no cookie, though its headers could be changed", async () => {
    const { sessions, store } = makeSessions();
    const response = responseLike(0, new Headers());
    const answer = await sessions.wrap((_request, session) => {
      session["user"] = "ada";
      return response;
    })(request());
    expect(answer).toBe(response);
    expect([answer.headers.getSetCookie(), store.length()]).toEqual([[], 0]);
  });
});

describe("a session cookie that is on the response already", () => {
  test.each(["__Host-session", "__Host-session.10"])(
    "is another session's, whatever cookies come before it: it counts: %s",
    async (name) => {
      const { sessions, store } = makeSessions();
      const blocked: string[] = [];
      sessions.on("blocked", ({ reason }) => blocked.push(reason));
      const before = ["own=1", `${name}=s%3Aanother`];
      const headers = new Headers(before.map((each) => ["set-cookie", each]));
      const answer = await sessions.wrap((_request, session) => {
        session["user"] = "ada";
        return new Response("ok", { headers });
      })(request());
      expect(answer.headers.getSetCookie()).toEqual(before);
      expect([blocked, store.length()]).toEqual([["headers-sent"], 0]);
    },
  );

  test("put there by a handler within, stays where the one around it fails", async () => {
    const { sessions } = makeSessions({ cookie: { maxAge: 60_000 } });
    const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const within = sessions.wrap((_request, session) => {
      session["n"] = 2;
      return new Response("ok");
    });
    const answer = await sessions.wrap(async (asked) => {
      const { headers } = await within(asked);
      return new Response("no", { status: 500, headers });
    })(request(cookie));
    expect(setCookieOf(answer)).toContain("; Max-Age=60");
  });

  test("put there by a handler within, leaves the response the one it is", async () => {
    const { sessions } = makeSessions();
    let response: Response | undefined;
    const within = sessions.wrap((_request, session) => {
      session["n"] = 1;
      return new Response("ok");
    });
    const answer = await sessions.wrap(async (asked) => response = await within(asked))(request());
    expect(answer).toBe(response);
    expect(answer.headers.getSetCookie()).toHaveLength(1);
  });
});

test("a logout is answered, though there is no cookie of ours to take from the response", async () => {
  const { sessions, store } = makeSessions();
  const within = sessions.wrap((_request, session) => {
    session["n"] = 1;
    return new Response("ok");
  });
  const { headers } = await fetch(upstream);
  const answer = await sessions.wrap(async (asked, session) => {
    await within(asked);
    await session.destroy();
    return responseLike(200, headers);
  })(request());
  expect(answer.headers.getSetCookie()).toEqual(["upstream=1", "upstream2=2"]);
  expect(store.length()).toBe(0);
});

test("a copy has headers of its own, whatever the framework put on its response", async () => {
  const { headers } = await fetch(upstream);
  const response = new Response(null, { status: 204 });
  Object.defineProperty(response, "headers", { value: headers, enumerable: true });
  const answer = await answering(Object.assign(response, { note: "of a framework" }));
  cookieOf(answer);
  expect(answer).toHaveProperty("note", "of a framework");
});
