/** An answer may be thrown: what happens to the session is what happens to it for one that is returned. */
import { HTTPException } from "hono/http-exception";
import { redirect } from "react-router";
import { afterEach, describe, expect, test } from "vitest";
import {
  type Any,
  cookieOf,
  gate,
  makeSessions,
  request,
  setCookieOf,
  visit,
  withVerb,
} from "./support.ts";
import { memoryStore } from "../../src/stores/memory.ts";

type Made = ReturnType<typeof makeSessions>;

/** What a wrapped handler throws after it did something to its session. */
async function thrownBy(
  { sessions }: Made,
  asked: Request,
  act: (session: Any) => unknown,
  thrown: unknown,
): Promise<unknown> {
  const handler = sessions.wrap(async (_request, session): Promise<Response> => {
    await act(session);
    throw thrown;
  });
  return await handler(asked).then(() => {
    throw new Error("it was not thrown on");
  }, (error) => error);
}

const login = (session: Any) => session.login("ada");
const subjectOf = async ({ sessions }: Made, cookie: string) =>
  (await visit(sessions, cookie, (session) => session.subject)).result;

describe("a thrown Response", () => {
  for (
    const [what, make] of Object.entries<() => Response>({
      "of React Router's redirect()": () => redirect("/me"),
      "with immutable headers": () => Response.redirect("https://app.test/me", 303),
      "with a body": () => new Response("no", { status: 403 }),
    })
  ) {
    test(`${what} carries the login's cookie`, async () => {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      for (const before of [undefined, cookie]) {
        const response = make();
        const thrown = await thrownBy(made, request(before), login, response) as Response;
        expect(thrown).toBeInstanceOf(Response);
        expect(thrown.status).toBe(response.status);
        expect(thrown.headers.get("location")).toBe(response.headers.get("location"));
        expect(thrown.headers.get("cache-control")).toBe("no-store");
        expect(await subjectOf(made, cookieOf(thrown))).toBe("ada");
      }
    });
  }

  test("stores the changes of a session the browser knows, and a logout removes the cookie", async () => {
    const made = makeSessions();
    const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
    const first = new Response("first");
    const change = (session: Any) => void (session.n = 2);
    expect(await thrownBy(made, request(cookie), change, first)).toBe(first);
    expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(2);
    const out = await thrownBy(made, request(cookie), (session) => session.logout(), redirect("/"));
    expect(setCookieOf(out as Response)).toContain("Max-Age=0");
    expect(made.store.length()).toBe(0);
  });

  test("of 500 or more has failed, as a returned one has: saveOnError decides", async () => {
    for (const [saveOnError, left] of [[false, 1], [true, 2]] as const) {
      const made = makeSessions({ saveOnError });
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      const failed = new Response("", { status: 503 });
      await thrownBy(made, request(cookie), (session) => void (session.n = 2), failed);
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(left);
    }
  });

  test("that is a constant keeps nobody's cookie", async () => {
    const made = makeSessions();
    const constant = redirect("/me");
    const ada = await thrownBy(made, request(), login, constant) as Response;
    expect(await thrownBy(made, request(), () => {}, constant)).toBe(constant);
    expect([setCookieOf(ada) !== undefined, setCookieOf(constant)]).toEqual([true, undefined]);
  });

  test("keeps what its framework put on it, by which it is known again", async () => {
    const options = { to: "/me", statusCode: 307 };
    const response = Object.assign(redirect("/me"), { options });
    const thrown = await thrownBy(makeSessions(), request(), login, response);
    expect(thrown).not.toBe(response);
    expect((thrown as typeof response).options).toBe(options);
  });

  test("after a commit() by hand is thrown on as it is", async () => {
    const { sessions } = makeSessions();
    for (const thrown of [redirect("/me"), new Error("boom")]) {
      const handler = sessions.wrap(async (_request, session) => {
        session["user"] = "ada";
        await sessions.commit(session, new Response("done"));
        throw thrown;
      });
      await expect(handler(request())).rejects.toBe(thrown);
    }
  });

  test("that a store cannot answer for is the store's error, as for a returned one", async () => {
    const store = withVerb(memoryStore(), "create", () => {
      throw new Error("down");
    });
    const error = await thrownBy(makeSessions({ store }), request(), login, redirect("/me"));
    expect(error).toMatchObject({ name: "SessionError", code: "STORE_FAILED" });
  });
});

