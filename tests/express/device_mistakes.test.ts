/** What keeps devices from being asked for a key is told: on Express, once, and only where it is so. */
import express from "express";
import { describe, expect, test } from "vitest";
import session, { bindDevices, type BindOptions, login } from "../../src/express/mod.ts";
import { SECRET } from "../web/support.ts";
import { watchWarnings } from "../web/warned.ts";
import { fetchFrom } from "./support/fetch_from.ts";
import type { Any } from "./support/libraries.ts";

const { said } = watchWarnings();

const UNSEEN =
  'somebody has logged in where bindDevices() does not see it, and no device is asked for a key. app.use(bindDevices()) comes before the routes that log in; if those are to ask for none, their policy is "off"';
const MOUNT =
  'no device can register: bindDevices() is mounted below a path that its own "path" does not begin with. Mount it without one, or give it a "path" below ';
const DEVICE_PATH =
  'two bindDevices() register devices at one path, where the first answers for both. Give each a "path" of its own';

const makeSessions = (given: Any = {}) =>
  session({
    ...{ secret: SECRET, resave: false, saveUninitialized: false, proxy: true },
    ...{ cookie: { secure: true } },
    ...given,
  });

/** Asks for a page of an application that is made of layers, by paths or without; /…/login logs in. */
async function ask(paths: string[], ...layers: ([string, Any] | Any)[]): Promise<string[]> {
  const app = express();
  for (const layer of layers) {
    if (Array.isArray(layer)) app.use(layer[0], layer[1]);
    else app.use(layer);
  }
  const fetch = fetchFrom(app);
  for (const path of paths) await fetch(new Request(`https://app.test${path}`));
  return await said();
}
const page = (_req: Any, res: Any) => res.send("page");
const logsIn = async (req: Any, _res: Any, next: Any) => {
  if (req.path === "/login") await login(req, "ada");
  next();
};
/** Makes room for other sessions on the request. */
const putAside = (req: Any, _res: Any, next: Any) => {
  delete req.session;
  next();
};
const PLAIN =
  'somebody has logged in over plain http, where browsers make no keys, and no device is asked for one. Open https, also on localhost. Behind a proxy that ends TLS: app.set("trust proxy", 1)';
const PROXY =
  'somebody has logged in, and no device is asked for a key: X-Forwarded-Proto, which says https, is not believed. If your proxy sets it: app.set("trust proxy", 1), or the option "proxy: true"';
const MAX_AGE =
  "bindDevices({ maxAge: 60000 }) is less than browsers can keep up with: Chromium signs six times in nine minutes, and renews with each request in a cookie's last two. Take 240_000 or more, or add a grace of 540_000";

/** A layer for some of the paths. */
const at = (path: string, layer: Any) => (req: Any, res: Any, next: Any) => {
  if (req.path === path) layer(req, res, next);
  else next();
};

describe("a login that bindDevices() does not see", () => {
  test("is told of once, when it is known that there are devices", async () => {
    const layers = [makeSessions(), logsIn, at("/", bindDevices()), page];
    expect(await ask(["/login"], ...layers)).toEqual([]);
    expect(await ask(["/", "/login", "/login"], ...layers)).toEqual([UNSEEN]);
  });

  test("is one although those of other sessions see the request", async () => {
    const [one, other] = [makeSessions(), makeSessions({ name: "other" })];
    const layers = [
      ...[one, logsIn, at("/", bindDevices()), putAside],
      ...[other, bindDevices({ path: "/other" }), page],
    ];
    expect(await ask(["/", "/login"], ...layers)).toEqual([UNSEEN]);
  });

  test("is none where any of several has seen it", async () => {
    const [one, other] = [makeSessions(), makeSessions({ name: "other" })];
    const layers = [
      ...[one, bindDevices(), logsIn, putAside],
      ...[other, bindDevices({ path: "/other" }), page],
    ];
    expect(await ask(["/login"], ...layers)).toEqual([]);
  });

  test("is none where a session begins without a login", async () => {
    const writes = (req: Any, _res: Any, next: Any) => {
      req.session.n = 1;
      next();
    };
    const layers = [makeSessions(), at("/write", writes), at("/", bindDevices()), page];
    expect(await ask(["/", "/write"], ...layers)).toEqual([]);
  });

  test("is not told of where nobody wants to be warned", async () => {
    const layers = [makeSessions({ warn: false }), logsIn, at("/", bindDevices()), page];
    expect(await ask(["/", "/login"], ...layers)).toEqual([]);
  });
});

