/** What goes wrong at the end of a request: the visitor gets an answer, the application is told. */
import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Handler, makeApp, told, useDriver, write } from "./support/app.ts";
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