describe("an error that makes its own response", () => {
  test("Hono's HTTPException: a response within is sent with the login's cookie", async () => {
    for (const res of [undefined, new Response("who?"), Response.redirect("https://app.test/")]) {
      const made = makeSessions();
      const exception = new HTTPException(401, res === undefined ? { message: "who?" } : { res });
      const thrown = await thrownBy(made, request(), login, exception) as HTTPException;
      expect(thrown).toBeInstanceOf(HTTPException);
      expect([thrown.status, thrown.message]).toEqual([401, exception.message]);
      const response = thrown.getResponse();
      expect(response.status).toBe(401);
      expect(await subjectOf(made, cookieOf(response))).toBe("ada");
      // It may be a constant: the next visitor's is without.
      expect(setCookieOf(exception.getResponse())).toBeUndefined();
    }
  });

  test("toResponse(), as Elysia asks for it, at once or promised", async () => {
    for (const promised of [false, true]) {
      const made = makeSessions();
      class Teapot extends Error {
        toResponse() {
          const response = new Response(this.message, { status: 418 });
          return promised ? Promise.resolve(response) : response;
        }
      }
      const thrown = await thrownBy(made, request(), login, new Teapot("tea")) as Teapot;
      expect(thrown).toBeInstanceOf(Teapot);
      const response = await thrown.toResponse();
      expect([response.status, await response.text()]).toEqual([418, "tea"]);
      expect(await subjectOf(made, cookieOf(response))).toBe("ada");
    }
  });

  test("is the very error where no cookie is due; under 500 its changes count, from 500 on not", async () => {
    for (const [status, left] of [[404, 2], [503, 1]] as const) {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      const exception = new HTTPException(status);
      const change = (session: Any) => void (session.n = 2);
      expect(await thrownBy(made, request(cookie), change, exception)).toBe(exception);
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(left);
    }
  });

  test("whose response somebody else sent, or that makes none, is an error", async () => {
    const upstream = Object.assign(new Error("ky"), {
      response: new Response("", { status: 404 }),
    });
    const broken = Object.assign(new Error("no"), {
      getResponse: () => {
        throw new Error("broken");
      },
    });
    const none = { getResponse: () => "text" };
    for (const error of [upstream, broken, none, null, undefined, "text", 5, request()]) {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      const change = (session: Any) => void (session.n = 2);
      expect(await thrownBy(made, request(cookie), change, error)).toBe(error);
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(1);
    }
    expect(setCookieOf(upstream.response)).toBeUndefined();
  });
});

describe("a redirect without a response in it", () => {
  const redirects: Record<string, () => unknown> = {
    "SvelteKit's": () => ({ status: 303, location: "/me" }),
    "Next's": () =>
      Object.assign(new Error("NEXT_REDIRECT"), { digest: "NEXT_REDIRECT;push;/;307;" }),
  };
  for (const [whose, make] of Object.entries(redirects)) {
    test(`${whose} stores what a session the browser knows can store; without a cookie none begins`, async () => {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      const thrown = make();
      const change = (session: Any) => void (session.n = 2);
      expect(await thrownBy(made, request(cookie), change, thrown)).toBe(thrown);
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(2);
      const blocked: string[] = [];
      made.sessions.on("blocked", ({ reason }) => blocked.push(reason));
      await thrownBy(made, request(), change, thrown);
      expect([made.store.length(), blocked]).toEqual([1, ["headers-sent"]]);
    });
  }

  test("an error with a status or a location alone is none", async () => {
    const location = "/";
    for (
      const error of [
        ...[{ status: 303 }, { location }, { status: 404, location }, { status: 200, location }],
        { status: 303, location: new URL("https://app.test/") },
      ]
    ) {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      await thrownBy(made, request(cookie), (session) => void (session.n = 2), error);
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(1);
    }
  });
});