describe("a login over plain http", () => {
  const plain = { cookie: {} };
  const unbelieved = { cookie: {}, proxy: false };
  test.each<[string, Any, BindOptions, string, string, string[]]>([
    ["is told of", plain, {}, "http:", "/login", [PLAIN]],
    ["is told of where the device is required", plain, { policy: "require" }, "http:", "/login", [
      PLAIN,
    ]],
    ["may be over https, by a proxy nobody believes", unbelieved, {}, "https:", "/login", [PROXY]],
    ["is none behind a proxy that is believed", plain, {}, "https:", "/login", []],
    ["matters to nobody who asks for no key", plain, { policy: "off" }, "http:", "/login", []],
    ["is none where nobody logs in", plain, {}, "http:", "/write", []],
  ])("%s: %j, %j, %s %s", async (_what, given, options, protocol, path, told) => {
    const writes = (req: Any, _res: Any, next: Any) => {
      req.session.n = 1;
      next();
    };
    const app = express();
    for (const layer of [makeSessions(given), bindDevices(options), logsIn]) app.use(layer);
    app.use(at("/write", writes), page);
    const fetch = fetchFrom(app);
    for (const _ of [1, 2]) await fetch(new Request(`${protocol}//app.test${path}`));
    expect(await said()).toEqual(told);
  });
});

test("what other sessions ask devices for is no matter of a login to these", async () => {
  const [one, other] = [{ cookie: {} }, { cookie: {}, name: "other" }];
  const layers = [
    ...[makeSessions(one), bindDevices({ policy: "off" }), bindDevices({ policy: "off" }), logsIn],
    ...[putAside, makeSessions(other), bindDevices({ path: "/other" }), page],
  ];
  const app = express();
  for (const layer of layers) app.use(layer);
  await fetchFrom(app)(new Request("http://app.test/login"));
  expect(await said()).toEqual([]);
});

test.each<[BindOptions, string[]]>([
  [{ maxAge: 60_000 }, [MAX_AGE]],
  [{ maxAge: 60_000, grace: 540_000 }, []],
  [{ maxAge: 240_000 }, []],
  [{}, []],
])("a bound cookie that browsers cannot keep up with is told of: %j", async (options, told) => {
  expect(await ask(["/"], makeSessions(), bindDevices(options), page)).toEqual(told);
});

describe("a mount below a path", () => {
  test.each<[mount: string, options: BindOptions, isTold: boolean]>([
    ["/app", {}, true],
    ["/app", { path: "/other" }, true],
    ["/app", { path: "/apple/devices" }, true],
    ["/app", { path: "/in/app" }, true],
    ["/app", { path: "/app/devices" }, false],
    ["/APP", { path: "/App/devices" }, false],
    ["/", {}, false],
  ])("%s with %j is told of where no device could reach it: %j", async (mount, options, isTold) => {
    const layers = [makeSessions(), [mount, bindDevices(options)], page];
    const told = isTold ? [MOUNT + mount] : [];
    expect(await ask([`${mount}/a`, `${mount}/b`].map(plain), ...layers)).toEqual(told);
  });
  const plain = (path: string) => path.replace("//", "/");

  test("is none where no router has one", async () => {
    const [sessions, devices] = [makeSessions(), bindDevices()];
    const fetch = fetchFrom((req, res) => {
      sessions(req, res, () => devices(req, res, () => res.end("page")));
    });
    await fetch(new Request("https://app.test/"));
    expect(await said()).toEqual([]);
  });
});

describe("two at one path", () => {
  const [path, elsewhere] = [{ path: "/devices" }, { path: "/other" }];
  test.each<[string, boolean, BindOptions, BindOptions, string[]]>([
    ["two kinds of sessions", true, {}, {}, [DEVICE_PATH]],
    ["two kinds of sessions", true, path, path, [DEVICE_PATH]],
    ["two kinds of sessions", true, {}, path, []],
    ["two kinds of sessions", true, elsewhere, path, []],
    ["one kind of sessions", false, {}, { policy: "require" }, []],
  ])("%s, %j, with %j and %j", async (_what, isOther, first, second, told) => {
    const others = isOther ? [putAside, makeSessions({ name: "other" })] : [];
    const layers = [makeSessions(), bindDevices(first), ...others, bindDevices(second), page];
    expect(await ask(["/", "/"], ...layers)).toEqual(told);
  });

  test("are looked for among all that the request has passed", async () => {
    const others = [putAside, makeSessions({ name: "other" })];
    const layers = [
      ...[makeSessions(), bindDevices(elsewhere), bindDevices()],
      ...[...others, bindDevices(path), bindDevices(), page],
    ];
    expect(await ask(["/"], ...layers)).toEqual([DEVICE_PATH]);
  });
});
