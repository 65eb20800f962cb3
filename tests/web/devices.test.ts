/** Who is logged in, where and since when; and ending it by handles that open nothing. */
import { describe, expect, test } from "vitest";
import { createSessions } from "../../mod.ts";
import { encrypt } from "../../src/stores/encrypt.ts";
import { hashIds } from "../../src/stores/hash_ids.ts";
import { memoryStore } from "../../src/stores/memory.ts";

// deno-lint-ignore no-explicit-any
type Any = any;
const SECRET = "a secret of more than thirty-two bytes";
const HOUR = 3_600_000;

function makeSessions({ clock: given, ...options }: Any = {}) {
  const clock = given ?? { time: 1e12, now: () => clock.time, after: () => () => {} };
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

  test.each([[undefined], [true], [false], [[]]])(
    "names a device by one handle for as long as the same person logs in with it, keeping %j",
    async (keep) => {
      const { sessions, visit, login } = makeSessions();
      const phone = await login("ada", "Phone");
      const [{ handle }] = await sessions.list("ada") as [Any];
      const again = await visit(phone.cookie, (session) => session.login("ada", { keep }));
      const [device] = await sessions.list("ada") as [Any];
      expect([device.handle, device.label]).toEqual([
        handle,
        keep === false ? undefined : "Phone",
      ]);
      await sessions.revoke(handle);
      const { result } = await visit(again.cookie, ({ subject }) => subject);
      expect(result).toBeUndefined();
    },
  );

  test.each([[undefined], [true], [false]])(
    "names it anew where somebody else logs in with it, keeping %j",
    async (keep) => {
      const { visit, login, store } = makeSessions();
      const deviceIn = () => JSON.parse(store.read(store.ids()[0]!)!.json).$websession.device;
      const { cookie } = await login("ada");
      const hers = deviceIn();
      const bobs = await visit(cookie, (session) => session.login("bob", { keep }));
      expect(deviceIn()).not.toBe(hers);
      await visit(bobs.cookie, (session) => session.login("ada", { keep }));
      expect(deviceIn()).not.toBe(hers);
    },
  );

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

  test("what only looks like a handle is an id, and names nobody", async () => {
    const { sessions, login, store } = makeSessions();
    await login("ada");
    for (const coded of ["a", "_w"]) await sessions.revoke(`${"x".repeat(43)}.${coded}`);
    expect(store.ids()).toHaveLength(1);
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

  test("where there is room nobody's record is read for it", async () => {
    const { login, store } = makeSessions({ maxSessions: 2 });
    await login("ada");
    const { read } = store;
    let reads = 0;
    store.read = (id) => (reads++, read.call(store, id));
    await login("ada");
    expect(reads).toBe(0);
    await login("ada");
    expect(reads).toBe(3);
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

const KEY = { id: "1", key: new Uint8Array(32).fill(7) };
const WRAPPED: [string, (store: Any) => Any][] = [
  ["a bare store", (store) => store],
  ["hashIds()", (store) => hashIds(store)],
  ["hashIds() that migrates", (store) => hashIds(store, { migrate: true })],
  ["encrypt(hashIds())", (store) => encrypt(hashIds(store), { keys: [KEY] })],
  ["hashIds(encrypt())", (store) => hashIds(encrypt(store, { keys: [KEY] }))],
];

describe.each(WRAPPED)("on %s", (_what, wrap) => {
  const make = (options: Any = {}) => {
    const clock = { time: 1e12, now: () => clock.time, after: () => () => {} };
    const memory = memoryStore({ sweepInterval: 0, now: clock.now });
    const made = makeSessions({ store: wrap(memory), clock, ...options });
    return { ...made, memory, clock };
  };
  const whoIs = async ({ visit }: ReturnType<typeof make>, cookie: string) =>
    (await visit(cookie, (session) => session.subject)).result;

  test("a login never makes room by itself, and the oldest does", async () => {
    const made = make({ maxSessions: 2 });
    const cookies: string[] = [];
    for (let logins = 0; logins < 4; logins++) {
      made.clock.time += 1000;
      cookies.push((await made.login("ada")).cookie);
      expect(await whoIs(made, cookies.at(-1)!)).toBe("ada");
    }
    const subjects = [];
    for (const cookie of cookies) subjects.push(await whoIs(made, cookie));
    expect(subjects).toEqual([undefined, undefined, "ada", "ada"]);
  });

  test("of parallel logins as many live as may", async () => {
    for (const [most, logins] of [[1, 2], [2, 3], [5, 10]] as const) {
      const made = make({ maxSessions: most });
      const all = await Promise.all(Array.from({ length: logins }, () => made.login("ada")));
      const subjects = [];
      for (const { cookie } of all) subjects.push(await whoIs(made, cookie));
      expect(subjects.filter(Boolean)).toHaveLength(most);
    }
  });

  test("the visitor's own device is marked, and each handle ends its session", async () => {
    const made = make();
    const [own, other] = [await made.login("ada", "own"), await made.login("ada", "other")];
    const { result } = await made.visit(own.cookie, (session) => {
      return made.sessions.list("ada", { current: session });
    });
    expect(result.map(({ label, current }: Any) => [label, current]).sort()).toEqual([
      ["other", false],
      ["own", true],
    ]);
    await made.sessions.revoke(result.find(({ current }: Any) => !current).handle);
    expect([await whoIs(made, own.cookie), await whoIs(made, other.cookie)]).toEqual([
      "ada",
      undefined,
    ]);
  });

  test("a handle finds its session under the id it has by now, and while it moves", async () => {
    const made = make();
    const first = await made.login("ada");
    const [{ handle }] = await made.sessions.list("ada") as [Any];
    const second = await made.visit(first.cookie, (session) => session.elevate());
    expect((await made.sessions.list("ada"))[0]!.handle).toBe(handle);
    // It moves once more between the look at the list and the end.
    const store = made.sessions.store as Any;
    const { destroy } = store;
    let third: Any;
    store.destroy = async (id: string) => {
      store.destroy = destroy;
      third = await made.visit(second.cookie, (session) => session.elevate());
      return await destroy.call(store, id);
    };
    await made.sessions.revoke(handle);
    expect(third).toBeDefined();
    expect(await whoIs(made, third.cookie)).toBeUndefined();
    expect(await made.sessions.list("ada")).toEqual([]);
  });

  test("except: session is the visitor's own, though another tab has moved it", async () => {
    const made = make();
    const [own, other] = [await made.login("ada"), await made.login("ada")];
    let moved: Any;
    const { result } = await made.visit(own.cookie, async (session) => {
      moved = await made.visit(own.cookie, (tab) => tab.elevate());
      return await made.sessions.revokeAll("ada", { except: session });
    });
    expect([result, await whoIs(made, moved.cookie), await whoIs(made, other.cookie)]).toEqual([
      1,
      "ada",
      undefined,
    ]);
  });
});

test("a login that is done is not undone where no room could be made", async () => {
  const { sessions, store, visit, login } = makeSessions({ maxSessions: 1 });
  const heard: unknown[] = [];
  sessions.on("error", ({ error }) => heard.push((error as Any).code));
  store.list = () => {
    throw new Error("down");
  };
  const { cookie } = await login("ada");
  expect((await visit(cookie, (session) => session.subject)).result).toBe("ada");
  const second = await visit(cookie, (session) => session.elevate());
  expect((await visit(second.cookie, (session) => session.subject)).result).toBe("ada");
  expect(heard).toEqual(["STORE_FAILED", "STORE_FAILED"]);
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

test("a subject may begin with any character, a byte order mark too", async () => {
  const { sessions, visit } = makeSessions();
  const { cookie } = await visit(undefined, (session: Any) => session.login("\uFEFFada"));
  const [device] = await sessions.list("\uFEFFada");
  await sessions.revoke(device!.handle);
  expect((await visit(cookie, (session) => session.subject)).result).toBe(undefined);
});
