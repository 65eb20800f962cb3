/** Calls that the store refuses and that nobody awaits: no answer says that all went well. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import type { Sessions, SessionStore } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { type Any, cookieOf, makeSessions, request, visit } from "./support.ts";

type Act = (session: Any) => unknown;
type Enter = (sessions: Sessions<Any>, asked: Request, act: Act) => Promise<Response>;

/** The ways in: each answers 200 as soon as `act` has returned, or rejects. */
const ways: Record<string, Enter> = {
  "wrap()": (sessions, asked, act) =>
    sessions.wrap((_request, session) => (act(session), new Response("done")))(asked),
  "open() and commit()": async (sessions, asked, act) => {
    const session = await sessions.open(asked);
    act(session);
    return await sessions.commit(session, new Response("done"));
  },
  "a jar": async (sessions, asked, act) => {
    const [name, value] = asked.headers.get("cookie")!.split("=");
    const session = await sessions.open(new Map([[name!, decodeURIComponent(value!)]]));
    act(session);
    await sessions.commit(session);
    return new Response("done");
  },
  "Hono": async (sessions, asked, act) => {
    let thrown: unknown;
    const answer = await new Hono<{ Variables: { session: Any } }>()
      .use(honoSession({ sessions }) as never)
      .get("/", (c) => (act(c.var.session), c.text("done")))
      .onError((error, c) => (thrown = error, c.text("failed", 500)))
      .fetch(asked);
    if (thrown !== undefined) throw thrown;
    return answer;
  },
};

const CALLS: Record<string, Act> = {
  "update()": (session) => session.update((data: Any) => ++data.n),
  "update() that takes time": (session) =>
    session.update(async (data: Any) => {
      await Promise.resolve();
      data.n++;
    }),
  "take()": (session) => session.take("n"),
  "login()": (session) => session.login("bob"),
  "elevate()": (session) => session.elevate(),
  "regenerate({ keep })": (session) => session.regenerate({ keep: true }),
  "regenerate()": (session) => session.regenerate(),
  "destroy()": (session) => session.destroy(),
  "logout()": (session) => session.logout(),
};

const WRITES = ["commit", "rotate", "destroy"] as const;

/** Sessions on a store that refuses to write when it is told to. */
async function begin(options: Any = {}) {
  const store: Any = memoryStore();
  const refusing = { times: 0 };
  for (const verb of WRITES) {
    const act = store[verb].bind(store);
    store[verb] = async (...args: unknown[]) => {
      await Promise.resolve();
      if (refusing.times-- > 0) throw new Error("disk full");
      return act(...args);
    };
  }
  const { sessions } = makeSessions({ store: store as SessionStore, ...options });
  const heard: [string, Any][] = [];
  for (const name of ["error", "discarded"] as const) {
    sessions.on(name, (event) => heard.push([name, event]));
  }
  const { cookie } = await visit(sessions, undefined, async (session) => {
    session.n = 1;
    await session.login("ada");
  });
  return { sessions, store, refusing, heard, cookie: cookie! };
}

const outcomeOf = async (asked: Promise<Response>) =>
  await asked.then(({ status }) => status, (error) => error.code ?? error.message);

