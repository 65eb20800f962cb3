/** `session.signal`: a connection that outlives its request ends with its session. */
import { describe, expect, test, vi } from "vitest";
import {
  createSessions,
  releaseSignal,
  SessionError,
  type Sessions,
  type SessionStore,
} from "../../mod.ts";
import { LiveSessions, liveSessionsOf } from "../../src/core/live_sessions.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { tieredStore } from "../../src/stores/tiered.ts";
import { handClock } from "../core/manager_support.ts";
import { type Any, gate, makeSessions, request, SECRET, visit, withVerb } from "./support.ts";

const HOUR = 3_600_000;
const KEY = { id: "one", key: new Uint8Array(32).fill(7) };

/** Sessions on a clock that the test moves. */
function timed(options: Any = {}) {
  const clock = handClock(1_800_000_000_000);
  const store = memoryStore({ now: clock.now, sweepInterval: 0 });
  const sessions = createSessions<Any>({ secret: SECRET, store, clock, ...options });
  return { clock, store, sessions };
}

const login = async (sessions: Sessions<Any>, subject = "ada") =>
  (await visit(sessions, undefined, (session) => session.login(subject))).cookie!;
const listen = async (sessions: Sessions<Any>, cookie: string | undefined) =>
  (await visit(sessions, cookie, (session) => session.signal)).result as AbortSignal;
const whyOf = ({ aborted, reason }: AbortSignal) => aborted && (reason as SessionError).why;

/** A few turns: what was to happen has happened. */
async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

describe("a signal aborts", () => {
  test("when the session is destroyed, and says why, without an id", async () => {
    const { sessions, store } = makeSessions();
    const cookie = await login(sessions);
    const [id] = store.ids();
    const signal = await listen(sessions, cookie);
    expect(signal.aborted).toBe(false);
    await visit(sessions, cookie, (session) => session.logout());
    expect(signal.reason).toBeInstanceOf(SessionError);
    expect(signal.reason).toMatchObject({ code: "SESSION_GONE", why: "destroyed" });
    expect(`${signal.reason.message} ${JSON.stringify(signal.reason)}`).not.toContain(id);
  });

  test("when it is revoked: by its handle, by its id, with all of its subject", async () => {
    const { sessions, store } = makeSessions();
    const handled = await listen(sessions, await login(sessions));
    await sessions.revoke((await sessions.list("ada"))[0]!.handle);
    const named = await listen(sessions, await login(sessions));
    await sessions.revoke(store.ids()[0]!);
    const [one, other] = [await login(sessions), await login(sessions)];
    const both = [await listen(sessions, one), await listen(sessions, other)];
    const bystander = await listen(sessions, await login(sessions, "bob"));
    const { result: own } = await visit(sessions, one, async (session) => {
      await sessions.revokeAll("ada", { except: session as never });
      return session.signal;
    });
    expect([handled, named, both[1]!].map(whyOf)).toEqual(["revoked", "revoked", "revoked"]);
    expect([both[0]!, own as AbortSignal, bystander].map(whyOf)).toEqual([false, false, false]);
  });

  test("when a login elsewhere leaves the session no room", async () => {
    const { sessions } = makeSessions({ maxSessions: 1 });
    const signal = await listen(sessions, await login(sessions));
    await login(sessions);
    expect(whyOf(signal)).toBe("revoked");
  });

  test.each([
    ["as another", (session: Any) => session.login("bob")],
    ["as the same", (session: Any) => session.login("ada")],
    ["once more, to prove it", (session: Any) => session.elevate()],
  ])("when somebody logs in %s", async (_how, act) => {
    const { sessions } = makeSessions();
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    const { result: after } = await visit(sessions, cookie, async (session) => {
      const before = session.signal;
      await act(session);
      return [before, session.signal];
    });
    const [before, own] = after as [AbortSignal, AbortSignal];
    expect([signal, before, own].map(whyOf)).toEqual(["login", "login", false]);
  });

  test("when an anonymous session becomes somebody's, stored or not", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => session.cart = 1);
    const stored = await listen(sessions, cookie);
    await visit(sessions, cookie, (session) => session.login("ada"));
    const { result } = await visit(sessions, undefined, async (session) => {
      const { signal } = session;
      await session.login("ada");
      return [signal, session.signal];
    });
    expect([stored, ...result as AbortSignal[]].map(whyOf)).toEqual(["login", "login", false]);
  });

  test("when it begins anew without what it had", async () => {
    const { sessions } = makeSessions();
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    const { result } = await visit(sessions, cookie, async (session) => {
      await session.regenerate();
      return session.signal;
    });
    expect([signal, result as AbortSignal].map(whyOf)).toEqual(["destroyed", false]);
  });

  test("at once, where it is asked for too late", async () => {
    const { sessions } = makeSessions();
    const cookie = await login(sessions);
    const { result } = await visit(sessions, cookie, async (session) => {
      await session.destroy();
      return session.signal;
    });
    // Another request was faster.
    const again = await login(sessions);
    const { result: late } = await visit(sessions, again, async (session) => {
      await visit(sessions, again, (other) => other.logout());
      return session.signal;
    });
    const { result: unstored } = await visit(sessions, undefined, async (session) => {
      const { signal } = session;
      await session.destroy();
      return [signal, session.signal];
    });
    const all = [result, late, ...unstored as AbortSignal[]] as AbortSignal[];
    expect(all.map(whyOf)).toEqual(Array(4).fill("destroyed"));
  });

  test("not when the store refuses to end the session", async () => {
    const store = memoryStore({ sweepInterval: 0 });
    let isDown = false;
    const failing = withVerb(store, "destroy", () => {
      if (isDown) throw new Error("down");
    });
    const { sessions } = makeSessions({ store: failing as never });
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    isDown = true;
    await expect(visit(sessions, cookie, (session) => session.destroy())).rejects.toThrow();
    await settle();
    expect(signal.aborted).toBe(false);
    isDown = false;
    await visit(sessions, cookie, (session) => session.destroy());
    expect(whyOf(signal)).toBe("destroyed");
  });
});

