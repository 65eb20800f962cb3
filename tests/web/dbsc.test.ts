/** `bindDevices()`: what it refuses, in which words, and what it leaves as it is. */
import { describe, expect, test } from "vitest";
import { createSessions, type SessionOptions } from "../../mod.ts";
import { bindDevices, type BindOptions } from "../../src/web/dbsc.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeBrowser } from "../dbsc/browser.ts";
import { type Any, cookieOf, makeSessions, request, SECRET, withVerb } from "./support.ts";

let now = 1_800_000_000_000;
const clock = { now: () => now, after: () => () => {} };

function made(given: Partial<SessionOptions> = {}, options: BindOptions = {}) {
  const sessions = createSessions<Any>({ secret: SECRET, store: memoryStore(), clock, ...given });
  const devices = bindDevices(sessions, options);
  const kept: Any[] = [];
  const fetch = devices.wrap(sessions.wrap(async ({ url }, session) => {
    kept.push(session);
    if (url.endsWith("/login")) await session.login("ada");
    return new Response(session.subject);
  }));
  return { sessions, devices, fetch, kept };
}
const offerOf = (response: Response) => response.headers.get("secure-session-registration");

test("a session whose device shows nothing is refused in words that no cache keeps", async () => {
  const { fetch } = made({}, { policy: "require" });
  const browser = await makeBrowser(fetch);
  await browser.login();
  expect(await (await browser.get("/")).text()).toBe("ada");
  now += 700_000;
  browser.cookies.delete("__Host-session-bound");
  const refused = await browser.get("/");
  expect([refused.status, await refused.text()]).toEqual([
    403,
    "This session is bound to a device, which did not show its key",
  ]);
  expect(refused.headers.get("cache-control")).toBe("no-store");
  expect(refused.headers.get("vary")).toBe("Cookie");
});

describe("what is none of its own", () => {
  test("is no handler", () => {
    const { devices } = made() as { devices: Any };
    expect(() => devices["wrap"]("handler")).toThrow(
      new TypeError("wrap() needs a function, not a value of type string"),
    );
  });

  test("is no session of these", async () => {
    const { devices } = made();
    const other = await makeSessions().sessions.open(request());
    for (const session of [{}, other]) {
      expect(() => devices.deviceOf(session as never)).toThrow(
        new TypeError("deviceOf() needs a session of these sessions, not a value of type object"),
      );
    }
  });

  test("is passed on: a handler without a session, and what it throws", async () => {
    const { devices } = made();
    const plain = new Response("plain");
    expect(await devices.wrap(() => plain)(request())).toBe(plain);
    const planned = new Error("planned");
    const failing = devices.wrap((): Response => {
      throw planned;
    });
    await expect(failing(request())).rejects.toBe(planned);
  });
});

test("a store that fails is asked once, and answered for by who answers for it", async () => {
  let fails = false;
  const store = withVerb(memoryStore(), "read", () => {
    if (fails) throw new Error("planned");
  });
  let asked = 0;
  const onStoreError = () => new Response(`down ${++asked}`, { status: 503 });
  const { fetch, kept } = made({ store, onStoreError }, { policy: "require" });
  const cookie = cookieOf(await fetch(request(undefined, "https://app.test/login")));
  fails = true;
  const answer = await fetch(request(cookie));
  expect([answer.status, await answer.text(), kept.length]).toEqual([503, "down 1", 1]);
});

test("a session that was looked at before its handler ends with that", async () => {
  const { fetch, kept } = made({}, { policy: "require" });
  const cookie = cookieOf(await fetch(request(undefined, "https://app.test/login")));
  await fetch(request(cookie));
  const [, session] = kept as [Any, Any];
  await expect(session["login"]("bob")).rejects.toMatchObject({ code: "SESSION_COMMITTED" });
});

describe("a key is asked for", () => {
  const login = (options: Partial<SessionOptions>, url: string, proto?: string) => {
    const headers: Record<string, string> = proto === undefined
      ? {}
      : { "x-forwarded-proto": proto };
    return made({ cookie: { secure: "auto" }, ...options }).fetch(new Request(url, { headers }));
  };

  test.each([
    ["over https", {}, "https://app.test/login", undefined, true],
    ["over http", {}, "http://app.test/login", undefined, false],
    ["behind a proxy that is believed", { proxy: true }, "http://app.test/login", "https", true],
    ["behind one that says http", { proxy: true }, "http://app.test/login", "http", false],
    ["behind one that says nothing", { proxy: true }, "http://app.test/login", undefined, false],
    ["behind one that is not believed", {}, "http://app.test/login", "https", false],
  ])("where a browser would take part: %s", async (_where, options, url, proto, isAsked) => {
    expect(offerOf(await login(options, url, proto)) !== null).toBe(isAsked);
  });

  test.each<[string, SessionOptions["cookie"], string]>([
    ["below the path of the session's cookie", { path: "/app" }, "/app/.well-known/websession"],
    ["below the root, where requests decide on it", ({ url }) => {
      if (!url.startsWith("https://app.test/")) throw new Error("whose?");
      return { path: "/" };
    }, "/.well-known/websession"],
  ])("%s", async (_where, cookie, path) => {
    const answer = await login({ cookie }, "https://app.test/app/login");
    expect(offerOf(answer)).toContain(`;path="${path}/register";`);
  });
});
