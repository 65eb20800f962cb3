/** A Web session's own names are reserved: data are told so, and decide none of them. */
import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { createSessions, type Session, type SessionRecord } from "../../mod.ts";
import { session as honoSession } from "../../src/web/hono.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, cookieOf, makeSessions, request, SECRET, URL_OF_APP, visit } from "./support.ts";

const RESERVED = [
  ...["id", "isNew", "cookie", "save", "reload", "regenerate", "destroy", "touch", "resetMaxAge"],
  ...["update", "take", "flash", "login", "logout", "subject"],
];

/** What applications say in CommonJS without "use strict". */
const sloppily = new Function("session", "name", "value", "session[name] = value;") as (
  session: unknown,
  name: string,
  value: unknown,
) => void;

describe("assigning to a session's own name", () => {
  const ways: Record<string, (target: Any, name: string) => void> = {
    "an assignment": (target, name) => void (target[name] = "x"),
    "a sloppy one": (target, name) => sloppily(target, name, "x"),
    "Object.assign()": (target, name) => void Object.assign(target, { [name]: "x" }),
    "a body": (target, name) => void Object.assign(target, JSON.parse(`{"${name}":"x"}`)),
  };

  test.each(Object.entries(ways))("throws a TypeError that names it: %s", async (_way, assign) => {
    const { sessions } = makeSessions();
    for (const name of [...RESERVED, "__proto__"]) {
      const { result } = await visit(sessions, undefined, async (session) => {
        const before = session[name];
        expect(() => assign(session, name), name).toThrow(TypeError);
        expect(() => assign(session, name)).toThrow(`"${name}" is a name of the session itself`);
        // Where `id` was asked for first, it is the same; nothing else has moved either.
        expect(session[name]).toBe(before);
        expect(Object.keys(session)).toEqual(["cookie"]);
        session.n = 1;
        await session.save();
        return session.subject;
      });
      expect(result).toBeUndefined();
    }
  });

  test.each(Object.entries(ways))(
    "… and in update(), which stores nothing then: %s",
    async (_way, assign) => {
      const { sessions } = makeSessions();
      const { cookie } = await visit(sessions, undefined, (session) => void (session.n = 1));
      for (const name of [...RESERVED, "__proto__"]) {
        await visit(sessions, cookie, async (session) => {
          const updating = session.update((data: Any) => {
            data.n = 2;
            expect(data[name]).toBe(name === "__proto__" ? Object.getPrototypeOf(data) : undefined);
            assign(data, name);
          });
          await expect(updating).rejects.toThrow(`"${name}" is a name of the session itself`);
          await expect(updating).rejects.toThrow(TypeError);
          expect(session.n).toBe(1);
        });
      }
      expect((await visit(sessions, cookie, (session) => session.n)).result).toBe(1);
    },
  );

  test("an update() that does something else is an ordinary one", async () => {
    const { sessions } = makeSessions();
    const { cookie } = await visit(sessions, undefined, (session) => void (session.list = [1]));
    const { result } = await visit(sessions, cookie, (session) =>
      session.update((data: Any) => {
        expect(Object.keys(data)).toEqual(["list"]);
        expect({ ...data }).toEqual({ list: [1] });
        data.list.push(2);
        return JSON.stringify(data);
      }));
    expect(JSON.parse(result as string)).toEqual({ list: [1, 2] });
  });

  test("its cookie may be changed, and not exchanged", async () => {
    const { sessions } = makeSessions();
    const { response } = await visit(sessions, undefined, async (session) => {
      session.n = 1;
      const { cookie } = session;
      expect(() => session.cookie = { ...cookie, secure: false }).toThrow(TypeError);
      expect(session.cookie).toBe(cookie);
      expect(JSON.parse(JSON.stringify(session))).toHaveProperty("cookie.path", "/");
      await session.regenerate();
      expect(session.cookie).not.toBe(cookie);
      expect(() => session.cookie = cookie).toThrow(TypeError);
      session.n = 1;
      session.cookie.maxAge = 60_000;
    });
    expect(response.headers.get("set-cookie")).toMatch(/Expires=.*Secure/);
  });
});

