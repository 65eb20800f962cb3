/** Data with a schema on Express: what comes in, what goes out, and what next() hears. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { login, subjectOf, update } from "../../src/express/mod.ts";
import { makeApp, tell, useDriver } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

const schema = z.object({ items: z.array(z.string()).default([]) });
const second = {
  schema,
  schemaVersion: 2,
  migrate: (data: Any, version: number) => version < 2 ? { items: [data.item] } : data,
};

describe.each(["memory", "async"] as const)("with a schema and a store (%s)", (kind) => {
  const make = (options: Any) => makeApp({ library: ours, kind, options });
  const put = (data: object) => (req: Any, res: Any) => {
    Object.assign(req.session, data);
    res.end("stored");
  };
  const dataOf = async (app: Any, cookie: Any) => {
    const { cookie: _, ...data } = JSON.parse((await app.play(tell, cookie)).body);
    return data;
  };

  test("what does not fit is an error page, and not stored", async () => {
    const app = make({ schema });
    const { cookie } = await app.play(put({ items: ["a"] }));
    const answer = await app.play(put({ items: 7 }), cookie);
    expect([answer.status, answer.body]).toEqual([
      500,
      'Session key "items" does not fit the schema',
    ]);
    expect(await dataOf(app, cookie)).toEqual({ items: ["a"] });
    const updated = await app.play(async (req, res) => {
      const { code } = await update(req, (data: Any) => void (data.items = 7)).catch((e: Any) => e);
      res.end(code);
    }, cookie);
    expect(updated.body).toBe("SESSION_INVALID");
  });

  test("what was stored before goes up to the version, once, and keeps its login", async () => {
    const before = make({});
    const { cookie } = await before.play(async (req, res) => {
      req.session.item = "a";
      await login(req, "ada");
      res.end();
    });
    let times = 0;
    const migrate = (data: Any, version: number) => (times++, second.migrate(data, version));
    const app = make({ ...second, migrate, store: before.watched.store });
    for (let time = 0; time < 2; time++) {
      expect(await dataOf(app, cookie)).toEqual({ items: ["a"] });
      expect((await app.play((req, res) => res.end(subjectOf(req)), cookie)).body).toBe("ada");
    }
    expect(times).toBe(1);
  });

  test("what nobody can read is a new visitor's, and said", async () => {
    const before = make({});
    const { cookie } = await before.play(put({ items: "broken" }));
    const app = make({ schema, store: before.watched.store });
    const reasons: string[] = [];
    app.middleware.on("rejected", ({ reason }: Any) => reasons.push(reason));
    expect(await dataOf(app, cookie)).toEqual({});
    expect(reasons).toEqual(["schema"]);
  });
});
