/** An update() still under way when its session ends is refused: its result reaches no other session. */
import { describe, expect, test } from "vitest";
import { type Any, cookieOf, gate, makeSessions, request, visit } from "./support.ts";

/** Runs an update() of alice's that is under way while `replace` puts another session in its place. */
async function during(replace: (session: Any) => Promise<void>) {
  const { sessions } = makeSessions();
  const { cookie } = await visit(sessions, undefined, async (session) => {
    await session.login("alice");
    session.cart = 1;
  });
  const opened = gate();
  let outcome: Promise<unknown> | undefined;
  const answer = await sessions.wrap(async (_request: Request, session: Any) => {
    outcome = session.update(async (data: Any) => {
      await opened.wait;
      data.cart = (data.cart ?? 0) + 10;
      data.secret = "of alice";
    }).then(() => "stored", (error: Any) => error.code);
    await replace(session);
    session.mine = true;
    opened.open();
    return new Response("done");
  })(request(cookie));
  const { result } = await visit(
    sessions,
    cookieOf(answer),
    ({ cookie: _, ...data }) => data,
  );
  return { outcome: await outcome, data: result };
}

describe("update() that was begun before", () => {
  test("login() of somebody else is refused", async () => {
    expect(await during((session) => session.login("bob"))).toEqual({
      outcome: "SESSION_GONE",
      data: { mine: true },
    });
  });

  test("login() that keeps what it names is refused", async () => {
    expect(await during((session) => session.login("bob", { keep: ["cart"] }))).toEqual({
      outcome: "SESSION_GONE",
      data: { cart: 1, mine: true },
    });
  });

  test("regenerate({ keep }) is refused", async () => {
    expect(await during((session) => session.regenerate({ keep: ["cart"] }))).toEqual({
      outcome: "SESSION_GONE",
      data: { cart: 1, mine: true },
    });
  });

  test("regenerate() is refused", async () => {
    expect(await during((session) => session.regenerate())).toEqual({
      outcome: "SESSION_GONE",
      data: { mine: true },
    });
  });

  test("regenerate() and save() is refused", async () => {
    const replaced = during(async (session) => {
      await session.regenerate();
      await session.save();
    });
    expect(await replaced).toEqual({ outcome: "SESSION_GONE", data: { mine: true } });
  });

  test("a second login() of the same person follows the session", async () => {
    expect(await during((session) => session.login("alice"))).toEqual({
      outcome: "stored",
      data: { cart: 11, secret: "of alice", mine: true },
    });
  });

  test("regenerate({ keep: true }) follows the session", async () => {
    expect(await during((session) => session.regenerate({ keep: true }))).toEqual({
      outcome: "stored",
      data: { cart: 11, secret: "of alice", mine: true },
    });
  });
});
