/** What the end of a response asks of the store: what is needed, and for nobody who would not hear of it. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { actionsOf } from "../../src/express/session_actions.ts";
import { login, subjectOf } from "../../src/express/session_functions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { watchDebug } from "./support/debug_lines.ts";
import { type Any, signature, signed } from "./support/libraries.ts";
import type { StoreKind } from "./support/stores.ts";
import { begin, dataIn, look, makeVisits } from "./support/visits.ts";

const NOW = 1_800_000_000_000;
beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => void vi.useRealTimers());
const later = (ms: number) => vi.setSystemTime(Date.now() + ms);

const idIn = (cookie: string | undefined) =>
  signature.unsign(decodeURIComponent(cookie!).slice(2), "keyboard cat") as string;

/** A native store that notes what it is asked, and does not look into this process. */
function noting(memory: Any = memoryStore({ sweepInterval: 0 })) {
  const verbs: string[] = [];
  const store: Any = { atomic: true };
  for (const verb of ["create", "read", "commit", "touch", "rotate", "destroy"]) {
    store[verb] = async (...args: unknown[]) => {
      verbs.push(verb);
      await undefined;
      return memory[verb](...args);
    };
  }
  return { memory, store, verbs };
}

describe("a visit", () => {
  test("touches where it changes nothing, if the store can, and stores what it changes", async () => {
    for (const [kind, touch] of [["async", ["touch"]], ["async-no-touch", []]] as const) {
      const { verbs, visit } = makeVisits({ kind });
      const { cookie } = await visit(begin);
      expect(verbs()).toEqual(["set"]);
      await visit(look, cookie);
      expect(verbs()).toEqual(["get", ...touch]);
      await visit((req, res) => (req.session.n = 2, res.end()), cookie);
      expect(verbs()).toEqual(["get", "set"]);
    }
  });

  test.each<[what: string, options: { kind?: StoreKind }]>([
    ["a callback store", { kind: "async" }],
    ["a native store", {}],
  ])(
    "moves the end of its session once, whatever comes between its headers and its end: %s",
    async (_what, options) => {
      const { content, store, visit } = makeVisits({
        ...options,
        rolling: true,
        cookie: { maxAge: 60_000 },
      });
      const end = (id: string) => {
        if (options.kind === undefined) return store.peek(id).expires;
        return Date.parse(JSON.parse(content()[id]!).cookie.expires);
      };
      const { cookie } = await visit(begin);
      expect(end(idIn(cookie))).toBe(NOW + 60_000);
      later(10_000);
      const { cookies } = await visit((_req, res) => {
        res.write("a");
        later(5000);
        res.end("b");
      }, cookie);
      expect(cookies[0]).toContain(`Expires=${new Date(NOW + 70_000).toUTCString()}`);
      expect(end(idIn(cookie))).toBe(NOW + 70_000);
    },
  );

  test("moves it though its response rolls no cookie", async () => {
    const { content, visit } = makeVisits({ kind: "async", cookie: { maxAge: 60_000 } });
    const { cookie } = await visit(begin);
    later(10_000);
    await visit(look, cookie);
    const { expires } = JSON.parse(content()[idIn(cookie)]!).cookie;
    expect(Date.parse(expires)).toBe(NOW + 70_000);
  });

  test("of a session that its route refuses leaves it, and its cookie, as they were", async () => {
    const { memory, store, verbs } = noting();
    const { visit } = makeVisits({ store, rolling: true, cookie: { maxAge: 60_000 } });
    const { cookie } = await visit(begin);
    const before = memory.peek(idIn(cookie));
    later(10_000);
    verbs.length = 0;
    const { cookies } = await visit((req, res) => {
      // As bindDevices() says it.
      (actionsOf(req) as Any).isRefused = true;
      req.session.n = 2;
      res.end();
    }, cookie);
    expect([cookies, verbs]).toEqual([[], ["read"]]);
    expect(memory.peek(idIn(cookie))).toEqual(before);
  });
});

