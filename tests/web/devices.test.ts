/** Who is logged in, where and since when; and ending it by handles that open nothing. */
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";

// deno-lint-ignore no-explicit-any
type Any = any;
const SECRET = "a secret of more than thirty-two bytes";
const HOUR = 3_600_000;

function makeSessions(options: Any = {}) {
  const clock = { time: 1e12, now: () => clock.time, after: () => () => {} };
  const store = memoryStore({ sweepInterval: 0, now: clock.now });
  const sessions = createSessions<Any>({ secret: SECRET, name: "sid", store, clock, ...options });
  const visit = async (cookie: string | undefined, act: (session: Any) => unknown = () => {}) => {
    let result: Any;
    const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
    const response = await sessions.wrap(async (_request, session) => {
      result = await act(session);
      return new Response();
    })(new Request("https://example.com/", { headers }));
    const [set] = response.headers.getSetCookie();
    return { cookie: set === undefined ? cookie! : set.split(";")[0]!, result };
  };
  const login = (subject: string, label?: string) =>
    visit(undefined, async (session) => {
      await session.login(subject, label === undefined ? {} : { label });
      return session.id;
    });
  return { clock, store, sessions, visit, login };
}

describe("list()", () => {
  test("tells each device, the one seen last first, and which is the visitor's own", async () => {
    const { sessions, visit, login, clock } = makeSessions({ idleTimeout: HOUR });
    const phone = await login("ada", "Phone");
    clock.time += 60_000;
    const desktop = await login("ada", "Desktop");
    clock.time += 600_000;
    const { result } = await visit(phone.cookie, (session) => {
      return sessions.list("ada", { current: session });
    });
    // The visit itself is told to the store at its end.
    expect(result.map(({ handle: _, ...device }: Any) => device)).toEqual([
      {
        label: "Desktop",
        createdAt: 1e12 + 60_000,
        lastSeenAt: 1e12 + 60_000,
        expiresAt: 1e12 + 60_000 + HOUR,
        current: false,
      },
      {
        label: "Phone",
        createdAt: 1e12,
        lastSeenAt: 1e12,
        expiresAt: 1e12 + HOUR,
        current: true,
      },
    ]);
    expect((await sessions.list("ada"))[0]).toMatchObject({ label: "Phone", current: false });
    await visit(desktop.cookie, (session) => session.logout());
    expect(await sessions.list("ada")).toHaveLength(1);
    expect(await sessions.list("eve")).toEqual([]);
  });

  test("hands out no id, and nothing that opens a session or names it to another secret", async () => {
    const { sessions, visit, login, store, clock } = makeSessions();
    await login("ada");
    const [device] = await sessions.list("ada");
    const [id] = store.ids();
    expect(JSON.stringify(device)).not.toContain(id);
    for (const value of [device!.handle, `s:${device!.handle}`, `s:${id}.${device!.handle}`]) {
      const { result } = await visit(`sid=${encodeURIComponent(value)}`, ({ subject }) => subject);
      expect(result).toBeUndefined();
    }
    const others = createSessions({ secret: "another secret of thirty-two bytes", store, clock });
    await others.revoke(device!.handle);
    expect(store.ids()).toEqual([id]);
    expect((await others.list("ada"))[0]!.handle).not.toBe(device!.handle);
  });

  test("leaves out what is over and what is none", async () => {
    const { sessions, login, clock, store } = makeSessions({ absoluteTimeout: HOUR });
    await login("ada");
    store.create("broken", { json: "{", expires: null, subject: "ada" });
    store.create("bob's", {
      json: '{"cookie":{},"$websession":{"subject":"bob"}}',
      expires: null,
      subject: "ada",
    });
    expect(await sessions.list("ada")).toHaveLength(1);
    clock.time += HOUR;
    expect(await sessions.list("ada")).toEqual([]);
  });

  test("a session that is none of ours is refused as current", async () => {
    const { sessions } = makeSessions();
    await expect(sessions.list("ada", { current: {} as Any })).rejects.toThrow(TypeError);
  });
});

