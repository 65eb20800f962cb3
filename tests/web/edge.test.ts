/** The entries for the edge: those of the Web and of Hono, to which the store has to be given. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import * as web from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import * as edge from "../../src/web/edge.ts";
import * as edgeHono from "../../src/web/edge_hono.ts";
import * as hono from "../../src/web/hono.ts";
import { type Any, SECRET, URL_OF_APP } from "./support.ts";

const NO_STORE = new TypeError('Option "store" must be a session store, not undefined');

test("have every name that the Web and the Hono entry have", () => {
  expect(Object.keys(edge).sort()).toEqual(Object.keys(web).sort());
  expect(Object.keys(edgeHono).sort()).toEqual(Object.keys(hono).sort());
});

describe("without a store", () => {
  test("sessions are refused, by their types as well", () => {
    // @ts-expect-error A store is required here.
    expect(() => edge.createSessions({ secret: SECRET })).toThrow(NO_STORE);
    // @ts-expect-error … and none at all is no store.
    expect(() => edge.createSessions({ secret: SECRET, store: undefined })).toThrow(NO_STORE);
    // @ts-expect-error … wherever it comes from.
    const late = edge.createSessions(() => ({ secret: SECRET }));
    expect(() => late.store).toThrow(NO_STORE);
  });

  test("so is the middleware, at the first request where its options are a function", async () => {
    // @ts-expect-error A store is required here.
    expect(() => edgeHono.session({ secret: SECRET })).toThrow(NO_STORE);
    let thrown: unknown;
    const app = new Hono()
      // @ts-expect-error … wherever it comes from.
      .use(edgeHono.session(() => ({ secret: SECRET })))
      .onError((error, c) => (thrown = error, c.text("refused", 500)));
    expect((await app.request("/")).status).toBe(500);
    expect(thrown).toEqual(NO_STORE);
  });
});

describe.each([
  ["stored", () => ({ secret: SECRET, store: memoryStore() })],
  ["sealed", () => ({ store: cookieStore({ secret: SECRET }) })],
])("sessions that are %s", (_how, make) => {
  const visit = async (visited: (request: Request) => Promise<Response>, cookie = "") => {
    const response = await visited(new Request(URL_OF_APP, { headers: { cookie } }));
    const [sent = ""] = response.headers.getSetCookie();
    return { text: await response.text(), cookie: sent.split(";")[0]! };
  };
  const count = (session: Any) => String(session.views = (session.views ?? 0) + 1);

  test("are served by either entry, and by both from one store", async () => {
    const options = make() as edge.EdgeSessionOptions;
    const sessions = edge.createSessions(options);
    const app = new Hono()
      .use(edgeHono.session(options))
      .get("/*", (c) => c.text(count(c.var.session)));
    const shared = new Hono()
      .use(edgeHono.session({ sessions }))
      .get("/*", (c) => c.text(count(c.var.session)));
    const handler = sessions.wrap((_request, session) => new Response(count(session)));
    let cookie = "";
    const texts: string[] = [];
    for (
      const one of [
        handler,
        app,
        shared,
        web.createSessions(options).wrap((_, session) => new Response(count(session))),
      ]
    ) {
      const ask = "request" in one ? async (request: Request) => await one.request(request) : one;
      const seen = await visit(ask as (request: Request) => Promise<Response>, cookie);
      texts.push(seen.text);
      cookie = seen.cookie === "" ? cookie : seen.cookie;
    }
    expect(texts).toEqual(["1", "2", "3", "4"]);
  });
});
