/** An application's error page is what the visitor gets, whatever else goes wrong on its way. */
import { describe, expect, test } from "vitest";
import { makeApp, useDriver, write } from "./support/app.ts";
import { Driver } from "./support/drive.ts";
import { type Any, express4, express5, ours } from "./support/libraries.ts";
import { makeStore } from "./support/stores.ts";

useDriver();

const disk = (_id: string, _session: Any, done: Any) => setImmediate(done, new Error("disk full"));

describe.each([["Express 4", express4], ["Express 5", express5]])("%s", (_name, express) => {
  test.each(["new", "known"])(
    "what a handler threw is the page of a %s session, though its changes cannot be stored either",
    async (visitor) => {
      const driver = await Driver.start();
      const { store } = makeStore("async", ours);
      const app = express();
      app.set("env", "test");
      app.use(ours.session({ secret: "s", resave: false, saveUninitialized: false, store }));
      app.get("/begin", (req: Any, res: Any) => {
        req.session.n = 1;
        res.end();
      });
      app.get("/fail", (req: Any) => {
        req.session.n = 2;
        store.set = disk;
        throw new Error("the handler broke");
      });
      app.use((error: Error, _req: Any, res: Any, _next: Any) => {
        res.status(500).send(`sorry: ${error.message}`);
      });
      driver.handler = app;
      const headers: Record<string, string> = {};
      if (visitor === "known") {
        const begun = await driver.call({ path: "/begin" });
        const [, cookie = ""] = begun.headers.find(([name]) => name === "Set-Cookie") ?? [];
        headers["Cookie"] = cookie.split(";")[0]!;
      }
      const answer = await driver.call({ path: "/fail", headers });
      await driver.stop();
      expect([answer.status, answer.body]).toEqual([500, "sorry: the handler broke"]);
      expect(answer.headers.map(([name]) => name)).not.toContain("Set-Cookie");
    },
  );
});

describe("what an application lays over a session (Object.assign(req.session, req.body))", () => {
  const bodies: Record<string, object> = {
    "a text for its cookie": { cookie: "text" },
    "nothing for its cookie": { cookie: null },
    "a cookie of somebody's making": { cookie: { maxAge: 1e15, path: "/x", data: { a: 1 } } },
    "a text for resetMaxAge()": { touch: "text", resetMaxAge: "text" },
    "a number for save()": { save: 1, reload: 2, destroy: 3, regenerate: 4 },
  };
  test.each(Object.entries(bodies))(
    "%s ends no process, and leaves nobody waiting",
    async (_kind, body) => {
      for (const kind of ["async", "sync", "memory", "failing-set"] as const) {
        for (const visitor of ["new", "known", "who has logged in"]) {
          const app = makeApp({ library: ours, kind });
          const { cookie } = await app.play(write);
          const answer = await app.play(async (req, res) => {
            if (visitor === "who has logged in") await ours.session.login(req, "ada");
            Object.assign(req.session, { n: 7 }, body);
            res.end("done");
          }, visitor === "new" ? undefined : cookie);
          expect([200, 500], `${kind} ${visitor}`).toContain(answer.status);
          expect(answer.broken, `${kind} ${visitor}`).toBeUndefined();
        }
      }
    },
  );
});
