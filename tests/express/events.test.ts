/** What listeners of the middleware hear. */
import { expect, test } from "vitest";
import { idle, makeApp, useDriver, write } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

test("S83 a middleware whose secret is on the request has handles too, of this process", async () => {
  const app = makeApp({
    library: ours,
    options: { secret: undefined },
    before: (req, _res, next) => {
      req.secret = "keyboard cat";
      next();
    },
  });
  const handles: Promise<string>[] = [];
  app.middleware.on("created", (event: Any) => handles.push(event.session()));
  app.middleware.on("rejected", (event: Any) => handles.push(event.session()));
  const { cookie } = await app.play(write);
  for (const id of Object.keys(app.watched.content())) {
    await new Promise((done) => app.watched.store.destroy(id, done));
  }
  await app.play(idle, cookie);
  const [first, second] = await Promise.all(handles);
  expect(first).toMatch(/^[\w-]{16}$/);
  expect(second).toBe(first);
});

const { session: library } = ours as Any;
const MOVES: Record<string, (req: Any) => Promise<void>> = {
  "login()": (req) => library.login(req, "ada"),
  "elevate()": (req) => library.elevate(req),
  "regenerate({ keep })": (req) => req.session.regenerate({ keep: true }),
};

async function heardOf(app: Any, handler: (req: Any, res: Any) => unknown, cookie?: string) {
  const heard: string[] = [];
  const off = app.middleware.on("blocked", ({ reason }: Any) => heard.push(reason));
  await app.play(handler, cookie);
  off();
  return heard;
}

test.each(Object.keys(MOVES))("%s after the headers have left is told: blocked", async (how) => {
  const app = makeApp({ library: ours });
  const { cookie } = await app.play(async (req: Any, res) => {
    await library.login(req, "ada");
    res.end();
  });
  const late = async (req: Any, res: Any) => {
    res.write("begun");
    await MOVES[how]!(req);
    res.end();
  };
  expect(await heardOf(app, late, cookie)).toEqual(["headers-sent"]);
});

test("a new session that logs in when its cookie has left is told of as well", async () => {
  const app = makeApp({ library: ours });
  const late = async (req: Any, res: Any) => {
    req.session.n = 1;
    res.write("begun");
    await library.login(req, "ada");
    res.end();
  };
  expect(await heardOf(app, late)).toEqual(["headers-sent"]);
});

test("one whose id left with the headers is told of by nobody, whatever is written later", async () => {
  const app = makeApp({ library: ours });
  const early = async (req: Any, res: Any) => {
    await library.login(req, "ada");
    res.write("begun");
    req.session.n = 1;
    res.end();
  };
  expect(await heardOf(app, early)).toEqual([]);
  const { cookie } = await app.play(write);
  const writes = (req: Any, res: Any) => (res.write("begun"), req.session.n = 2, res.end());
  expect(await heardOf(app, writes, cookie)).toEqual([]);
  expect(await heardOf(app, early, cookie)).toEqual([]);
});

test("where the headers said already why no cookie can leave, nothing is said twice", async () => {
  const app = makeApp({ library: ours, options: { cookie: { secure: true } } });
  const early = async (req: Any, res: Any) => {
    req.session.n = 1;
    await req.session.save();
    res.write("begun");
    res.end();
  };
  expect(await heardOf(app, early)).toEqual(["insecure"]);
});
