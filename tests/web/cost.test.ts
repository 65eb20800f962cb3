/** What visits cost: nothing, where nothing was done. */
import { afterEach, expect, test } from "vitest";
import { countingStore, makeSessions, request, spyOnCrypto, visit } from "./support.ts";

let crypto: ReturnType<typeof spyOnCrypto> | undefined;
afterEach(() => crypto?.restore());

test("an untouched visit costs no store call, no crypto, no id and no Set-Cookie", async () => {
  const store = countingStore();
  let drawn = 0;
  const { sessions } = makeSessions({ store, genid: () => `id-${++drawn}` });
  const handler = sessions.wrap((_request, session) => new Response(String(session["user"])));
  crypto = spyOnCrypto();
  const response = await handler(request());
  expect(await response.text()).toBe("undefined");
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(response.headers.has("cache-control")).toBe(false);
  expect([store.calls, crypto.calls(), drawn]).toEqual([[], 0, 0]);
});

test("other cookies cost nothing either", async () => {
  const store = countingStore();
  const { sessions } = makeSessions({ store });
  crypto = spyOnCrypto();
  await sessions.wrap(() => new Response("ok"))(request("theme=dark; a=__Host-session; b=x=y"));
  expect([store.calls, crypto.calls()]).toEqual([[], 0]);
});

test("a returning visitor is verified once, and then costs one store call and no crypto", async () => {
  const store = countingStore();
  const { sessions } = makeSessions({ store, cookie: { maxAge: 60_000 } });
  const { cookie } = await visit(sessions, undefined, (session) => session.user = "ada");
  crypto = spyOnCrypto();
  store.calls.length = 0;
  const { response, result } = await visit(sessions, cookie, (session) => session.user);
  expect(result).toBe("ada");
  expect(response.headers.getSetCookie()).toEqual([]);
  expect(store.calls.filter((verb) => verb !== "touch" && verb !== "read")).toEqual([
    "readAndTouch",
  ]);
  expect(crypto.calls()).toBe(0);
});

test("S73 a thousand visits that write nothing leave no session", async () => {
  const { sessions, store } = makeSessions();
  const handler = sessions.wrap((_request, session) => new Response(String(session.isNew)));
  for (let visitor = 0; visitor < 1000; visitor++) await handler(request());
  expect(store.length()).toBe(0);
});

test("S73 taking, flashing and updating nothing begins no session", async () => {
  const { sessions, store } = makeSessions();
  const { response } = await visit(sessions, undefined, async (session) => {
    expect(await session.take("state")).toBeUndefined();
    expect(session.flash("error")).toEqual([]);
    await session.update(() => {});
  });
  expect(store.length()).toBe(0);
  expect(response.headers.getSetCookie()).toEqual([]);
});

test("S74 S06 forged cookies reach no store, junk is not even verified", async () => {
  const store = countingStore();
  const { sessions } = makeSessions({ store });
  const handler = sessions.wrap(() => new Response("ok"));
  for (let visitor = 0; visitor < 1000; visitor++) {
    const id = `forged${visitor}`.padEnd(32, "x");
    await handler(request(`__Host-session=s%3A${id}.${"A".repeat(43)}`));
    await handler(request(`__Host-session=${id}`));
  }
  expect(store.calls).toEqual([]);
});

test("a login costs with absoluteTimeout what it costs without: as many store calls and crypto operations", async () => {
  const costs = [];
  for (const absoluteTimeout of [Infinity, 3_600_000]) {
    const store = countingStore();
    const { sessions } = makeSessions({ store, absoluteTimeout });
    const { cookie } = await visit(sessions, undefined, (session) => session.cart = 1);
    store.calls.length = 0;
    crypto = spyOnCrypto();
    await visit(sessions, cookie, (session) => session.login("ada"));
    costs.push({ calls: [...store.calls], crypto: crypto.calls() });
    crypto.restore();
  }
  expect(costs[0]!.calls).toContain("rotate");
  expect(costs[1]).toEqual(costs[0]);
});
