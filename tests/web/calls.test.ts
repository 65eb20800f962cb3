/** Calls nobody awaits: they count at the time they are made, whichever way the request came in. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createSessions, type Sessions } from "../../mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import {
  type Any,
  cookieOf,
  gate,
  makeSessions,
  request,
  SECRET,
  setCookieOf,
  visit,
  withVerb,
} from "./support.ts";

type Enter = (
  sessions: Sessions<Any>,
  asked: Request,
  act: (session: Any) => unknown,
) => Promise<Response>;

/** The three ways in. What `act` begins is not awaited. */
const ways: Record<string, Enter> = {
  "wrap()": (sessions, asked, act) =>
    sessions.wrap((_request, session) => {
      act(session);
      return new Response("done");
    })(asked),
  "open() and commit()": async (sessions, asked, act) => {
    const session = await sessions.open(asked);
    act(session);
    return await sessions.commit(session, new Response("done"));
  },
  "Hono": async (sessions, asked, act) =>
    await new Hono<{ Variables: { session: Any } }>()
      .use(honoSession({ sessions }) as never)
      .get("/", (c) => {
        act(c.var.session);
        return c.text("done");
      })
      .fetch(asked),
};

/** A store elsewhere: each of its answers takes a turn. */
function slow() {
  const memory = memoryStore();
  const turn = () => new Promise<void>((done) => queueMicrotask(done));
  let store = memory as ReturnType<typeof withVerb>;
  for (const verb of ["create", "read", "commit", "rotate", "destroy"] as const) {
    store = withVerb(store, verb, turn);
  }
  return { memory, store };
}

const dataOf = async (sessions: Sessions<Any>, cookie: string | undefined) =>
  (await visit(sessions, cookie, ({ cookie: _, ...data }) => data)).result;

