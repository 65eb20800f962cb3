/** An update() still under way when its session ends is refused: its result reaches no other session. */
import { describe, expect, test } from "vitest";
import { login, update } from "../../src/express/session_functions.ts";
import { makeApp, tell, told, useDriver } from "./support/app.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

/** Runs an update() of alice's that is under way while `replace` puts another session in its place. */
async function during(kind: "async" | "sync" | "memory", replace: (req: Any) => unknown) {
  const app = makeApp({ library: ours, kind });
  const { cookie } = await app.play(async (req, res) => {
    await login(req, "alice");
    req.session.cart = 1;
    res.end();
  });
  let open!: () => void;
  const opened = new Promise<void>((resolve) => open = resolve);
  let outcome: Promise<unknown> | undefined;
  const answer = await app.play(async (req, res) => {
    outcome = (update(req, async (data: Any) => {
      await opened;
      data.cart = (data.cart ?? 0) + 10;
      data.secret = "of alice";
    }) as Promise<unknown>).then(() => "stored", (error: Any) => error.code);
    await replace(req);
    req.session.mine = true;
    open();
    res.end("done");
  }, cookie);
  const { cookie: _, ...data } = JSON.parse((await app.play(tell, answer.cookie)).body);
  return { outcome: await outcome, data };
}

describe.each(["async", "sync", "memory"] as const)(
  "update() that was begun before (%s)",
  (kind) => {
    test("login() of somebody else is refused", async () => {
      expect(await during(kind, (req) => login(req, "bob"))).toEqual({
        outcome: "SESSION_GONE",
        data: { mine: true },
      });
    });

    test("regenerate({ keep }) is refused", async () => {
      expect(await during(kind, (req) => req.session.regenerate({ keep: ["cart"] }))).toEqual({
        outcome: "SESSION_GONE",
        data: { cart: 1, mine: true },
      });
    });

    test("regenerate(), and what takes its place is saved, is refused", async () => {
      const replaced = during(kind, async (req) => {
        await told((done) => req.session.regenerate(done));
        await told((done) => req.session.save(done));
      });
      expect(await replaced).toEqual({ outcome: "SESSION_GONE", data: { mine: true } });
    });

    test("a second login() of the same person follows the session", async () => {
      expect(await during(kind, (req) => login(req, "alice"))).toEqual({
        outcome: "stored",
        data: { cart: 11, secret: "of alice", mine: true },
      });
    });
  },
);
