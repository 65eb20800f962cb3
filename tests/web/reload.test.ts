/** Calls beside a reload() that nobody awaits: all is as if each had been awaited. */
import { describe, expect, test } from "vitest";
import { makeSessions, visit } from "./support.ts";
import type { Any } from "./support.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore } from "../../src/testing/mod.ts";

const LATE = (["read", "rotate"] as const).map((
  verb,
) => ({ verb, fault: "delay", ms: 1 } as const));

/** A session with `a`, and what another request writes to it while this one is under way. */
async function start() {
  // It answers on a later turn, as one on a server does.
  const { sessions } = makeSessions({ store: faultyStore(memoryStore(), LATE) });
  const { cookie } = await visit(sessions, undefined, async (session) => {
    session.a = 1;
    await session.login("ada");
  });
  const others = () => visit(sessions, cookie, (session) => void (session.card = "ada's"));
  const found = async (after = cookie) =>
    (await visit(sessions, after, (session: Any) => ({
      ...Object.fromEntries(Object.entries(session).filter(([key]) => key !== "cookie")),
      by: session.subject,
      told: session.flash("info"),
      ...session.cookie.originalMaxAge === 60_000 && { life: 60_000 },
    }))).result;
  return { sessions, cookie, others, found };
}

describe("what others have stored is the session's, and goes with it", () => {
  test.each<[string, (session: Any) => Promise<void>, Any]>([
    ["login() of somebody else", (session) => session.login("bob"), { by: "bob" }],
    ["login() that keeps nothing", (session) => session.login("bob", { keep: [] }), { by: "bob" }],
    ["regenerate()", (session) => session.regenerate(), {}],
    ["login() of the same", (session) => session.login("ada"), { a: 1, card: "ada's", by: "ada" }],
  ])("%s", async (_name, act, left) => {
    const { sessions, cookie, others, found } = await start();
    const { cookie: after } = await visit(sessions, cookie, async (session) => {
      await others();
      session.reload();
      await act(session);
      session.mine = 1;
    });
    expect(await found(after)).toEqual({ mine: 1, by: undefined, told: [], ...left });
  });
});

describe("what is written after it stays", () => {
  test.each<[string, (session: Any) => unknown, Any]>([
    ["and is saved", async (session) => {
      session.reload();
      session.m = 1;
      await session.save();
    }, { m: 1 }],
    ["with the response", (session) => {
      session.reload();
      session.m = 1;
    }, { m: 1 }],
    ["between two", async (session) => {
      const first = session.reload();
      session.reload();
      await first;
      session.m = 1;
      await session.save();
    }, { m: 1 }],
    ["a message too", (session) => {
      session.reload();
      session.flash("info", "hello");
    }, { told: ["hello"] }],
    ["and a lifetime", async (session) => {
      session.reload();
      session.cookie.maxAge = 60_000;
      await session.save();
      expect(session.cookie.originalMaxAge).toBe(60_000);
    }, { life: 60_000 }],
    ["a lifetime alone", (session) => {
      session.reload();
      session.cookie.maxAge = 60_000;
    }, { life: 60_000 }],
  ])("%s", async (_name, act, more) => {
    const { sessions, cookie, others, found } = await start();
    const { response } = await visit(sessions, cookie, async (session) => {
      await others();
      await act(session);
    });
    expect(response.status).toBe(200);
    expect(await found()).toEqual({ a: 1, card: "ada's", by: "ada", told: [], ...more });
  });

  test("what was written before it is dropped, and so it is by calls that wait", async () => {
    const { sessions, cookie, others, found } = await start();
    await visit(sessions, cookie, async (session) => {
      await others();
      session.before = 1;
      session.reload();
      const saved = session.save();
      session.after = 1;
      await saved;
    });
    expect(await found()).toEqual({ a: 1, after: 1, card: "ada's", by: "ada", told: [] });
  });
});

test("a function of update() may load the session again", async () => {
  const { sessions, cookie, others, found } = await start();
  await visit(sessions, cookie, (session) =>
    session.update(async (data: Any) => {
      await others();
      await session.reload();
      data.seen = session.card;
    }));
  expect(await found()).toMatchObject({ a: 1, card: "ada's", seen: "ada's" });
});

describe("what is written after an update() that nobody awaits is the last word", () => {
  test.each<[string, (session: Any) => void, Any]>([
    ["set", (session) => {
      session.update((data: Any) => void (data.a = "first"));
      session.a = "last";
    }, { a: "last" }],
    ["removed", (session) => {
      session.update((data: Any) => void (data.a = "first"));
      delete session.a;
    }, {}],
    ["set after a take()", (session) => {
      session.take("a");
      session.a = "new";
    }, { a: "new" }],
    ["in line behind a save()", (session) => {
      session.save();
      session.update((data: Any) => void (data.a = "first"));
      session.a = "last";
    }, { a: "last" }],
  ])("%s", async (_name, act, left) => {
    const { sessions, cookie, found } = await start();
    await visit(sessions, cookie, act);
    expect(await found()).toEqual({ by: "ada", told: [], ...left });
  });
});

describe("a slow update() that is called after another session was asked for is of that one", () => {
  test.each<[string, (session: Any) => unknown, Any]>([
    ["login()", (session) => session.login("bob"), { by: "bob" }],
    ["regenerate({ keep })", (session) => session.regenerate({ keep: ["a"] }), {
      a: 1,
      by: "ada",
    }],
  ])("%s", async (_name, act, left) => {
    const { sessions, cookie, found } = await start();
    let outcome: unknown;
    const { cookie: after } = await visit(sessions, cookie, (session) => {
      act(session);
      outcome = session.update(async (data: Any) => {
        await new Promise(setImmediate);
        data.n = 1;
      });
    });
    await outcome;
    expect(await found(after)).toEqual({ n: 1, by: undefined, told: [], ...left });
  });
});