for (const [way, enter] of Object.entries(ways)) {
  describe(`by ${way}`, () => {
    const begin = async () => {
      const { memory, store } = slow();
      const { sessions } = makeSessions({ store });
      const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
      return { sessions, store: memory, cookie: cookie! };
    };

    for (
      const [call, act, left] of [
        ["save()", (session: Any) => (session.n = 2, session.save()), { n: 2 }],
        ["update()", (session: Any) => session.update((data: Any) => ++data.n), { n: 2 }],
        [
          "update() that takes time",
          (session: Any) =>
            session.update(async (data: Any) => {
              await Promise.resolve();
              data.n++;
            }),
          { n: 2 },
        ],
        ["take()", (session: Any) => session.take("n"), {}],
        ["login()", (session: Any) => session.login("ada"), { n: 1 }],
        ["regenerate()", (session: Any) => session.regenerate(), {}],
        [
          "two calls",
          (session: Any) => {
            void session.login("ada");
            void session.update((data: Any) => data.second = true);
          },
          { n: 1, second: true },
        ],
        [
          "twenty calls",
          (session: Any) => {
            for (let time = 0; time < 20; time++) void session.update((data: Any) => data.n++);
          },
          { n: 21 },
        ],
      ] as const
    ) {
      test(`${call} before the end counts`, async () => {
        const { sessions, store, cookie } = await begin();
        const answer = await enter(sessions, request(cookie), act);
        const next = setCookieOf(answer) === undefined ? cookie : cookieOf(answer);
        expect(await dataOf(sessions, next)).toEqual(left);
        const stranger = await enter(sessions, request(), act);
        if (setCookieOf(stranger) !== undefined) {
          expect(await dataOf(sessions, cookieOf(stranger))).toBeDefined();
        }
        expect(store.length()).toBe(setCookieOf(stranger) === undefined ? 1 : 2);
      });
    }

    test("messages left one after the other are all there", async () => {
      const { sessions, cookie } = await begin();
      await enter(sessions, request(cookie), (session) => {
        session.flash("info", "one");
        void session.save();
        session.flash("info", "two");
      });
      const { result } = await visit(sessions, cookie, (session) => session.flash("info"));
      expect(result).toEqual(["one", "two"]);
    });

    for (
      const [call, act, left] of [
        ["regenerate()", (session: Any) => void session.regenerate(), {}],
        [
          "regenerate({ keep })",
          (session: Any) => void session.regenerate({ keep: ["n"] }),
          { n: 1 },
        ],
        [
          "login({ keep: false })",
          (session: Any) => void session.login("ada", { keep: false }),
          {},
        ],
        [
          "login() as another subject, after a login()",
          (session: Any) => {
            void session.login("ada");
            void session.login("bob");
          },
          {},
        ],
        [
          "regenerate({ keep }), after a save() and a login({ keep: true })",
          (session: Any) => {
            void session.save();
            void session.login("ada", { keep: true });
            void session.regenerate({ keep: ["n"] });
          },
          { n: 1 },
        ],
        [
          "regenerate({ keep }), after a login()",
          (session: Any) => {
            void session.login("ada");
            void session.regenerate({ keep: ["n"] });
          },
          { n: 1 },
        ],
      ] as const
    ) {
      test(`${call} drops what there was, and nothing that is written after it`, async () => {
        const { sessions, cookie } = await begin();
        await visit(sessions, cookie, (session) => void (session.old = 1));
        const answer = await enter(sessions, request(cookie), (session) => {
          session.mine = 2;
          act(session);
          session.later = 3;
        });
        expect(await dataOf(sessions, cookieOf(answer))).toEqual({ ...left, later: 3 });
      });

      test(`${call} of a session that is new`, async () => {
        const { sessions } = await begin();
        const answer = await enter(sessions, request(), (session) => {
          Object.assign(session, { n: 1, mine: 2 });
          act(session);
          session.later = 3;
        });
        expect(await dataOf(sessions, cookieOf(answer))).toEqual({ ...left, later: 3 });
      });
    }

    test("a logout is the end, and what is written after it is said to be lost", async () => {
      for (const first of [() => {}, (session: Any) => void session.save()]) {
        for (const written of [3, 3n]) {
          const { sessions, store, cookie } = await begin();
          const discarded: string[] = [];
          sessions.on("discarded", ({ reason }) => discarded.push(reason));
          const answer = await enter(sessions, request(cookie), (session) => {
            first(session);
            void session.logout();
            session.n = written;
          });
          expect([store.length(), discarded]).toEqual([0, ["destroyed"]]);
          expect(setCookieOf(answer)).toContain("Max-Age=0");
        }
      }
    });

    test("calls that come too late for the response are refused, and said so, awaited or not", async () => {
      const { sessions, store, cookie } = await begin();
      const discarded: string[] = [];
      sessions.on("discarded", ({ reason }) => discarded.push(reason));
      const refused = expect.objectContaining({ name: "SessionError", code: "SESSION_COMMITTED" });
      for (
        const [sent, calls] of [[cookie, ["login", "regenerate"]], [undefined, [
          "save",
          "update",
          "login",
        ]]] as const
      ) {
        let late: Any = {};
        await enter(sessions, request(sent), (session) => late = session);
        for (const call of calls) {
          void late[call](call === "update" ? () => {} : "eve");
          await expect(late[call](call === "update" ? () => {} : "eve")).rejects.toThrow(refused);
        }
        expect(discarded.splice(0)).toEqual(calls.flatMap(() => ["committed", "committed"]));
      }
      expect([store.length(), await dataOf(sessions, cookie)]).toEqual([1, { n: 1 }]);
    });

    test("so are those that come while it waits for others", async () => {
      const { sessions, cookie } = await begin();
      const discarded: string[] = [];
      sessions.on("discarded", ({ reason }) => discarded.push(reason));
      const goOn = gate();
      let session: Any = {};
      const answer = enter(sessions, request(cookie), (found) => {
        session = found;
        void found.update(() => goOn.wait);
      });
      // The end has begun when the session says so.
      while (session.login === undefined) await Promise.resolve();
      let refused: unknown;
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      const late = session.login("eve").catch((error: unknown) => refused = error);
      goOn.open();
      await answer;
      await late;
      expect(refused).toMatchObject({ code: "SESSION_COMMITTED" });
      expect(discarded).toEqual(["committed"]);
    });

    test("what needs no response may be stored after it", async () => {
      const { sessions, cookie } = await begin();
      let late: Any = {};
      await enter(sessions, request(cookie), (session) => late = session);
      late.n = 5;
      await late.save();
      await late.update((data: Any) => data.n++);
      expect(await dataOf(sessions, cookie)).toEqual({ n: 6 });
      await late.logout();
      expect(await dataOf(sessions, cookie)).toEqual({});
    });

    test("where the browser has the session, everything needs it", async () => {
      const sessions = createSessions<Any>({ store: cookieStore({ secret: SECRET }) });
      const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
      const discarded: string[] = [];
      sessions.on("discarded", ({ reason }) => discarded.push(reason));
      let late: Any = {};
      await enter(sessions, request(cookie), (session) => late = session);
      for (const call of ["save", "login", "logout"]) {
        await expect(late[call]("eve"), call).rejects.toThrow(
          expect.objectContaining({ code: "SESSION_COMMITTED" }),
        );
      }
      expect(discarded).toEqual(["committed", "committed", "committed"]);
    });
  });
}

test("a message is left once after calls that wait in line", async () => {
  const { sessions } = makeSessions({ store: slow().store });
  const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
  const answer = await visit(sessions, cookie, (session) => {
    void session.save();
    void session.regenerate({ keep: true });
    void session.regenerate({ keep: true });
    session.flash("info", "one");
  });
  const { result } = await visit(sessions, answer.cookie, (session) => session.flash("info"));
  expect(result).toEqual(["one"]);
});

test("a message is left once, however often its session is saved", async () => {
  const { sessions } = makeSessions({ store: slow().store });
  const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
  await visit(sessions, cookie, async (session) => {
    session.flash("info", "one");
    await Promise.all([session.save(), session.save(), session.save()]);
    const { result } = await visit(sessions, cookie, (other) => other.flash("info"));
    expect(result).toEqual(["one"]);
  });
});