describe("a new session", () => {
  test("that nobody wrote to is stored for nobody, and nothing is told of it", async () => {
    const { store, verbs } = noting();
    const { heard, visit } = makeVisits({ store });
    const blocked = heard("blocked");
    const { cookies } = await visit((req, res) => {
      expect(req.session.n).toBeUndefined();
      res.write("begun");
      res.end();
    });
    expect([cookies, verbs, blocked]).toEqual([[], [], []]);
  });

  test("that comes behind its headers is not stored: it is told of once", async () => {
    const { store, verbs } = noting();
    const { heard, visit } = makeVisits({ store });
    const blocked = heard("blocked");
    const { cookies } = await visit((req, res) => {
      res.write("begun");
      req.session.n = 1;
      res.end();
    });
    expect([cookies, verbs, blocked]).toMatchObject([[], [], [{ reason: "headers-sent" }]]);
  });

  test("whose cookie cannot leave, or cannot be written, is not stored", async () => {
    for (
      const [secure, path, reason] of [
        [true, "/", "insecure"],
        [false, "/a;b", "invalid"],
      ] as const
    ) {
      const { store, verbs } = noting();
      const { heard, visit } = makeVisits({ store });
      const blocked = heard("blocked");
      const { cookies } = await visit((req, res) => {
        req.session.n = 1;
        Object.assign(req.session.cookie, { secure, path });
        res.end();
      });
      expect([cookies, verbs, blocked]).toMatchObject([[], [], [{ reason }]]);
    }
  });

  test("whose cookie is Secure is stored over https, and its cookie leaves", async () => {
    const { store, verbs } = noting();
    const { visit } = makeVisits({ store, cookie: { secure: true }, proxy: true });
    const https = { headers: { "X-Forwarded-Proto": "https" } };
    expect([(await visit(begin, undefined, https)).cookies.length, verbs]).toEqual([1, ["create"]]);
  });

  test("is stored as it was in the end, where that was asked for though no cookie leaves", async () => {
    const { memory, store } = noting();
    const { visit } = makeVisits({ store, cookie: { secure: true } });
    await visit((req, res) => {
      req.session.n = 1;
      void req.session.save();
      req.session.n = 2;
      res.end();
    });
    expect(memory.ids().map((id: string) => JSON.parse(memory.peek(id).json).n)).toEqual([2]);
  });

  test("is stored where its cookie leaves, and where it was asked for though none does", async () => {
    for (const saves of [false, true]) {
      const { store, verbs } = noting();
      const { visit } = makeVisits({ store, cookie: { secure: saves } });
      await visit(async (req, res) => {
        req.session.n = 1;
        if (saves) await req.session.save();
        res.end();
      });
      expect(verbs).toEqual(["create"]);
    }
  });
});

describe("an id that changes behind the headers", () => {
  const story = async (act: (req: Any) => unknown) => {
    const { heard, visit } = makeVisits();
    const { cookie } = await visit(begin);
    const blocked = heard("blocked");
    const visitor = async (known: string | undefined) => {
      await visit(async (req, res) => {
        req.session.n = 2;
        res.write("begun");
        await act(req);
        res.end();
      }, known);
      return blocked.splice(0).map(({ reason }) => reason);
    };
    return [await visitor(cookie), await visitor(undefined)];
  };

  test("is told of once: no browser learns it", async () => {
    const told = [["headers-sent"], ["headers-sent"]];
    expect(await story((req) => login(req, "ada"))).toEqual(told);
    expect(
      await story(async (req) => {
        await login(req, "ada");
        req.session.m = 1;
      }),
    ).toEqual(told);
    expect(
      await story(async (req) => {
        await req.session.regenerate();
        req.session.m = 1;
      }),
    ).toEqual(told);
    expect(
      await story(async (req) => {
        await req.session.regenerate();
        req.session.m = 1;
        void req.session.save();
      }),
    ).toEqual(told);
  });

  test("is one that changes: what keeps its id is told of by nobody", async () => {
    expect(await story((req) => req.session.m = 1)).toEqual([[], []]);
    expect(await story((req) => req.session.save())).toEqual([[], []]);
  });
});

