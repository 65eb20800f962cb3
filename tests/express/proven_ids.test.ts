/** What a cookie proves reaches the store only if it can be an id; old signatures are made anew. */
import { describe, expect, test, vi } from "vitest";
import { type App, type Handler, idle, makeApp, tell, useDriver, write } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, cookieParser, ours, signature, signed } from "./support/libraries.ts";

useDriver();

async function rejectedBy(app: App, cookie: string, call = {}) {
  const heard: unknown[] = [];
  const off = app.middleware.on("rejected", ({ reason }: Any) => heard.push(reason));
  app.verbs();
  const { body } = await app.play(tell, cookie, call);
  off();
  return { heard, verbs: app.verbs(), isAnonymous: JSON.parse(body).n === undefined };
}
const REJECTED = { heard: ["signature"], verbs: [], isAnonymous: true };

describe("C9 S06 a signed value that can be no id is rejected, and the store is never asked", () => {
  test.each([
    "../uploads/x",
    "a b",
    "a.b",
    "ä",
    "x".repeat(129),
    '{"$ne":null}',
    "sess:1",
  ])("with the default genid: %s", async (id) => {
    expect(await rejectedBy(makeApp({ library: ours }), signed(id))).toEqual(REJECTED);
  });

  test.each(["../x", "a/b", "a\\b", "..", ".", "a\0b", "a\nb", "\x7f", "x".repeat(257)])(
    "with one of the application's: %j",
    async (id) => {
      const app = makeApp({ library: ours, options: { genid: () => "own" } });
      expect(await rejectedBy(app, signed(id))).toEqual(REJECTED);
    },
  );

  test("any other passes", async () => {
    const own = makeApp({ library: ours, options: { genid: () => "own" } });
    for (const id of ["a.b:c", "ä ö", "..x", "x".repeat(256)]) {
      expect((await rejectedBy(own, signed(id))).verbs).toEqual(["get"]);
    }
    const app = makeApp({ library: ours });
    for (const id of ["an-id", "x".repeat(128), "_"]) {
      expect((await rejectedBy(app, signed(id))).verbs).toEqual(["get"]);
    }
  });

  test("a good cookie behind one of those counts", async () => {
    const app = makeApp({ library: ours });
    const { cookie } = await app.play(write);
    const { body } = await app.play(tell, `${signed("../x")}; connect.sid=${cookie}`);
    expect(body).toContain('"n":1');
  });

  test.each<[string, unknown]>([
    ["an object", { $ne: null }],
    ["an array", ["an-id"]],
    ["a number", 7],
    ["a path", "../x"],
  ])("S16 what cookie-parser hands over: %s", async (_kind, value) => {
    const app = makeApp({
      library: ours,
      before: (req, _res, next) => {
        req.signedCookies = { "connect.sid": value };
        next();
      },
    });
    const heard: unknown[] = [];
    app.middleware.on("rejected", ({ reason }: Any) => heard.push(reason));
    await app.play(idle);
    expect([heard, app.verbs()]).toEqual([["signature"], []]);
  });

  test("cookie-parser's own JSON cookie, on the whole way", async () => {
    const parse = cookieParser("keyboard cat");
    const app = makeApp({
      library: ours,
      before: (req, res, next) => parse(req, res, next),
    });
    const json = `s:${signature.sign('j:{"$ne":null}', "keyboard cat")}`;
    expect(await rejectedBy(app, encodeURIComponent(json))).toMatchObject({
      verbs: [],
      isAnonymous: true,
    });
  });
});

test("an application that draws ids no cookie can prove is warned, once", async () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const app = makeApp({ library: ours, options: { genid: () => "user/1" } });
  await app.play(write);
  await app.play(write);
  const lines = warn.mock.calls.filter(([line]) => String(line).includes("genid option"));
  warn.mockRestore();
  expect(lines).toHaveLength(1);
});

describe("S14 a cookie signed by an older secret is signed anew", () => {
  const old = (value: string) => {
    const text = decodeURIComponent(value);
    return signed(text.slice(2, text.lastIndexOf(".")), "old cat");
  };
  async function answerTo(options: object, handler: Handler) {
    const app = makeApp({
      library: ours,
      options: { secret: ["keyboard cat", "old cat"], ...options },
    });
    const { cookie } = await app.play(write);
    const answer = await app.play(handler, old(cookie!));
    return [cookie, answer.cookie, headerOf(answer, "set-cookie").length];
  }

  test("when its session is stored", async () => {
    const [now, renewed] = await answerTo({}, write);
    expect(renewed).toBe(now);
  });
  test("when its session is stored again, or rolled", async () => {
    for (const options of [{ resave: true }, { rolling: true }]) {
      const [now, renewed, count] = await answerTo(options, idle);
      expect([renewed, count]).toEqual([now, 1]);
    }
  });
  test("when the handler has stored it itself", async () => {
    const [now, renewed] = await answerTo({}, async (req, res) => {
      req.session.m = 1;
      await req.session.save();
      res.end();
    });
    expect(renewed).toBe(now);
  });
  test("but not one that cookie-parser verified: with which secret, it does not say", async () => {
    let id: string | undefined;
    const app = makeApp({
      library: ours,
      before: (req, _res, next) => {
        req.signedCookies = { "connect.sid": id };
        next();
      },
    });
    await app.play(write);
    id = Object.keys(app.watched.content())[0];
    const answer = await app.play(write);
    expect([answer.body, answer.cookie]).toEqual(["2", undefined]);
  });
  test("and not when it is only read", async () => {
    expect((await answerTo({}, idle))[1]).toBeUndefined();
  });
  test("one that the newest secret signed is not sent once more", async () => {
    const app = makeApp({ library: ours, options: { secret: ["keyboard cat", "old cat"] } });
    const { cookie } = await app.play(write);
    expect((await app.play(write, cookie)).cookie).toBeUndefined();
  });
});