describe("a record with such keys, of another application on the same store,", () => {
  /** Everything reserved, as data of somebody who knows nothing of us. */
  const foreign: Any = Object.fromEntries(
    RESERVED.filter((name) => name !== "cookie").map((name) => [name, { of: name }]),
  );
  const cookie = { originalMaxAge: null, expires: null, httpOnly: true, path: "/" };

  async function planted() {
    const { sessions, store } = makeSessions();
    const { cookie: pair } = await visit(sessions, undefined, (session) => void (session.n = 1));
    const [id] = store.ids();
    store.destroy(id!);
    const record: SessionRecord = {
      json: JSON.stringify({ cookie, ...foreign, ["n"]: 1, isAdmin: true }),
      expires: null,
    };
    store.create(id!, record);
    const stored = () => {
      const [only, ...others] = store.ids().map((each) => JSON.parse(store.peek(each)!.json));
      expect(others).toEqual([]);
      const { cookie: _, $websession: _notes, ...data } = only;
      return data;
    };
    return { sessions, store, pair, stored };
  }

  test("decides none of them, and is not lost by them", async () => {
    const { sessions, pair, stored } = await planted();
    await visit(sessions, pair, async (session) => {
      expect(session.subject).toBeUndefined();
      expect([session.isNew, typeof session.id]).toEqual([false, "string"]);
      for (const name of RESERVED) expect(session[name]).not.toEqual({ of: name });
      expect(Object.keys(session).sort()).toEqual(["cookie", "isAdmin", "n"]);
      for (const name of RESERVED.filter((each) => each !== "cookie")) {
        expect(await session.take(name), name).toBeUndefined();
      }
    });
    expect(stored()).toEqual({ ...foreign, n: 1, isAdmin: true });
  });

  const acts: Record<string, (session: Any, others: () => Promise<unknown>) => unknown> = {
    "a write": (session) => void (session.n = 2),
    "save()": async (session) => {
      session.n = 2;
      await session.save();
    },
    "update()": (session) => session.update((data: Any) => void (data.n = 2)),
    "take()": async (session) => {
      await session.take("n");
      session.n = 2;
    },
    "flash()": (session) => {
      session.flash("info", "saved");
      session.n = 2;
    },
    "a conflict": async (session, others) => {
      await others();
      session.n = 2;
    },
    "a conflict in update()": (session, others) =>
      session.update(async (data: Any) => {
        if (data.other === undefined) await others();
        data.n = 2;
      }),
    "reload()": async (session) => {
      session.n = 7;
      await session.reload();
      session.n = 2;
    },
    "regenerate({ keep: true })": async (session) => {
      await session.regenerate({ keep: true });
      session.n = 2;
    },
    "a rotation after a conflict": async (session, others) => {
      await others();
      session.n = 2;
      await session.regenerate({ keep: true });
    },
    "login()": async (session) => {
      session.n = 2;
      await session.login("ada");
    },
  };

  test.each(Object.entries(acts))("keeps them through %s", async (name, act) => {
    const { sessions, pair, stored } = await planted();
    const others = () => visit(sessions, pair, (session) => void (session.other = true));
    const moved = await visit(sessions, pair, (session) => act(session, others));
    const other = name.includes("conflict") ? { other: true } : {};
    expect(stored()).toEqual({ ...foreign, n: 2, isAdmin: true, ...other });
    const { result } = await visit(
      sessions,
      moved.cookie,
      (session) => [session.n, session.subject],
    );
    expect(result).toEqual([2, name === "login()" ? "ada" : undefined]);
    expect(stored()).toEqual({ ...foreign, n: 2, isAdmin: true, ...other });
  });

  test("goes with the session that ends", async () => {
    const { sessions, pair, store } = await planted();
    await visit(sessions, pair, async (session) => {
      await session.regenerate();
      session.n = 2;
    });
    const records = store.ids().map((id) => JSON.parse(store.peek(id)!.json));
    expect(records).toEqual([
      { cookie: expect.anything(), n: 2, $websession: expect.anything() },
    ]);
  });
});

describe("our notes", () => {
  const notes = { subject: "root", authenticatedAt: 1, flash: { info: ["owned"] } };
  const body = () => JSON.parse(JSON.stringify({ $websession: notes, n: 1 }));
  const attacks: Record<string, (session: Any) => unknown> = {
    "assignment": (session) => void (session.$websession = notes),
    "assignment and save()": async (session) => {
      session.$websession = notes;
      session.n = 2;
      await session.save();
    },
    "Object.assign()": (session) => void Object.assign(session, body()),
    "update()": (session) => session.update((data: Any) => void Object.assign(data, body())),
    "take()": async (session) => expect(await session.take("$websession")).toBeUndefined(),
    "flash()": (session) => session.flash("$websession", "root"),
    "flash() by a name of every object": (session) => session.flash("__proto__", "root"),
    "deleting": (session) => void delete session.$websession,
    "a prototype": (session) => {
      const hostile = JSON.parse('{"__proto__":{"subject":"root","isAdmin":true}}');
      expect(() => Object.assign(session, hostile)).toThrow(TypeError);
    },
  };

  test.each(Object.entries(attacks))("are out of reach of %s", async (_name, attack) => {
    for (const who of [undefined, "ada"]) {
      const { sessions } = makeSessions();
      const { cookie } = await visit(sessions, undefined, async (session) => {
        session.kept = 1;
        if (who !== undefined) await session.login(who);
      });
      await visit(sessions, cookie, attack);
      const { result } = await visit(sessions, cookie, async (session) => [
        session.subject,
        session.flash("info"),
        "$websession" in session,
        await session.update((data: Any) => "$websession" in data),
        session.kept,
        session.isAdmin,
      ]);
      expect(result).toEqual([who, [], false, false, 1, undefined]);
    }
  });
});

test("Data that declare one of them are refused by the compiler, any others are not", async () => {
  const options = { secret: SECRET, store: memoryStore() };
  // @ts-expect-error: a method's name
  createSessions<{ login: string }>(options);
  // @ts-expect-error: a getter's name, even of its own type
  createSessions<{ subject: string }>(options);
  // @ts-expect-error: the same of the id
  createSessions<{ id: string; views: number }>(options);
  // @ts-expect-error: the same of a flag
  createSessions<{ isNew?: boolean }>(options);
  // @ts-expect-error: the cookie is the session's
  createSessions<{ cookie: object }>(options);
  // @ts-expect-error: in Hono as well
  honoSession<{ flash: string[] }>(options);
  // @ts-expect-error: and where sessions are only named
  type _Named = Session<{ take: number }>;

  interface Visitor {
    views: number;
    user?: { id: string };
  }
  const sessions = createSessions<Visitor>(options);
  createSessions<Record<string, unknown>>(options);
  createSessions<Record<string, string>>(options);
  createSessions<Any>(options);
  createSessions(options);
  // What is made without naming Data can still be used.
  const made: ReturnType<typeof createSessions> = createSessions(options);
  const id: string = (await made.open(request())).id;
  expect(id).toHaveLength(32);
  const app = new Hono().use(honoSession<Visitor>(options)).get("/", (c) => {
    const views: number = c.var.session.views ??= 1;
    return c.text(String(views));
  });
  expect(cookieOf(await app.request(URL_OF_APP))).toContain("s%3A");
  expect((await visit(sessions as never, undefined, (session) => session.views)).result)
    .toBeUndefined();
});