describe("rotateAfter", () => {
  const HOUR = 3_600_000;
  const story = () => {
    const { memory, store, verbs: asked } = noting();
    return { ...makeVisits({ store, rotateAfter: HOUR }), memory, asked };
  };

  test("replaces an id that has become old, with what the visit has changed", async () => {
    const { asked, visit } = story();
    const { cookie: first } = await visit(begin);
    later(HOUR - 1);
    expect((await visit(look, first)).cookies).toEqual([]);
    later(1);
    asked.length = 0;
    const { cookie: second } = await visit((req, res) => (req.session.m = 1, res.end()), first);
    expect(second).not.toBe(first);
    expect(asked).toEqual(["read", "create", "commit"]);
    expect(dataIn(await visit(look, second))).toEqual({ n: 1, m: 1 });
  });

  test("replaces none whose visitor would not hear of it", async () => {
    const gone = (req: Any, res: Any) => {
      Object.defineProperty(req, "socket", { value: { destroyed: true } });
      res.end();
    };
    const begun = (_req: Any, res: Any) => {
      res.write("begun");
      res.end();
    };
    const insecure = (req: Any, res: Any) => {
      req.session.cookie.secure = true;
      res.end();
    };
    for (const handler of [gone, begun, insecure]) {
      const { asked, visit } = story();
      const { cookie } = await visit(begin);
      later(HOUR);
      asked.length = 0;
      expect((await visit(handler, cookie)).cookies).toEqual([]);
      expect(asked).not.toContain("create");
      // The next visit is told.
      expect((await visit(look, cookie)).cookie === undefined).toBe(handler === insecure);
    }
  });

  test("is of requests without a socket as well", async () => {
    const { visit } = story();
    const { cookie } = await visit(begin);
    later(HOUR);
    const without = (req: Any, res: Any) => {
      Object.defineProperty(req, "socket", { value: undefined });
      res.end();
    };
    const { status, cookies } = await visit(without, cookie);
    expect([status, cookies.length]).toEqual([200, 1]);
  });

  test("leaves a session that begins in a visit of an hour, stored or not, its id", async () => {
    for (const saves of [false, true]) {
      const { visit } = story();
      let id: string | undefined;
      const { cookie } = await visit(async (req, res) => {
        req.session.n = 1;
        id = req.sessionID;
        if (saves) await req.session.save();
        later(HOUR);
        res.end();
      });
      expect(idIn(cookie)).toBe(id);
    }
  });

  test("leaves one that begins in a visit of an hour by the id the browser had, and stores it", async () => {
    const { visit } = makeVisits({ rotateAfter: HOUR, genid: () => "the-same" });
    const { cookie } = await visit(async (req, res) => {
      await login(req, "ada");
      later(HOUR);
      res.end();
    }, signed("the-same"));
    expect(cookie ?? signed("the-same")).toBe(signed("the-same"));
    await visit((req, res) => {
      expect(subjectOf(req)).toBe("ada");
      res.end();
    }, signed("the-same"));
  });

  test("leads whoever came by an old id to what he changes, under the new one", async () => {
    const { visit } = story();
    const { cookie: first } = await visit(begin);
    later(HOUR);
    const { cookie: second } = await visit(look, first);
    const changed = await visit((req, res) => (req.session.m = 1, res.end()), first);
    expect(changed.cookie).toBe(second);
    expect(dataIn(await visit(look, second))).toEqual({ n: 1, m: 1 });
  });

  test("leaves one that was ended meanwhile: its end is told, and no new id", async () => {
    const { memory, sessions, visit } = story();
    const { cookie } = await visit(begin);
    later(HOUR);
    const heard: Any[] = [];
    sessions.on("discarded", (event: Any) => heard.push(event));
    const { cookies } = await visit(async (req, res) => {
      await memory.destroy(req.sessionID);
      req.session.n = 2;
      res.end();
    }, cookie);
    expect([cookies, heard, memory.length()]).toEqual([[], [{ reason: "gone" }], 0]);
  });

  test("asks the store whether the session is there, before one that came by an old id is told the new one", async () => {
    const { memory, store } = noting();
    const here = makeVisits({ store, rotateAfter: HOUR });
    const { cookie: first } = await here.visit(begin);
    later(HOUR);
    const { cookie: second } = await here.visit(look, first);
    const { cookies } = await here.visit(async (_req, res) => {
      // Another process has ended it.
      await memory.destroy(idIn(second));
      res.end();
    }, first);
    expect(cookies).toEqual([]);
  });
});

describe("DEBUG=express-session", () => {
  const { lines, session } = watchDebug();

  test("tells what is done at the end", async () => {
    const { visit } = makeVisits({ session, rotateAfter: 60_000 });
    const { cookie } = await visit(begin);
    await visit(look, cookie);
    later(60_000);
    await visit(look, cookie);
    const found = ["fetching #", "session found #"];
    expect(lines()).toEqual([
      ...["saving #", "set-cookie for #"],
      ...[...found, "touching #"],
      ...[...found, "renewing #", "set-cookie for #"],
    ]);
  });
});