describe("revoke() and revokeAll()", () => {
  test("a handle ends its session, once, and after the secret has changed as well", async () => {
    const { sessions, visit, login, store, clock } = makeSessions();
    const [one, two] = [await login("ada"), await login("ada")];
    const [device] = await sessions.list("ada", {});
    const newer = createSessions<Any>({
      ...{ secret: ["x".repeat(32), SECRET], name: "sid", store, clock },
    });
    await newer.revoke(device!.handle);
    await sessions.revoke(device!.handle);
    expect(store.ids()).toHaveLength(1);
    const left = await Promise.all(
      [one, two].map(async ({ cookie }) => (await visit(cookie, (s) => s.subject)).result),
    );
    expect(left.filter(Boolean)).toEqual(["ada"]);
  });

  test("a handle's subject cannot be swapped", async () => {
    const { sessions, login, store } = makeSessions();
    await login("ada");
    await login("bob");
    const [{ handle }] = await sessions.list("ada") as [Any];
    const [{ handle: other }] = await sessions.list("bob") as [Any];
    await sessions.revoke(`${handle.split(".")[0]}.${other.split(".")[1]}`);
    expect(store.ids()).toHaveLength(2);
  });

  test("the password changed: everywhere else is logged out, by the session or by its handle", async () => {
    for (const by of ["session", "handle", "id"]) {
      const { sessions, visit, login } = makeSessions();
      const [own, other] = [await login("ada"), await login("ada")];
      const { result } = await visit(own.cookie, async (session) => {
        const devices = await sessions.list("ada", { current: session });
        const { handle } = devices.find(({ current }) => current)!;
        const except = { session, handle, id: session.id }[by];
        return await sessions.revokeAll("ada", { except });
      });
      expect([by, result]).toEqual([by, 1]);
      expect((await visit(own.cookie, ({ subject }) => subject)).result).toBe("ada");
      expect((await visit(other.cookie, ({ subject }) => subject)).result).toBeUndefined();
    }
  });

  test.each([[""], [null], [7], [{}]])(
    "except: %j is refused, and nobody is logged out",
    async (except) => {
      const { sessions, login, store } = makeSessions();
      await login("ada");
      await expect(sessions.revokeAll("ada", { except: except as Any })).rejects.toThrow(TypeError);
      expect(store.ids()).toHaveLength(1);
    },
  );
});

describe("maxSessions", () => {
  test("the oldest login makes room, and hears why nowhere but in an event", async () => {
    const { sessions, visit, login, clock } = makeSessions({ maxSessions: 2 });
    let evicted = 0;
    sessions.on("evicted", () => void evicted++);
    const cookies: string[] = [];
    for (let logins = 0; logins < 3; logins++) {
      clock.time += 1000;
      cookies.push((await login("ada")).cookie);
    }
    await login("bob");
    const subjects = [];
    for (const cookie of cookies) subjects.push((await visit(cookie, (s) => s.subject)).result);
    expect(subjects).toEqual([undefined, "ada", "ada"]);
    expect(evicted).toBe(1);
  });

  test("parallel logins, by new visitors and by known ones, leave as many as may be", async () => {
    const { sessions, visit, login } = makeSessions({ maxSessions: 3 });
    const known = await Promise.all([1, 2, 3].map(() => visit(undefined, (s) => s.a = 1)));
    await Promise.all([
      ...known.map(({ cookie }) => visit(cookie, (session) => session.login("ada"))),
      ...[1, 2, 3].map(() => login("ada")),
    ]);
    expect(await sessions.list("ada")).toHaveLength(3);
  });

  test("what is no number of sessions, or a store that knows no subjects, is refused at once", () => {
    for (const maxSessions of [0, -1, 1.5]) {
      expect(() => makeSessions({ maxSessions })).toThrow(RangeError);
    }
    expect(() => makeSessions({ maxSessions: "2" })).toThrow(TypeError);
    const without = Object.assign(Object.create(memoryStore()), { destroyAll: undefined });
    expect(() => makeSessions({ maxSessions: 2, store: without })).toThrow(/maxSessions/);
    expect(() => makeSessions({ maxSessions: Infinity, store: without })).not.toThrow();
  });
});