describe("a session that lives on", () => {
  test("takes its signals along to its new id", async () => {
    const { sessions } = makeSessions();
    let cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    for (const keep of [true, ["cart"]]) {
      cookie = (await visit(sessions, cookie, (session) => session.regenerate({ keep }))).cookie!;
      expect(signal.aborted).toBe(false);
    }
    await visit(sessions, cookie, (session) => session.logout());
    expect(whyOf(signal)).toBe("destroyed");
  });

  test("also where its id is replaced for its age, whichever of both ends it", async () => {
    const { clock, sessions } = timed({ rotateAfter: HOUR });
    const first = await login(sessions);
    const signals = [await listen(sessions, first)];
    clock.pass(HOUR);
    const { cookie } = await visit(sessions, first, () => {});
    expect(cookie).not.toBe(first);
    signals.push(await listen(sessions, first), await listen(sessions, cookie));
    await settle();
    clock.pass(HOUR / 2);
    await visit(sessions, cookie, () => {});
    expect(signals.map(whyOf)).toEqual([false, false, false]);
    await visit(sessions, cookie, (session) => session.logout());
    expect(signals.map(whyOf)).toEqual(Array(3).fill("destroyed"));
  });

  test("and is ended everywhere by a logout that has its old id", async () => {
    const { clock, sessions } = timed({ rotateAfter: HOUR });
    const first = await login(sessions);
    clock.pass(HOUR);
    const { cookie } = await visit(sessions, first, () => {});
    const signal = await listen(sessions, cookie);
    await visit(sessions, first, (session) => session.logout());
    expect(whyOf(signal)).toBe("destroyed");
  });

  test("is looked for when its end has come: visits may have moved that", async () => {
    const { clock, sessions } = timed({ idleTimeout: HOUR });
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    clock.pass(HOUR * 0.75);
    await visit(sessions, cookie, () => {});
    clock.pass(HOUR * 0.75);
    expect(signal.aborted).toBe(false);
    clock.pass(HOUR);
    expect(whyOf(signal)).toBe("expired");
    expect(clock.waiting).toBe(0);
  });
});

