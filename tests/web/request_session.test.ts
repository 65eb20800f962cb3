/** A Web request's session: which calls count, and what becomes of those that are overtaken. */
import { describe, expect, test } from "vitest";
import { SessionError } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import {
  type Any,
  countingStore,
  gate,
  makeSessions,
  request,
  visit,
  withVerb,
} from "./support.ts";

const write = (session: Any) => void (session.n = 1);
const destroyed = new SessionError("SESSION_GONE", "The session was destroyed");

describe("reload()", () => {
  test("of a session that was never stored rejects, as in express-session", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, async (session) => {
      await expect(session.reload()).rejects.toThrow(
        new SessionError("SESSION_GONE", "failed to load session"),
      );
    });
  });

  test("takes what others removed for removed: it does not remove what they bring anew", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => {
      session.n = 1;
      session.cart = "of before";
    });
    await visit(sessions, cookie, async (session) => {
      await visit(sessions, cookie, (other) => void delete other.cart);
      await session.reload();
      expect(session).not.toHaveProperty("cart");
      await visit(sessions, cookie, (other) => void (other.cart = "anew"));
      session.n = 2;
    });
    const { result } = await visit(sessions, cookie, ({ n, cart }) => [n, cart]);
    expect(result).toEqual([2, "anew"]);
  });
});

describe("regenerate()", () => {
  test("gives a new visitor a session, whether or not its id was asked for", async () => {
    for (const ask of [() => {}, (session: Any) => session.id]) {
      const { sessions, store } = makeSessions();
      const { cookie, result } = await visit(sessions, undefined, async (session) => {
        await session.regenerate();
        return ask(session);
      });
      expect(cookie).toBeDefined();
      expect(store.length()).toBe(1);
      if (result !== undefined) expect(store.ids()).toEqual([result]);
    }
  });

  test("ends what was stored once, however often it is called", async () => {
    const store = countingStore();
    const { sessions } = makeSessions({ store });
    const { cookie } = await visit(sessions, undefined, write);
    store.calls.length = 0;
    await visit(sessions, cookie, async (session) => {
      await session.regenerate();
      await session.regenerate();
      session.n = 2;
    });
    expect(store.calls).toEqual(["read", "destroy", "create"]);
  });
});

describe("a call that a logout overtakes", () => {
  /** A store whose next commit waits. */
  function slow() {
    const memory = memoryStore();
    const { wait, open } = gate();
    let isHeld = false;
    const store = withVerb(memory, "commit", () => isHeld ? wait : undefined);
    return { ...makeSessions({ store }), memory, open, hold: () => isHeld = true };
  }

  test("stores nothing, and is told: save()", async () => {
    const { sessions, memory, open, hold } = slow();
    const { cookie } = await visit(sessions, undefined, write);
    hold();
    await visit(sessions, cookie, async (session) => {
      session.n = 2;
      const first = session.save();
      session.n = 3;
      const second = session.save();
      const logout = session.logout();
      open();
      await expect(second).rejects.toThrow(destroyed);
      await Promise.all([first, logout]);
    });
    expect(memory.length()).toBe(0);
  });

  test.each([[undefined], ["known"]])(
    "stores nothing, and is told: update(): %s",
    async (known) => {
      const { sessions, store } = makeSessions();
      const { cookie } = known === undefined
        ? { cookie: undefined }
        : await visit(sessions, undefined, write);
      const { wait, open } = gate();
      const ran: unknown[] = [];
      await visit(sessions, cookie, async (session) => {
        const updating = session.update(async (data: Any) => {
          await wait;
          ran.push(data.n = 2);
        });
        const logout = session.logout();
        open();
        await expect(updating).rejects.toThrow(destroyed);
        await logout;
      });
      expect([ran, store.length()]).toEqual([[2], 0]);
    },
  );

  test("and that is made after it is refused at once, also where nobody awaits it", async () => {
    const { sessions } = makeSessions();
    const unhandled: unknown[] = [];
    const hear = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", hear);
    try {
      await visit(sessions, undefined, async (session) => {
        await session.destroy();
        void session.save();
        void session.login("ada");
        await expect(session.save()).rejects.toThrow(destroyed);
        await expect(session.update(write)).rejects.toThrow(destroyed);
        await new Promise(setImmediate);
      });
    } finally {
      process.off("unhandledRejection", hear);
    }
    expect(unhandled).toEqual([]);
  });
});

test("a call that comes after the response is told so", async () => {
  const { sessions } = makeSessions();
  let kept: Any = {};
  await visit(sessions, undefined, (session) => void (kept = session));
  for (const late of [kept["login"]("ada"), kept["save"]()]) {
    await expect(late).rejects.toThrow(
      new SessionError("SESSION_COMMITTED", "The session was committed: its response has left"),
    );
  }
});

describe("update()", () => {
  test("of what is no function is refused by its name", async () => {
    const { sessions } = makeSessions();
    await visit(sessions, undefined, async (session) => {
      await expect(session.update({ n: 1 })).rejects.toThrow(
        new TypeError("update() needs a function, not a value of type object"),
      );
    });
  });

  test("of a new session whose cookie cannot leave is seen by the handler, and stored nowhere", async () => {
    const { sessions, store } = makeSessions();
    const answer = await sessions.wrap(async (_request, session) => {
      const before = await session.update((data) => {
        data["n"] = 7;
        return "done";
      });
      await session.save();
      return Response.json([before, session["n"]]);
    })(request(undefined, "http://app.test/"));
    expect(await answer.json()).toEqual(["done", 7]);
    expect([store.length(), answer.headers.getSetCookie()]).toEqual([0, []]);
  });
});