describe("who and when", () => {
  test("a session knows when it began, and when its login was last proven", async () => {
    const { visit, clock } = makeSessions();
    const times = (session: Any) => [session.createdAt, session.authenticatedAt];
    const first = await visit(undefined, (session) => (session.a = 1, times(session)));
    expect(first.result).toEqual([undefined, undefined]);
    clock.time += 1000;
    const second = await visit(first.cookie, async (session) => {
      await session.login("ada");
      return times(session);
    });
    expect(second.result).toEqual([1e12, 1e12 + 1000]);
    clock.time += 1000;
    const third = await visit(second.cookie, async (session) => {
      const { id } = session;
      await session.elevate();
      return [...times(session), session.id === id, session.a, session.subject];
    });
    expect(third.result).toEqual([1e12, 1e12 + 2000, false, 1, "ada"]);
    expect((await visit(third.cookie, times)).result).toEqual([1e12, 1e12 + 2000]);
    expect((await visit(second.cookie, times)).result).toEqual([undefined, undefined]);
  });

  test("nobody can be elevated who is not logged in", async () => {
    const { visit } = makeSessions();
    const { result } = await visit(undefined, (session) => {
      return session.elevate().catch(({ code }: Any) => code);
    });
    expect(result).toBe("SESSION_ANONYMOUS");
  });

  test("data cannot say who, when or for what", async () => {
    const { visit, store } = makeSessions();
    const { cookie } = await visit(undefined, (session) => {
      Object.assign(session, { $websession: { createdAt: 1, name: "other" }, user: 1 });
      for (const name of ["createdAt", "authenticatedAt", "elevate"]) {
        expect(() => session[name] = 1).toThrow(TypeError);
      }
    });
    expect((await visit(cookie, (session) => session.createdAt)).result).toBe(1e12);
    expect(JSON.parse(store.peek(store.ids()[0]!)!.json)["$websession"]).toEqual({
      createdAt: 1e12,
      name: "sid",
    });
  });
});

describe("S15 a cookie begun under one name opens nothing under another", () => {
  test("with the same secret and the same store", async () => {
    const { store, visit, clock } = makeSessions();
    const { cookie } = await visit(undefined, (session) => session.user = "ada");
    // Its limits are none of the other's either.
    const limits = { absoluteTimeout: 1, idleTimeout: 1 };
    const admin = createSessions<Any>({ secret: SECRET, name: "admin", store, clock, ...limits });
    clock.time += HOUR;
    const heard: string[] = [];
    admin.on("rejected", ({ reason }) => heard.push(reason));
    const swapped = cookie.replace("sid=", "admin=");
    let seen: unknown;
    const response = await admin.wrap((_request, session) => {
      seen = { ...session }.user;
      return new Response();
    })(new Request("https://example.com/", { headers: { cookie: swapped } }));
    expect([seen, heard, response.headers.getSetCookie()]).toEqual([undefined, ["purpose"], []]);
    // And where it belongs it lives on.
    expect((await visit(cookie, (session) => session.user)).result).toBe("ada");
  });

  test("what another entry stored without a note passes", async () => {
    const { store, visit } = makeSessions();
    const { cookie } = await visit(undefined, (session) => session.user = "ada");
    const [id] = store.ids();
    const { json, version } = store.peek(id!)!;
    const { $websession: _, ...old } = JSON.parse(json);
    store.commit(id!, { json: JSON.stringify(old), expires: null }, version);
    expect((await visit(cookie, (session) => session.user)).result).toBe("ada");
  });
});