/** After the handler is done, and any microtasks of it. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

describe.each(Object.entries(ways))("by %s", (_way, enter) => {
  test.each(Object.entries(CALLS))("%s that fails is the response's failure", async (_n, act) => {
    const { sessions, refusing, cookie } = await begin();
    const asked = enter(sessions, request(cookie), (session) => {
      refusing.times = 1;
      act(session);
    });
    expect(await outcomeOf(asked)).toBe("STORE_FAILED");
    expect((await visit(sessions, cookie, ({ n, subject }) => [n, subject])).result)
      .toEqual([1, "ada"]);
  });

  test.each(Object.entries(CALLS))("%s whose failure was heard is not", async (_name, act) => {
    for (
      const hear of [
        (call: Promise<unknown>) => void call.catch(() => {}),
        (call: Promise<unknown>) => void call.then(undefined, () => {}),
        (call: Promise<unknown>) => void Promise.allSettled([call]),
        (call: Promise<unknown>) => void call.finally(() => {}).catch(() => {}),
        async (call: Promise<unknown>) => {
          try {
            await call;
          } catch {
            // As the handler would have it.
          }
        },
        async (call: Promise<unknown>) => {
          const passOn = async () => {
            return await call;
          };
          await passOn().catch(() => {});
        },
      ]
    ) {
      const { sessions, refusing, cookie } = await begin();
      const asked = enter(sessions, request(cookie), (session) => {
        refusing.times = 1;
        void hear(act(session) as Promise<unknown>);
      });
      expect(await outcomeOf(asked)).toBe(200);
    }
  });

  test("one that failed long before the end is no better", async () => {
    const { sessions, refusing, cookie } = await begin();
    const asked = sessions.wrap(async (_request, session) => {
      refusing.times = 1;
      void session.update((data) => ++data.n);
      await turn();
      return new Response("done");
    })(request(cookie));
    expect(await outcomeOf(asked)).toBe("STORE_FAILED");
  });

  test("what its function throws is the response's failure as well", async () => {
    const { sessions, cookie } = await begin();
    const asked = enter(sessions, request(cookie), (session) => {
      session.update(() => {
        throw new Error("no funds");
      });
    });
    expect(await outcomeOf(asked)).toBe("no funds");
  });

  test("so is an argument that it refuses", async () => {
    const { sessions, cookie } = await begin();
    const asked = enter(sessions, request(cookie), (session) => session.login(""));
    expect(await outcomeOf(asked)).toMatch(/login\(\) needs/);
  });

  test("what a save() could not store is stored at the end, or is the failure", async () => {
    for (const [times, expected, n] of [[1, 200, 2], [2, "STORE_FAILED", 1]] as const) {
      const { sessions, refusing, cookie } = await begin();
      const asked = enter(sessions, request(cookie), (session) => {
        session.n = 2;
        refusing.times = times;
        session.save();
      });
      expect(await outcomeOf(asked)).toBe(expected);
      expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(n);
    }
  });

  test("of a session that has ended meanwhile listeners hear, as of any change", async () => {
    const { sessions, heard, cookie } = await begin();
    const asked = enter(sessions, request(cookie), (session) => {
      void sessions.revokeAll("ada");
      session.update((data: Any) => ++data.n);
    });
    expect(await outcomeOf(asked)).toBe(200);
    expect(heard.map(([name, { reason }]) => [name, reason])).toEqual([["discarded", "gone"]]);
  });
});

test("a login after a logout is refused, and the response says so", async () => {
  const { sessions, heard, cookie } = await begin();
  const answer = await ways["wrap()"]!(sessions, request(cookie), (session) => {
    session.logout();
    session.login("bob");
  });
  expect(answer.status).toBe(200);
  expect(heard.map(([name, { reason }]) => [name, reason])).toEqual([["discarded", "gone"]]);
});

test("a logout behind a login that nobody awaits ends the twin, and nothing is stored under no id", async () => {
  for (const verb of ["login", "elevate"]) {
    const { sessions, store } = makeSessions();
    const ids: string[] = [];
    const { create } = store;
    store.create = (id, record) => (ids.push(id), create.call(store, id, record));
    const { cookie } = await visit(sessions, undefined, (session) => session.login("ada"));
    const first = await sessions.open(request(cookie));
    const second = await sessions.open(request(cookie));
    await first.login("ada");
    const answer = await sessions.commit(first, new Response());
    void (second as Any)[verb]("ada");
    void second.logout();
    await sessions.commit(second, new Response());
    expect((await visit(sessions, cookieOf(answer), ({ subject }) => subject)).result)
      .toBe(undefined);
    expect(await sessions.list("ada")).toEqual([]);
    expect(ids).not.toContain("");
  }
});

test("a redirect that is thrown is no answer either", async () => {
  const { sessions, refusing, cookie } = await begin();
  const asked = sessions.wrap((_request, session) => {
    refusing.times = 1;
    void session.login("bob");
    throw new Response(null, { status: 303, headers: { location: "/" } });
  })(request(cookie));
  expect(await outcomeOf(asked)).toBe("STORE_FAILED");
});

test("where the handler has failed anyway, its own error stays, and listeners hear of the other", async () => {
  for (
    const [fail, expected] of [
      [() => new Response("failed", { status: 502 }), 502],
      [() => {
        throw new Error("the handler's");
      }, "the handler's"],
    ] as const
  ) {
    const { sessions, refusing, heard, cookie } = await begin();
    const asked = sessions.wrap((_request, session) => {
      refusing.times = 1;
      void session.login("bob");
      return fail();
    })(request(cookie));
    expect(await outcomeOf(asked)).toBe(expected);
    expect(heard.map(([name, { during, error }]) => [name, during, error.code]))
      .toEqual([["error", "save", "STORE_FAILED"]]);
  }
});

test("of two that fail one is the failure, and listeners hear of the other", async () => {
  const { sessions, refusing, heard, cookie } = await begin();
  const asked = ways["wrap()"]!(sessions, request(cookie), (session) => {
    refusing.times = 1;
    session.login("bob");
    session.update(() => {
      throw new Error("no funds");
    });
  });
  expect(await outcomeOf(asked)).toBe("STORE_FAILED");
  expect(heard.map(([name, { error }]) => [name, error.message])).toEqual([["error", "no funds"]]);
});

test("when the answer has left, listeners hear of it, unless somebody awaits it", async () => {
  const { sessions, refusing, heard, cookie } = await begin();
  let session!: Any;
  await ways["wrap()"]!(sessions, request(cookie), (opened) => void (session = opened));
  refusing.times = 1;
  void session.update((data: Any) => ++data.n);
  await turn();
  expect(heard.map(([name, { during, error }]) => [name, during, error.code]))
    .toEqual([["error", "save", "STORE_FAILED"]]);
  refusing.times = 1;
  await expect(session.update((data: Any) => ++data.n)).rejects.toThrow("failed");
  const refused = async () => {
    throw new Error("refused at once");
  };
  await expect(session.update(refused)).rejects.toThrow("refused at once");
  await turn();
  expect(heard.length).toBe(1);
});

test("a session that could not be loaded takes no update, and the answer does not say it did", async () => {
  const store: Any = memoryStore();
  const { sessions } = makeSessions({ store: store as SessionStore, onStoreError: "anonymous" });
  const { response } = await visit(sessions, undefined, (session) => void (session.n = 1));
  store.readAndTouch = store.read = () => {
    throw new Error("no route to host");
  };
  const asked = ways["wrap()"]!(
    sessions,
    request(cookieOf(response)),
    (session) => session.update((data: Any) => ++data.n),
  );
  expect(await outcomeOf(asked)).toBe("STORE_FAILED");
});

test("a handler within another tells its own failure, and what fails later the outer's", async () => {
  const { sessions, refusing, heard, cookie } = await begin();
  const asked = request(cookie);
  const within = sessions.wrap((_request, session) => {
    refusing.times = 1;
    void session.update((data) => ++data.n);
    return new Response("within");
  });
  const outer = sessions.wrap(async (request, session) => {
    const inner = await outcomeOf(within(request));
    refusing.times = 1;
    void session.update((data) => ++data.n);
    return new Response(String(inner));
  });
  expect(await outcomeOf(outer(asked))).toBe("STORE_FAILED");
  expect(heard).toEqual([]);
});