describe("the end of a life", () => {
  test("of a session nobody visits any more", async () => {
    const { clock, sessions } = timed({ idleTimeout: HOUR });
    const signal = await listen(sessions, await login(sessions));
    clock.pass(HOUR - 1);
    expect(signal.aborted).toBe(false);
    clock.pass(1);
    expect(whyOf(signal)).toBe("expired");
  });

  test("of one whose store keeps its end to itself, as Redis does where the cookie names none", async () => {
    const clock = handClock(1_800_000_000_000);
    const memory = memoryStore({ now: clock.now, sweepInterval: 0 });
    const store = withVerb(memory, "touch", () => {});
    const { read } = store;
    store.read = async (id) => {
      const stored = await read(id);
      return stored && { ...stored, expires: null };
    };
    const { sessions } = makeSessions({ store: store as never, clock, idleTimeout: HOUR });
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    await settle();
    clock.pass(HOUR * 0.75);
    await visit(sessions, cookie, () => {});
    await settle();
    clock.pass(HOUR * 0.75);
    await settle();
    expect(signal.aborted).toBe(false);
    clock.pass(HOUR);
    await settle();
    expect(whyOf(signal)).toBe("expired");
  });

  test("of one that is too old, however often it is visited", async () => {
    const { clock, sessions } = timed({ absoluteTimeout: HOUR, idleTimeout: HOUR });
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    for (let visits = 0; visits < 4; visits++) {
      expect(signal.aborted).toBe(false);
      await visit(sessions, cookie, () => {});
      clock.pass(HOUR / 4);
    }
    expect(whyOf(signal)).toBe("expired");
  });

  test("is asked for again where the store fails, ever more slowly", async () => {
    const clock = handClock(1_800_000_000_000);
    const memory = memoryStore({ now: clock.now, sweepInterval: 0 });
    let isDown = false;
    const store = withVerb(memory, "read", () => {
      if (isDown) throw new Error("down");
    });
    const { sessions } = makeSessions({ store: store as never, clock, idleTimeout: HOUR });
    const signal = await listen(sessions, await login(sessions));
    await settle();
    isDown = true;
    clock.pass(HOUR);
    for (const pause of [1_000, 2_000]) {
      await settle();
      clock.pass(pause - 1);
      await settle();
      expect(signal.aborted).toBe(false);
      clock.pass(1);
    }
    await settle();
    isDown = false;
    clock.pass(4_000);
    await settle();
    expect(whyOf(signal)).toBe("expired");
  });

  test("further away than a timer can wait is no end at all yet", async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
    try {
      const { sessions } = makeSessions({ cookie: { maxAge: 60 * 24 * HOUR } });
      const signal = await listen(sessions, await login(sessions));
      await vi.advanceTimersByTimeAsync(59 * 24 * HOUR);
      expect(signal.aborted).toBe(false);
      await vi.advanceTimersByTimeAsync(24 * HOUR);
      expect(whyOf(signal)).toBe("expired");
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the same store elsewhere in this process", () => {
  const other = (store: SessionStore, options: Any = {}) =>
    createSessions<Any>({ secret: SECRET, store, ...options });

  test("is heard of: other sessions, with ids replaced by age or not", async () => {
    const { sessions, store } = makeSessions();
    for (const options of [{}, { rotateAfter: HOUR }]) {
      const cookie = await login(sessions);
      const signal = await listen(sessions, cookie);
      await visit(other(store, options), cookie, (session) => session.logout());
      expect(whyOf(signal)).toBe("destroyed");
    }
  });

  test.each([
    ["hashed ids", (store: SessionStore) => hashIds(store)],
    ["sealed texts", (store: SessionStore) => encrypt(store, { keys: [KEY] })],
    ["both", (store: SessionStore) => {
      return encrypt(hashIds(store), { keys: [KEY] });
    }],
    ["a cache over hashed ids", (store: SessionStore) => {
      return tieredStore({ store: hashIds(store) as never });
    }],
  ])("is heard of under %s", async (_what, wrap) => {
    const store = wrap(memoryStore({ sweepInterval: 0 }));
    const { sessions } = makeSessions({ store: store as never });
    const cookie = await login(sessions);
    const signals = [await listen(sessions, cookie)];
    await settle();
    const { cookie: moved } = await visit(sessions, cookie, (s) => s.regenerate({ keep: true }));
    await settle();
    expect(signals.map(whyOf)).toEqual([false]);
    signals.push(await listen(sessions, moved));
    await settle();
    await sessions.revoke((await sessions.list("ada"))[0]!.handle);
    await settle();
    expect(signals.map(whyOf)).toEqual(["revoked", "revoked"]);
    const [spared, cookieOfIt] = await (async () => {
      const own = await login(sessions);
      return [await listen(sessions, own), own];
    })();
    const ended = await listen(sessions, await login(sessions));
    await settle();
    await visit(sessions, cookieOfIt, (session) => {
      return sessions.revokeAll("ada", { except: session as never });
    });
    await settle();
    expect([spared, ended].map(whyOf)).toEqual([false, "revoked"]);
  });
});

describe("what is kept for it", () => {
  const lives = (store: object) => liveSessionsOf(store)?.size ?? 0;

  test("is nothing for requests that do not ask: no entry, no timer, no question", async () => {
    const { clock, sessions, store } = timed();
    const cookie = await login(sessions);
    await visit(sessions, cookie, (session) => session.n = 1);
    await visit(sessions, cookie, (session) => session.logout());
    expect(liveSessionsOf(store)).toBe(undefined);
    expect(clock.waiting).toBe(0);
  });

  test("goes with the signal that has aborted", async () => {
    const { clock, sessions, store } = timed();
    const cookie = await login(sessions);
    await listen(sessions, cookie);
    expect([lives(store), clock.waiting]).toEqual([1, 1]);
    await visit(sessions, cookie, (session) => session.logout());
    expect([lives(store), clock.waiting]).toEqual([0, 0]);
  });

  test("goes when it is released: it aborts no more", async () => {
    const { clock, sessions, store } = timed();
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    releaseSignal(signal);
    releaseSignal(new AbortController().signal);
    expect([lives(store), clock.waiting]).toEqual([0, 0]);
    await visit(sessions, cookie, (session) => session.logout());
    expect(signal.aborted).toBe(false);
    expect(() => releaseSignal({} as never)).toThrow(TypeError);
  });

  test("is one signal for all handlers of a request", async () => {
    const { sessions, store } = timed();
    const cookie = await login(sessions);
    const { result } = await visit(sessions, cookie, (session) => [session.signal, session.signal]);
    const [one, other] = result as AbortSignal[];
    expect(one).toBe(other);
    expect(lives(store)).toBe(1);
  });

  test("is nothing for a session that is never stored, and begins when it is", async () => {
    const { sessions, store } = timed();
    const unstored = await listen(sessions, undefined);
    expect([unstored.aborted, lives(store)]).toEqual([false, 0]);
    const { cookie, result } = await visit(sessions, undefined, (session) => {
      session.n = 1;
      return session.signal;
    });
    expect(lives(store)).toBe(1);
    await visit(sessions, cookie, (session) => session.destroy());
    expect(whyOf(result as AbortSignal)).toBe("destroyed");
  });

  test("keeps names apart: what ends is not its neighbour", async () => {
    const { sessions, store } = timed();
    const [one, other] = [await login(sessions), await login(sessions, "bob")];
    const [ended, lasting] = [await listen(sessions, one), await listen(sessions, other)];
    await visit(sessions, one, (session) => session.logout());
    expect([ended, lasting].map(whyOf)).toEqual(["destroyed", false]);
    expect(lives(store)).toBe(1);
  });
});

describe("a streaming response", () => {
  const streaming = (sessions: Any, cookie: string, cancelled?: (reason: unknown) => void) => {
    const signals: AbortSignal[] = [];
    const handler = sessions.wrap((_request: Request, { signal }: Any) => {
      signals.push(signal);
      const body = new ReadableStream({
        start(stream) {
          stream.enqueue(new TextEncoder().encode("data: 1\n\n"));
          signal.addEventListener("abort", () => stream.close());
        },
        ...cancelled && { cancel: cancelled },
      });
      return new Response(body, { status: 201, headers: { "x-own": "1" } });
    });
    return { signals, answer: handler(request(cookie)) as Promise<Response> };
  };

  test("ends with the session, and is otherwise what the handler returned", async () => {
    const { sessions } = timed();
    const cookie = await login(sessions);
    const response = await streaming(sessions, cookie).answer;
    expect([response.status, response.headers.get("x-own")]).toEqual([201, "1"]);
    const reader = response.body!.getReader();
    expect(new TextDecoder().decode((await reader.read()).value)).toBe("data: 1\n\n");
    const next = reader.read();
    await visit(sessions, cookie, (session) => session.logout());
    expect((await next).done).toBe(true);
  });

  test("that its visitor leaves is given up as before", async () => {
    const { sessions } = timed();
    const reasons: unknown[] = [];
    const cookie = await login(sessions);
    const response = await streaming(sessions, cookie, (why) => void reasons.push(why)).answer;
    await response.body!.cancel("left");
    expect(reasons).toEqual(["left"]);
  });

  test("passes on that its source fails", async () => {
    const { sessions } = timed();
    const handler = sessions.wrap((_request, { signal }) => {
      signal.throwIfAborted();
      return new Response(
        new ReadableStream({
          pull() {
            throw new Error("no more");
          },
        }),
      );
    });
    const response = await handler(request(await login(sessions)));
    await expect(response.text()).rejects.toThrow("no more");
  });

  test("is the handler's own where nobody asked for the signal", async () => {
    const { sessions } = timed();
    const own = new Response("text");
    const handler = sessions.wrap(() => own);
    expect(await handler(request(await login(sessions)))).toBe(own);
  });
});

describe("sessions that only their browsers have", () => {
  const sealed = (options: Any = {}) => {
    const clock = handClock(1_800_000_000_000);
    const store = cookieStore({ secret: SECRET, now: clock.now, ...options });
    const sessions = createSessions<Any>({ store, clock, cookie: { maxAge: HOUR }, rolling: true });
    return { clock, sessions, store };
  };

  test("end with a logout in this process, a login, and with their time", async () => {
    const { clock, sessions } = sealed();
    const cookie = await login(sessions);
    const [gone, left] = [await listen(sessions, cookie), await listen(sessions, cookie)];
    expect([gone, left].map(whyOf)).toEqual([false, false]);
    await visit(sessions, cookie, (session) => session.logout());
    expect([gone, left].map(whyOf)).toEqual(["destroyed", "destroyed"]);
    const again = await login(sessions);
    const replaced = await listen(sessions, again);
    await visit(sessions, again, (session) => session.login("bob"));
    const lasting = await listen(sessions, await login(sessions));
    clock.pass(HOUR);
    expect([replaced, lasting].map(whyOf)).toEqual(["login", "expired"]);
  });

  test("live as long as visits in this process extend them", async () => {
    const { clock, sessions } = sealed();
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    clock.pass(HOUR / 2);
    const { cookie: later } = await visit(sessions, cookie, (session) => session.n = 1);
    clock.pass(HOUR / 2);
    expect(signal.aborted).toBe(false);
    const { cookie: moved } = await visit(sessions, later, (s) => s.regenerate({ keep: true }));
    expect(signal.aborted).toBe(false);
    await visit(sessions, moved, (session) => session.logout());
    expect(whyOf(signal)).toBe("destroyed");
  });

  test("are revoked with all of their subject, where they can be", async () => {
    const epochs = new Map<string, number>();
    const epoch = {
      read: (keys: readonly string[]) => keys.map((key) => epochs.get(key)),
      write: (key: string, value: number) => void epochs.set(key, value),
    };
    const { sessions } = sealed({ epoch });
    const signal = await listen(sessions, await login(sessions));
    await sessions.revokeAll("ada");
    expect(whyOf(signal)).toBe("revoked");
  });

  test("cannot be looked for again and again", () => {
    const store = cookieStore({ secret: SECRET });
    expect(() => createSessions({ store, recheckInterval: 1_000 })).toThrow(/keeps the sessions/);
  });
});

describe("recheckInterval", () => {
  /** What another process does: no build of the library in this one is told. */
  const elsewhere = (store: Any) => ({ destroy: (id: string) => store.destroy(id) });

  test("finds what another process has ended, by one timer for all", async () => {
    const { clock, sessions, store } = timed({ recheckInterval: 10_000 });
    const cookies = [await login(sessions), await login(sessions, "bob")];
    const signals = [await listen(sessions, cookies[0]), await listen(sessions, cookies[1])];
    // Each has its end, and all are looked for together.
    expect(clock.waiting).toBe(3);
    elsewhere(store).destroy(store.list("ada")[0]!);
    clock.pass(9_999);
    expect(signals.map(whyOf)).toEqual([false, false]);
    clock.pass(1);
    await settle();
    expect(signals.map(whyOf)).toEqual(["destroyed", false]);
    elsewhere(store).destroy(store.list("bob")[0]!);
    clock.pass(10_000);
    await settle();
    expect(signals.map(whyOf)).toEqual(["destroyed", "destroyed"]);
    expect(clock.waiting).toBe(0);
  });

  test("is off unless it is asked for", async () => {
    const { clock, sessions, store } = timed();
    const signal = await listen(sessions, await login(sessions));
    elsewhere(store).destroy(store.ids()[0]!);
    clock.pass(HOUR);
    await settle();
    expect(signal.aborted).toBe(false);
  });

  test("asks for nothing when nobody waits any more", async () => {
    const { clock, sessions } = timed({ recheckInterval: 10_000 });
    releaseSignal(await listen(sessions, await login(sessions)));
    expect(clock.waiting).toBe(0);
  });

  test("takes a session that this very process is moving for no end", async () => {
    const clock = handClock(1_800_000_000_000);
    const memory = memoryStore({ now: clock.now, sweepInterval: 0 });
    const held = gate();
    let holds = false;
    // The store has moved the session, and its answer is on its way.
    const store = {
      ...withVerb(memory, "read", () => {}),
      rotate: async (...args: Parameters<SessionStore["rotate"]>) => {
        const result = await memory.rotate(...args);
        if (holds) await held.wait;
        return result;
      },
    };
    const options = { store: store as never, clock, recheckInterval: 10_000, ioTimeout: 0 };
    const { sessions } = makeSessions(options);
    const cookie = await login(sessions);
    const signal = await listen(sessions, cookie);
    await settle();
    holds = true;
    const moving = visit(sessions, cookie, (session) => session.regenerate({ keep: true }));
    await settle();
    clock.pass(10_000);
    await settle();
    expect(signal.aborted).toBe(false);
    held.open();
    const { cookie: moved } = await moving;
    await settle();
    expect(signal.aborted).toBe(false);
    await visit(sessions, moved, (session) => session.logout());
    expect(whyOf(signal)).toBe("destroyed");
  });
});

test("a store's registry is one for every entry and build", () => {
  const store = memoryStore({ sweepInterval: 0 });
  expect(LiveSessions.of(store)).toBe(LiveSessions.of({ behind: store }));
});
