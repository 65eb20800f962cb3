/** The short cookie: where it goes is decided by the session's cookie, once, for header and description. */
import express from "express";
import { afterEach, describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import session, { bindDevices as bindOnExpress, login, logout } from "../../src/express/mod.ts";
import { bindDevices } from "../../src/web/dbsc.ts";
import { SECRET } from "../web/support.ts";
import { served } from "./apps.ts";
import { type Fetch, makeBrowser } from "./browser.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

let stop: (() => void) | undefined;
afterEach(() => stop?.());

type Make = (cookie: Any, options?: Any) => Fetch;

const web: Make = (cookie, options) => {
  const sessions = createSessions({ secret: SECRET, name: "sid", cookie });
  return bindDevices(sessions, options).wrap(sessions.wrap(async ({ url }, session) => {
    if (url.endsWith("/login")) await session.login("ada");
    if (url.endsWith("/logout")) await session.logout();
    return new Response();
  }));
};

const onExpress: Make = (cookie, options) => {
  const app = express();
  app.set("trust proxy", true);
  app.use(session({
    ...{ secret: SECRET, name: "sid", resave: false, saveUninitialized: false },
    cookie: { secure: true, ...cookie },
  }));
  app.use(bindOnExpress(options));
  app.use(async (req: Any, res: Any) => {
    if (req.path.endsWith("/login")) await login(req, "ada");
    if (req.path.endsWith("/logout")) await logout(req);
    res.end();
  });
  const { fetch, end } = served(app);
  stop = end;
  return fetch;
};

/** The Set-Cookie text of the short cookie, in its two parts. */
function bound(response: Response, name = "sid-bound"): { age: number; attributes: string } {
  const text = response.headers.getSetCookie().find((each) => each.startsWith(`${name}=`))!;
  const [, age, attributes] = /^[^;]*; Max-Age=(\d+); (.*)$/.exec(text)!;
  return { age: Number(age), attributes: attributes! };
}

describe.each([["Web", web], ["Express", onExpress]] as const)("on %s", (_entry, make) => {
  test.each<[cookie: Any, attributes: string, path: string]>([
    [{}, "Path=/; HttpOnly; Secure; SameSite=Lax", ""],
    [{ path: "/app" }, "Path=/app; HttpOnly; Secure; SameSite=Lax", "/app"],
    [{ path: "/app/" }, "Path=/app/; HttpOnly; Secure; SameSite=Lax", "/app"],
    [
      { domain: "app.test", sameSite: "strict" },
      "Domain=app.test; Path=/; HttpOnly; Secure; SameSite=Strict",
      "",
    ],
    // No browser takes a partitioned one, and no script may read it.
    [
      { sameSite: "none", partitioned: true, httpOnly: false, maxAge: 86_400_000 },
      "Path=/; HttpOnly; Secure; SameSite=None",
      "",
    ],
  ])(
    "with %j it is set, renewed, described and removed alike",
    async (cookie, attributes, path) => {
      const browser = await makeBrowser(make(cookie));
      await browser.get(`${path}/login`);
      const registered = await browser.register();
      expect(bound(registered)).toEqual({ age: 600, attributes });
      const { credentials, refresh_url } = browser.instructions!;
      expect(credentials).toEqual([{ type: "cookie", name: "sid-bound", attributes }]);
      // Its own paths are where the session's cookie goes.
      expect(refresh_url).toBe(`${path}/.well-known/websession/refresh`);
      const refreshed = await browser.refresh();
      expect(bound(refreshed)).toEqual({ age: 600, attributes });
      expect(bound(await browser.get(`${path}/logout`))).toEqual({ age: 0, attributes });
    },
  );

  test.each<[domain: string | undefined, includeSite: boolean | undefined, scope: boolean]>([
    ["app.test", true, true],
    [".APP.test", true, true],
    ["app.test", false, false],
    ["app.test", undefined, false],
    // Of the site's other hosts it is said nowhere that they are the site.
    ["test", true, false],
    [undefined, true, false],
  ])(
    "of the domain %j, includeSite %j, the scope is the site: %j",
    async (domain, includeSite, scope) => {
      const browser = await makeBrowser(make({ domain }, { includeSite }));
      await browser.get("/login");
      await browser.register();
      expect(browser.instructions!.scope.include_site).toBe(scope);
    },
  );

  test("a port is no part of the host that has to be the domain", async () => {
    const fetch = make({ domain: "app.test" }, { includeSite: true });
    const browser = await makeBrowser((request) => {
      return fetch(new Request(request.url.replace("app.test", "app.test:8443"), request));
    });
    await browser.get("/login");
    await browser.register();
    expect(browser.instructions!.scope.include_site).toBe(true);
  });

  test("whether it is for the site is told by true or false", () => {
    expect(() => make({}, { includeSite: "app.test" })).toThrow('Option "includeSite"');
  });

  test("its name, its life and the two paths are the application's choice", async () => {
    const options = { path: "/devices/", cookieName: "__Host-device", maxAge: 1500 };
    const browser = await makeBrowser(make({}, options));
    await browser.get("/login");
    const { age, attributes } = bound(await browser.register(), "__Host-device");
    // Seconds, as browsers count.
    expect(age).toBe(2);
    expect(browser.instructions).toMatchObject({
      refresh_url: "/devices/refresh",
      credentials: [{ name: "__Host-device", attributes }],
    });
    expect(bound(await browser.refresh(), "__Host-device").age).toBe(2);
  });

  test("whatever its two paths answer is for no cache, and for no other origin", async () => {
    const fetch = make({});
    const browser = await makeBrowser(fetch);
    await browser.get("/login");
    const answers = [await browser.register(), await browser.register()];
    answers.push(await browser.refresh(null), await browser.refresh(), await browser.refresh("a"));
    for (const path of ["register", "refresh"]) {
      const url = `https://app.test/.well-known/websession/${path}`;
      answers.push(
        await fetch(new Request(url)),
        await fetch(new Request(url, { method: "POST" })),
      );
    }
    await browser.get("/logout");
    answers.push(await browser.refresh());
    expect(answers.map(({ status }) => status))
      .toEqual([200, 400, 403, 200, 400, 405, 400, 405, 400, 200]);
    for (const { headers } of answers) {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.has("access-control-allow-origin")).toBe(false);
    }
    expect(answers[5]!.headers.get("allow")).toBe("POST");
  });
});
