/** What strangers can make both entries store: nothing that the application refuses. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { nodeSigner } from "../../src/express/node_signer.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { session } from "../../src/web/hono.ts";
import { type Any, type App, begin, dataOf, ENTRIES, SECRET } from "./entries.ts";

const REFUSED = { name: "SessionError", code: "SESSION_REFUSED" };

/** What `blocked` says from now on. */
function blockedIn(app: App): string[] {
  const heard: string[] = [];
  app.on("blocked", ({ reason }) => heard.push(reason));
  return heard;
}

describe.each(Object.entries(ENTRIES))("S76 beforeCreate (%s)", (_entry, make) => {
  test("is asked once for each request that begins a session, before the store is", async () => {
    const asked: [string, number][] = [];
    const app = make({
      beforeCreate: (request: Any) => {
        asked.push([new URL(request.url, "https://app.test").pathname, app.calls.length]);
      },
    });
    const { cookie } = await app.ask(undefined, async ({ session, login, update }) => {
      session.n = 1;
      await session.save();
      await update((data: Any) => void (data.n = 2));
      await login("ada");
    }, { path: "/cart" });
    expect(asked).toEqual([["/cart", 0]]);
    expect(await dataOf(app, cookie)).toEqual({ n: 2 });
  });

  test("is not asked for a session that is there, nor where it takes a new id", async () => {
    let asked = 0;
    const app = make({ beforeCreate: () => void asked++ });
    let cookie: string | undefined = await begin(app);
    expect(asked).toBe(1);
    const acts: ((scene: Any) => unknown)[] = [
      ({ session }) => void (session.b = 2),
      ({ login }) => login("ada"),
      ({ elevate }) => elevate(),
      ({ session }) => session.regenerate({ keep: true }),
      async (scene) => {
        await scene.session.regenerate();
        scene.session.c = 3;
        await scene.session.save();
      },
    ];
    for (const act of acts) {
      const before: string | undefined = cookie;
      const answer = await app.ask(cookie, act);
      expect(answer.error).toBeUndefined();
      cookie = answer.cookie;
      expect(cookie === before).toBe(act === acts[0]);
    }
    expect([asked, app.store.length(), await dataOf(app, cookie)]).toEqual([1, 1, { c: 3 }]);
  });

  test("is asked for a visitor whose cookie leads nowhere any more", async () => {
    let asked = 0;
    const app = make({ beforeCreate: () => void asked++ });
    const cookie = await begin(app);
    app.store.clear();
    await app.ask(cookie, async ({ session }) => {
      await session.regenerate();
      session.n = 1;
    });
    expect([asked, app.store.length()]).toEqual([2, 1]);
    await app.ask(cookie, ({ session }) => void (session.n = 1));
    expect([asked, app.store.length()]).toEqual([3, 2]);
  });

  const cause = new Error("the counter is down");
  test.each<[string, () => unknown, unknown]>([
    ["false", () => false, undefined],
    ["a promise of false", () => Promise.resolve(false), undefined],
    ["a throw", () => {
      throw cause;
    }, cause],
    ["a rejection", () => Promise.reject(cause), cause],
  ])(
    "%s refuses: an error in place of the answer, nothing is asked of the store, no cookie leaves",
    async (_how, beforeCreate, why) => {
      const app = make({ beforeCreate });
      const blocked = blockedIn(app);
      const acts: ((scene: Any) => unknown)[] = [
        ({ session }) => void (session.n = 1),
        ({ login }) => login("ada"),
        ({ session }) => (session.n = 1, session.save()),
        ({ update }) => update((data: Any) => void (data.n = 1)),
      ];
      for (const act of acts) {
        const { status, error, setCookies } = await app.ask(undefined, act);
        expect([status, setCookies]).toEqual([500, []]);
        expect(error).toMatchObject(REFUSED);
        expect(error.cause).toBe(why);
      }
      expect([app.calls, app.store.length()]).toEqual([[], 0]);
      expect(blocked).toEqual(acts.map(() => "refused"));
    },
  );

  test("what it returns otherwise allows", async () => {
    for (const allowed of [undefined, true, null, 0, Promise.resolve(true)]) {
      await begin(make({ beforeCreate: () => allowed }));
    }
  });

  test("refused once is refused for the whole request", async () => {
    let asked = 0;
    const app = make({ beforeCreate: () => ++asked > 1 });
    const { error, setCookies } = await app.ask(undefined, async ({ session, login, update }) => {
      session.n = 1;
      await expect(session.save()).rejects.toMatchObject(REFUSED);
      await expect(session.save()).rejects.toMatchObject(REFUSED);
      await expect(update((data: Any) => void (data.n = 2))).rejects.toMatchObject(REFUSED);
      await login("ada").catch(() => {});
      session.n = 3;
    });
    expect(error).toMatchObject(REFUSED);
    expect([asked, setCookies, app.calls]).toEqual([1, [], []]);
    await begin(app);
    expect(asked).toBe(2);
  });

  test("saves at the same time are asked about once", async () => {
    let asked = 0;
    const app = make({ beforeCreate: () => Promise.resolve(++asked > 1) });
    const { result } = await app.ask(undefined, async ({ session }) => {
      session.n = 1;
      const saves = await Promise.allSettled([session.save(), session.save(), session.save()]);
      return saves.map(({ reason }: Any) => reason?.code);
    });
    expect([asked, result]).toEqual([1, Array(3).fill("SESSION_REFUSED")]);
    expect(app.calls).toEqual([]);
  });

  test("a handler that is told can answer by itself", async () => {
    const app = make({ beforeCreate: () => false });
    const { status, error, setCookies, result } = await app.ask(
      undefined,
      async ({ session, logout }) => {
        session.n = 1;
        try {
          await session.save();
        } catch (error) {
          await logout();
          return (error as Any).code;
        }
      },
      { status: 429 },
    );
    expect([status, error, setCookies, result]).toEqual([429, undefined, [], "SESSION_REFUSED"]);
    expect(app.store.length()).toBe(0);
  });

  test("an untouched session that would be stored all the same is not, and its page goes out", async () => {
    const app = make({ beforeCreate: () => false, saveUninitialized: true });
    const blocked = blockedIn(app);
    const { status, error, setCookies } = await app.ask(undefined, ({ session }) => session.n);
    expect([status, error, setCookies]).toEqual([200, undefined, []]);
    expect([app.calls, blocked]).toEqual([[], ["refused"]]);
  });

  test("a store that fails, and is asked again, does not count twice", async () => {
    let asked = 0;
    const app = make({ beforeCreate: () => void asked++ });
    app.before = () => {
      app.before = () => {};
      throw new Error("no answer");
    };
    const { error } = await app.ask(undefined, async ({ session }) => {
      session.n = 1;
      await expect(session.save()).rejects.toThrow();
      session.n = 2;
    });
    expect([error, asked, app.calls.length, app.store.length()]).toEqual([undefined, 1, 2, 1]);
  });

  test("S61 the size is looked at first: nobody is asked about what is too large", async () => {
    let asked = 0;
    const app = make({ maxBytes: 200, beforeCreate: () => void asked++ });
    const big = "x".repeat(200);
    const { error } = await app.ask(undefined, ({ session }) => void (session.big = big));
    expect(error).toMatchObject({ code: "SESSION_TOO_LARGE" });
    const cookie = await begin(app);
    app.calls.length = 0;
    await app.ask(cookie, async ({ session, update }) => {
      session.big = big;
      await expect(session.save()).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
      await expect(update((data: Any) => void (data.a = big))).rejects
        .toMatchObject({ code: "SESSION_TOO_LARGE" });
    });
    expect(asked).toBe(1);
    expect(app.calls.map((call) => call.split(" ")[0])).not.toContain("commit");
  });

  test("S73 S74 a thousand visits that write nothing, or bring a forged cookie, ask nobody anything", async () => {
    let asked = 0;
    const app = make({ beforeCreate: () => void asked++ });
    const forged = nodeSigner(["another secret of more than thirty-two bytes"]);
    for (let visit = 0; visit < 1000; visit++) {
      await app.ask(undefined, ({ session }) => session.n);
      const id = `forged-${visit}`.padEnd(32, "x");
      await app.ask(`sid=${encodeURIComponent(forged.sign(id))}`, ({ session }) => session.n);
    }
    expect([app.calls, app.store.length(), asked]).toEqual([[], 0, 0]);
  });

  test("what is no function is refused at construction", () => {
    for (const wrong of ["hush", 5, {}, null]) {
      expect(() => make({ beforeCreate: wrong })).toThrow(
        'Option "beforeCreate" must be a function, not',
      );
    }
  });
});

test("S76 Hono's onError answers whom beforeCreate refuses", async () => {
  const app = new Hono()
    .use(session({ secret: SECRET, beforeCreate: () => false }))
    .get("/", (c) => {
      c.var.session["n"] = 1;
      return c.text("stored");
    });
  app.onError((error, c) => c.text((error as Any).code, 429));
  const answer = await app.request("/");
  expect([answer.status, await answer.text()]).toEqual([429, "SESSION_REFUSED"]);
  expect(answer.headers.getSetCookie()).toEqual([]);
});

test("S76 sealed sessions are asked about as well", async () => {
  let allowed = false;
  const sessions = createSessions<Any>({
    store: cookieStore({ secret: SECRET }),
    beforeCreate: () => allowed,
  });
  const visit = (session: Any) => (session["n"] = 1, new Response());
  const handler = sessions.wrap((_request, session) => visit(session));
  const request = () => new Request("https://app.test/");
  await expect(handler(request())).rejects.toMatchObject(REFUSED);
  allowed = true;
  expect((await handler(request())).headers.getSetCookie()).toHaveLength(1);
});
