/** Several session middlewares in one Hono app, one of them twice, and the answers they are given. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { getSession, session } from "../../src/web/hono.ts";
import { type Any, cookieOf, countingStore, SECRET } from "./support.ts";

const options = () => ({ secret: SECRET, store: memoryStore() });
const withCookie = (cookie: string) => ({ headers: { cookie } });

test.each([["", "a value of type string"], [5, "a value of type number"], [null, "null"]])(
  "a variable has a name: not %j",
  (key, kind) => {
    expect(() => session({ ...options(), key } as never)).toThrow(
      new TypeError(`Option "key" must be a non-empty string, not ${kind}`),
    );
  },
);

test("one that is used twice asks the store no more than once", async () => {
  const counts: string[][] = [];
  for (const times of [1, 2]) {
    const store = countingStore();
    const middleware = session<Any>({ secret: SECRET, store, rolling: true, resave: true });
    const app = new Hono();
    for (let at = 0; at < times; at++) app.use(middleware);
    app.get("/", (c) => {
      getSession<Any>(c)["n"] = 1;
      return c.text("ok");
    });
    const cookie = cookieOf(await app.request("/"));
    await app.request("/", withCookie(cookie));
    counts.push(store.calls);
  }
  expect(counts[1]).toEqual(counts[0]);
});

describe("three of them", () => {
  const answerOf = async (third: Any) => {
    const second = session<Any, string>({ ...options(), key: "cart", name: "cart" });
    const app = new Hono().use(session(options())).use(second).use(second)
      .use(session<Any, string>({ ...options(), ...third }))
      .get("/", (c) => c.text("ok"));
    const errors: Error[] = [];
    app.onError((error, c) => (errors.push(error), c.text("refused", 500)));
    return [await (await app.request("/")).text(), errors[0]?.message];
  };

  test("differ from each other, each from all", async () => {
    expect(await answerOf({ key: "third", name: "third" })).toEqual(["ok", undefined]);
    const twice = "must differ between session middlewares, not";
    expect(await answerOf({ key: "third", name: "cart" })).toEqual([
      "refused",
      `Option "name" ${twice} "cart" twice`,
    ]);
    expect(await answerOf({ key: "cart", name: "third" })).toEqual([
      "refused",
      `Option "key" ${twice} "cart" twice`,
    ]);
  });
});

test("an answer of 499 stores the changes of its handler, one of 500 drops them", async () => {
  const app = new Hono().use(session<{ n: number }>(options()))
    .get("/begin", (c) => c.text(String(c.var.session.n = 1)))
    .get("/:status{[0-9]+}", (c) => {
      c.var.session.n = Number(c.req.param("status"));
      return c.text("answered", c.var.session.n as 500);
    })
    .get("/", (c) => c.text(String(c.var.session.n)));
  const cookie = cookieOf(await app.request("/begin"));
  for (const [status, left] of [[499, "499"], [500, "499"]] as const) {
    expect((await app.request(`/${status}`, withCookie(cookie))).status).toBe(status);
    expect(await (await app.request("/", withCookie(cookie))).text()).toBe(left);
  }
});