describe("a visitor who leaves", () => {
  let leave = new AbortController();
  afterEach(() => leave = new AbortController());
  const leaving = (cookie: string) =>
    new Request("https://app.test/", { headers: { cookie }, signal: leave.signal });

  const own = () => Object.assign(new Error("a stream's own"), { name: "AbortError" });
  for (
    const [what, reason, thrown] of [
      ["the signal's AbortError", undefined, undefined],
      ["the reason it gives", new Error("the connection was closed"), undefined],
      ["an AbortError of what it was waiting for", new Error("closed"), own()],
    ] as const
  ) {
    test(`keeps what was changed before: ${what}`, async () => {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      const begun = gate();
      const handler = made.sessions.wrap(async (asked, session): Promise<Response> => {
        session["n"] = 2;
        begun.open();
        return await new Promise((_resolve, reject) => {
          asked.signal.addEventListener("abort", () => reject(thrown ?? asked.signal.reason));
        });
      });
      const answer = handler(leaving(cookie!)).then(() => "answered", (error) => error);
      await begun.wait;
      leave.abort(reason);
      expect(await answer).toMatchObject(thrown ?? reason ?? { name: "AbortError" });
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(2);
    });
  }

  test("excuses no other error, and an AbortError of somebody else's is one", async () => {
    const other = () =>
      Object.assign(new Error("a call of ours took too long"), { name: "AbortError" });
    for (const [leaves, error] of [[true, new Error("boom")], [false, other()]] as const) {
      const made = makeSessions();
      const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
      if (leaves) leave.abort();
      const change = (session: Any) => void (session.n = 2);
      expect(await thrownBy(made, leaving(cookie!), change, error)).toBe(error);
      expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(1);
      leave = new AbortController();
    }
  });

  test("begins no session: nobody is there to be given its cookie", async () => {
    const made = makeSessions();
    leave.abort();
    const asked = new Request("https://app.test/", { signal: leave.signal });
    await thrownBy(made, asked, (session) => void (session.n = 1), asked.signal.reason);
    expect(made.store.length()).toBe(0);
  });

  test("stops no stream from keeping what was stored before it began", async () => {
    const made = makeSessions();
    const { cookie } = await visit(made.sessions, undefined, (session) => void (session.n = 1));
    const answer = await made.sessions.wrap((_request, session) => {
      session["n"] = 2;
      return new Response(new ReadableStream({ pull() {} }));
    })(request(cookie));
    await answer.body!.cancel();
    expect((await visit(made.sessions, cookie, (session) => session.n)).result).toBe(2);
  });
});

describe("what a handler throws", () => {
  const change = (session: Any) => void (session.n = 2);
  const begin = async (made: Made) =>
    (await visit(made.sessions, undefined, (session) => void (session.n = 1))).cookie!;
  const left = async ({ sessions }: Made, cookie: string) =>
    (await visit(sessions, cookie, (session) => session.n)).result;

  test.each<[string, unknown, boolean]>([
    ["a redirect's first status", { status: 300, location: "/" }, true],
    ["a redirect's last status", { status: 399, location: "/" }, true],
    ["a status behind them", { status: 400, location: "/" }, false],
    ["a status before them", { status: 299, location: "/" }, false],
    ["a redirect to nowhere", { status: 303 }, false],
    ["Next's redirect", { digest: "NEXT_REDIRECT;replace;/;307;" }, true],
    ["what only names it", { digest: "no NEXT_REDIRECT;" }, false],
    ["nothing", undefined, false],
    ["null", null, false],
  ])("is an answer or a failure by what it says: %s", async (_what, thrown, isAnswer) => {
    const made = makeSessions();
    const cookie = await begin(made);
    expect(await thrownBy(made, request(cookie), change, thrown)).toBe(thrown);
    expect(await left(made, cookie)).toBe(isAnswer ? 2 : 1);
  });

  test("as a redirect tells nobody that all went well where the store refused the changes", async () => {
    let fails = false;
    const store = withVerb(memoryStore(), "commit", () => {
      if (fails) throw new Error("planned");
    });
    const made = makeSessions({ store });
    const cookie = await begin(made);
    const errors: unknown[] = [];
    made.sessions.on("error", (event) => void errors.push(event));
    fails = true;
    const thrown = await thrownBy(made, request(cookie), change, { status: 303, location: "/" });
    expect(thrown).toMatchObject({ code: "STORE_FAILED" });
    expect(errors).toEqual([]);
  });

  test("when its visitor has left may be anything, and is thrown on", async () => {
    for (const thrown of [undefined, null, "gone", new Error("late")]) {
      const made = makeSessions();
      const cookie = await begin(made);
      const asked = new Request(request(cookie), { signal: AbortSignal.abort() });
      expect(await thrownBy(made, asked, change, thrown)).toBe(thrown);
      expect(await left(made, cookie)).toBe(1);
    }
  });

  test("in a runtime without signals is thrown on", async () => {
    const made = makeSessions();
    const cookie = await begin(made);
    const asked = { headers: new Headers({ cookie }), url: "https://app.test/", method: "GET" };
    const planned = new Error("planned");
    expect(await thrownBy(made, asked as Request, change, planned)).toBe(planned);
    expect(await left(made, cookie)).toBe(1);
  });
});
