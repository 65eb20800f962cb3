/** What goes wrong at the end of a request: the visitor gets an answer, the application is told. */
import { expect, test } from "vitest";
import { update } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Handler, makeApp, tell, told, useDriver, write } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

for (const kind of ["async", "sync", "memory"] as const) {
  test.each<[string, boolean]>([["written to", true], ["only asked for", false]])(
    `a status line Node will not write leaves the way free for an error page (${kind}, %s)`,
    async (_kind, writes) => {
      const app = makeApp({ library: ours, kind });
      const answer = await app.play((req, res) => {
        if (writes) req.session.a = 1;
        res.statusMessage = "two\nlines";
        try {
          res.end("never sent");
        } catch {
          res.statusMessage = "Broken";
          res.statusCode = 500;
          res.end("error page");
        }
      });
      expect([answer.status, answer.body]).toEqual([500, "error page"]);
      expect(answer.cookie !== undefined).toBe(writes);
      expect((await app.play(write, answer.cookie)).body).toBe("1");
    },
  );
}

test.each(["destroy", "regenerate", "logout"])(
  "S79 %s() that fails tells the caller, and an event",
  async (method) => {
    const store = memoryStore();
    const app = makeApp({ library: ours, options: { store } });
    const heard: unknown[] = [];
    app.middleware.on("error", ({ during }: Any) => heard.push(during));
    const { cookie } = await app.play(write);
    store.destroy = () => {
      throw new Error("no disk");
    };
    let message = "";
    await app.play(async (req, res) => {
      message = await (method === "logout"
        ? ours.session.logout(req)
        : told((done) =>
          req.session[method](done)
        )).catch((error: Error) => error.message);
      res.end();
    }, cookie);
    expect(message).toBe("The session store (MemoryStore) failed");
    expect(heard).toEqual(["destroy"]);
  },
);

test.each<[string, Any, (req: Any) => Promise<unknown>, boolean]>([
  ["destroy()", {}, (req) => told((done) => req.session.destroy(done)), false],
  ["destroy() without a callback", {}, (req) => req.session.destroy(), false],
  ["destroy() with clearCookie", { clearCookie: true }, (req) => req.session.destroy(), true],
  ["logout()", {}, (req) => ours.session.logout(req), true],
])(
  "S79 %s that fails: what the browser keeps is what it keeps of one that succeeds",
  async (_name, options, end, clears) => {
    const answers: (string[] | undefined)[] = [];
    const heard: unknown[] = [];
    for (const isDown of [false, true]) {
      const app = makeApp({ library: ours, options });
      const { cookie } = await app.play(write);
      app.middleware.on("error", ({ error, during }: Any) => heard.push([during, error.code]));
      app.middleware.on("destroyed", () => heard.push("destroyed"));
      const original = app.watched.store.destroy;
      if (isDown) {
        app.watched.store.destroy = (id: string, done: Any) => {
          setImmediate(done, new Error(`the disk has locked ${id}`));
        };
      }
      let told = "";
      const answer = await app.play(async (req, res) => {
        await end(req).catch(({ message }) => told = message);
        res.end(String(req.session));
      }, cookie);
      expect([answer.status, answer.body, app.errors]).toEqual([200, "undefined", []]);
      expect(told).toMatch(isDown ? /^the disk has locked/ : /^$/);
      answers.push(headerOf(answer, "set-cookie").map((text) => text.replace(/GMT.*/, "")));
      app.watched.store.destroy = original;
      // Nobody is told that it went well: who comes again with a copy of the cookie is still there.
      expect((await app.play(tell, cookie)).body.includes('"n":1')).toBe(isDown);
    }
    const removal = ["connect.sid=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 "];
    expect(answers).toEqual(Array(2).fill(clears ? removal : []));
    expect(heard).toEqual(["destroyed", ["destroy", "STORE_FAILED"]]);
  },
);

test('S79 unset: "destroy" that fails: the answer goes out, next() hears of it, and an event', async () => {
  const app = makeApp({ library: ours, options: { unset: "destroy" } });
  const { cookie } = await app.play(write);
  const heard: unknown[] = [];
  app.middleware.on("error", ({ error, during }: Any) => heard.push([during, error.message]));
  app.watched.store.destroy = (id: string, done: Any) => done(new Error(`locked: ${id}`));
  const answer = await app.play((req, res) => {
    req.session = null;
    res.end("bye");
  }, cookie);
  expect([answer.status, answer.body]).toEqual([200, "bye"]);
  expect(app.errors).toMatchObject([{ message: expect.stringMatching(/^locked: ./) }]);
  expect(heard).toEqual([["destroy", "The session store failed"]]);
});

test("S61 S78 a session too large to store is an error page without its cookie", async () => {
  const app = makeApp({ library: ours, options: { maxBytes: 100 } });
  const fill: Handler = (req, res) => {
    req.session.big = "x".repeat(100);
    res.end("stored");
  };
  const answer = await app.play(fill);
  expect([answer.status, answer.body]).toEqual([500, "Session data exceed 100 bytes"]);
  expect([answer.cookie, app.verbs()]).toEqual([undefined, []]);
  // What has begun to leave still ends.
  const late = await app.play((req, res) => {
    res.write("half, ");
    fill(req, res, undefined);
  }, (await app.play(write)).cookie);
  expect([late.status, late.body]).toEqual([200, "half, stored"]);
});

test.each<[string, (req: Any) => unknown, number]>([
  ["save()", (req) => req.session.save(), 30],
  ["update(req)", (req) => update(req, (data: Any) => void (data.n = 5)), 30],
  ["nothing", () => {}, 1],
])(
  "the page of a store that fails tells the browser the lifetime that %s has stored before",
  async (_name, act, days) => {
    const DAY = 86_400_000;
    const store = memoryStore();
    const app = makeApp({ library: ours, options: { store, cookie: { maxAge: DAY } } });
    const { cookie } = await app.play(write);
    const { commit } = store;
    const answer = await app.play(async (req, res) => {
      req.session.cookie.maxAge = 30 * DAY;
      await act(req);
      store.commit = () => {
        throw new Error("no disk");
      };
      req.session.late = 1;
      req.session.cookie.maxAge = 60 * DAY;
      res.end();
    }, cookie);
    store.commit = commit;
    expect(answer.status).toBe(500);
    const [sent] = headerOf(answer, "set-cookie");
    const end = Date.parse(/Expires=([^;]+)/.exec(sent ?? "")?.[1] ?? "");
    expect(Math.round((end - Date.now()) / DAY)).toBe(days === 1 ? NaN : days);
    const told = await app.play((req, res) => {
      res.end(String(req.session.cookie.originalMaxAge / DAY));
    }, answer.cookie ?? cookie);
    expect(told.body).toBe(String(days));
  },
);
