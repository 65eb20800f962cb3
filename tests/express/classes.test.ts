/** Cookie, Session, Store and MemoryStore: what other packages do with them, on both libraries. */
import { EventEmitter } from "node:events";
import { inherits } from "node:util";
import { describe, expect, test } from "vitest";
import { told } from "./support/app.ts";
import { type Any, ours, theirs, theirsAnew } from "./support/libraries.ts";

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  const { Cookie, Session, Store, MemoryStore } = library;

  describe("Cookie", () => {
    test("defaults", () => {
      const cookie = new Cookie();
      expect([cookie.path, cookie.httpOnly, cookie.maxAge, cookie.expires, cookie.originalMaxAge])
        .toEqual(["/", true, null, null, null]);
      expect(Object.keys(cookie.data)).toEqual(
        [
          "originalMaxAge",
          "partitioned",
          "priority",
          "expires",
          "secure",
          "httpOnly",
          "domain",
          "path",
          "sameSite",
        ],
      );
      expect(JSON.parse(JSON.stringify(cookie))).toEqual({
        originalMaxAge: null,
        expires: null,
        httpOnly: true,
        path: "/",
      });
    });

    test("maxAge moves expires and is remembered", () => {
      const cookie = new Cookie();
      const before = Date.now();
      cookie.maxAge = 60_000;
      const after = Date.now();
      expect(cookie.expires).toBeInstanceOf(Date);
      expect(cookie.expires.getTime()).toBeGreaterThanOrEqual(before + 60_000);
      expect(cookie.expires.getTime()).toBeLessThanOrEqual(after + 60_000);
      // express-session asks the clock once more for it.
      expect(cookie.originalMaxAge).toBeGreaterThanOrEqual(60_000 - (Date.now() - before));
      expect(cookie.maxAge).toBeLessThanOrEqual(60_000);
      cookie.maxAge = null;
      expect([cookie.expires, cookie.maxAge, cookie.originalMaxAge]).toEqual([null, null, null]);
    });

    test.each([[undefined], [null], [false]])("maxAge %s passes through", (value) => {
      const cookie = new Cookie();
      cookie.maxAge = value;
      expect([cookie.expires, cookie.maxAge]).toEqual([value, value]);
    });

    test("maxAge of another kind is a TypeError", () => {
      for (const value of ["60", true, {}]) {
        expect(() => (new Cookie().maxAge = value)).toThrow(
          new TypeError("maxAge must be a number or Date"),
        );
      }
    });

    test("a Date as maxAge is an end, with a deprecation note", () => {
      const notes: string[] = [];
      const listener = ({ message }: Error) => notes.push(message);
      process.on("deprecation" as Any, listener as Any);
      const cookie = new (library === theirs ? theirsAnew().Cookie : Cookie)();
      const end = new Date(Date.now() + 5000);
      cookie.maxAge = end;
      process.off("deprecation" as Any, listener as Any);
      expect(cookie.expires).toBe(end);
      expect(notes).toEqual(["maxAge as Date; pass number of milliseconds instead"]);
    });

    test("expires sets originalMaxAge; whichever comes last wins", () => {
      const cookie = new Cookie({ expires: new Date(Date.now() + 9000) });
      expect(cookie.originalMaxAge).toBeGreaterThan(8900);
      expect(new Cookie({ maxAge: 5, expires: null }).maxAge).toBeNull();
      expect(new Cookie({ originalMaxAge: 5, maxAge: 1000 }).originalMaxAge).toBe(1000);
    });

    test("options that are no object are a TypeError, falsy ones none at all", () => {
      for (const value of [42, "text", true]) {
        expect(() => new Cookie(value)).toThrow(new TypeError("argument options must be a object"));
      }
      for (const value of [undefined, null, 0, "", false]) expect(new Cookie(value).path).toBe("/");
    });

    test("unknown attributes stay on the object and out of the data", () => {
      const cookie = new Cookie({ encode: String, own: 1, data: "mine" });
      expect(cookie.own).toBe(1);
      expect(cookie.data).not.toHaveProperty("own");
      expect(cookie.serialize("n", "a b")).toContain("n=a%20b");
    });

    test.each([
      [{}, "n=v; Path=/; HttpOnly"],
      [{ path: "/app", httpOnly: false }, "n=v; Path=/app"],
      [
        { domain: "example.com", secure: true },
        "n=v; Domain=example.com; Path=/; HttpOnly; Secure",
      ],
      [{ sameSite: true }, "n=v; Path=/; HttpOnly; SameSite=Strict"],
      [{ sameSite: "lax", priority: "high" }, "n=v; Path=/; HttpOnly; Priority=High; SameSite=Lax"],
      [
        { partitioned: true, secure: true, sameSite: "none" },
        "n=v; Path=/; HttpOnly; Secure; Partitioned; SameSite=None",
      ],
      [{ expires: new Date(0) }, "n=v; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly"],
    ])("serialize() of %j", (options, expected) => {
      expect(new Cookie(options).serialize("n", "v")).toBe(expected);
    });

    test.each([
      ["option expires is invalid", { expires: new Date(NaN) }],
      ["option sameSite is invalid", { sameSite: "foo" }],
      ["option priority is invalid", { priority: "foo" }],
      ["option path is invalid", { path: "/\n" }],
      ["option domain is invalid", { domain: "a;b" }],
    ])("serialize() throws: %s", (message, options) => {
      expect(() => new Cookie(options).serialize("n", "v")).toThrow(message);
    });

    test("connect stores read _expires, copy and construct from data", () => {
      const cookie = new Cookie({ maxAge: 1000 });
      expect(cookie._expires).toBe(cookie.expires);
      const copy = new Cookie(cookie.data);
      expect(copy.expires).toEqual(cookie.expires);
      expect({ ...cookie }).toHaveProperty("path", "/");
    });
  });

  describe("Session", () => {
    const req = () => ({ sessionID: "an-id", sessionStore: new MemoryStore() }) as Any;

    test("id and req are fixed and do not show", () => {
      const request = req();
      const session = new Session(request, { a: 1, cookie: new Cookie() });
      expect([session.id, session.req]).toEqual(["an-id", request]);
      expect(Object.keys(session).sort()).toEqual(["a", "cookie"]);
      expect(JSON.parse(JSON.stringify(session))).toHaveProperty("a", 1);
      expect(() => {
        "use strict";
        session.id = "other";
      }).toThrow(TypeError);
    });

    test("data may be missing, and reserved names stay ours", () => {
      for (const data of [undefined, null, "text", 42]) {
        expect(Object.keys(new Session(req(), data))).toEqual([]);
      }
      const session = new Session(req(), {
        save: 1,
        id: "x",
        req: 1,
        touch: 1,
        toString: 1,
        fine: 1,
      });
      expect(typeof session.save).toBe("function");
      expect(session.id).toBe("an-id");
      expect(Object.keys(session)).toEqual(["fine"]);
    });

    test("touch() and resetMaxAge() return the session and restart its life", () => {
      const session = new Session(req(), { cookie: new Cookie({ maxAge: 5000 }) });
      session.cookie._expires = new Date(0);
      expect(session.touch()).toBe(session);
      expect(session.cookie.maxAge).toBeGreaterThan(4900);
      expect(session.resetMaxAge()).toBe(session);
    });

    test("save(callback) returns the session; grant counts its parameters", async () => {
      const session = new Session(req(), { cookie: new Cookie(), a: 1 });
      await told((done) => expect(session.save(done)).toBe(session));
      expect(Object.getPrototypeOf(session).save.length).toBe(1);
      expect(JSON.parse(session.req.sessionStore.sessions["an-id"])).toHaveProperty("a", 1);
    });

    test("reload(callback) replaces req.session, and says when there is none", async () => {
      const request = req();
      const session = request.session = new Session(request, { cookie: new Cookie(), a: 1 });
      await expect(told((done) => session.reload(done))).rejects.toThrow("failed to load session");
      await told((done) => session.save(done));
      session.a = 2;
      await told((done) => session.reload(done));
      expect(request.session).not.toBe(session);
      expect(request.session.a).toBe(1);
    });

    test("destroy(callback) takes req.session away at once", async () => {
      const request = req();
      const session = request.session = new Session(request, { cookie: new Cookie() });
      await told((done) => session.save(done));
      await told((done) => {
        expect(session.destroy(done)).toBe(session);
        expect("session" in request).toBe(false);
      });
      expect(Object.keys(request.sessionStore.sessions)).toEqual([]);
    });
  });

  describe("Store", () => {
    test("may be called without new, extended, inherited from, and never constructed", () => {
      function Old(this: Any) {
        Store.call(this, {});
      }
      inherits(Old, Store);
      function Older() {}
      inherits(Older, Store);
      class New extends Store {}
      for (const Make of [Old, Older, New] as Any[]) {
        const store = new Make();
        expect(store).toBeInstanceOf(Store);
        expect(store).toBeInstanceOf(EventEmitter);
        let heard = 0;
        store.on("connect", () => heard++);
        store.emit("connect");
        expect(heard).toBe(1);
        const request = { sessionID: "x" } as Any;
        store.createSession(request, { cookie: {}, a: 1 });
        expect(request.session.a).toBe(1);
      }
    });

    test("createSession() makes Dates of texts, keeps originalMaxAge, and hangs the session on the request", () => {
      const request = { sessionID: "an-id" } as Any;
      const expires = new Date(Date.now() + 5000).toISOString();
      const data = { cookie: { expires, originalMaxAge: 9, path: "/x" }, a: 1 } as Any;
      const session = new Store().createSession(request, data);
      expect(session).toBe(request.session);
      expect(session).toBeInstanceOf(Session);
      expect(session.cookie).toBeInstanceOf(Cookie);
      expect(session.cookie.expires).toEqual(new Date(expires));
      expect(session.cookie.originalMaxAge).toBe(9);
      expect(data.cookie).toBe(session.cookie);
      expect(() => new Store().createSession({ sessionID: "x" }, {})).toThrow(TypeError);
    });

    test("load() finds, misses and fails", async () => {
      const store = new Store();
      const answers: Record<string, Any[]> = {
        found: [null, { cookie: {}, a: 1 }],
        missing: [null, null],
        failing: [new Error("no disk")],
      };
      store.get = (id: string, done: Any) => done(...answers[id]!);
      const session = await told((done) => store.load("found", done));
      expect([session.a, session.id]).toEqual([1, "found"]);
      expect(await told((done) => store.load("missing", done))).toBeUndefined();
      await expect(told((done) => store.load("failing", done))).rejects.toThrow("no disk");
    });

    test("regenerate() destroys, generates, and generates after an error too", async () => {
      for (const error of [null, new Error("no disk")]) {
        const calls: string[] = [];
        const store = new Store();
        store.destroy = (id: string, done: Any) => (calls.push(`destroy ${id}`), done(error));
        store.generate = () => calls.push("generate");
        const outcome = await told((done) => store.regenerate({ sessionID: "old" }, done)).catch((
          e,
        ) => e);
        expect(calls).toEqual(["destroy old", "generate"]);
        expect(outcome ?? null).toBe(error);
      }
    });
  });

  describe("MemoryStore", () => {
    const sessionFor = (data: object, cookie: object = {}): Any => ({
      cookie: new Cookie(cookie),
      ...data,
    });

    test("keeps texts: what is changed later is not stored", async () => {
      const store = new MemoryStore();
      const session = sessionFor({ list: [1] });
      await told((done) => store.set("a", session, done));
      session.list.push(2);
      expect((await told((done) => store.get("a", done))).list).toEqual([1]);
      const answers: unknown[][] = [];
      for (const act of ["get", "destroy", "length"]) {
        await new Promise<void>((done) => {
          const answer = (...args: unknown[]) => (answers.push(args), done());
          if (act === "length") store.length(answer);
          else store[act]("b", answer);
        });
      }
      expect(answers).toEqual([[null, undefined], [], [null, 1]]);
    });

    test("leaves the options of a subclass to it", async () => {
      class Files extends MemoryStore {}
      const store = new (Files as Any)({ folder: "/tmp" });
      await told((done) => store.set("a", sessionFor({ n: 1 }), done));
      expect((await told((done) => store.get("a", done))).n).toBe(1);
    });

    test("counts, lists and clears", async () => {
      const store = new MemoryStore();
      for (const id of ["a", "b"]) {
        await told((done) => store.set(id, sessionFor({ id2: id }), done));
      }
      expect(await told((done) => store.length(done))).toBe(2);
      const all = await told((done) => store.all(done));
      expect(Object.keys(all).sort()).toEqual(["a", "b"]);
      expect(all.a.id2).toBe("a");
      await told((done) => store.destroy("a", done));
      expect(await told((done) => store.length(done))).toBe(1);
      await told((done) => store.clear(done));
      expect(await told((done) => store.length(done))).toBe(0);
    });

    test("drops what has expired when it is asked for it", async () => {
      const store = new MemoryStore();
      await told((done) =>
        store.set("old", sessionFor({}, { expires: new Date(Date.now() - 1) }), done)
      );
      await told((done) => store.set("new", sessionFor({}, { maxAge: 60_000 }), done));
      expect(await told((done) => store.get("old", done))).toBeUndefined();
      expect(Object.keys(await told((done) => store.all(done)))).toEqual(["new"]);
      expect(await told((done) => store.length(done))).toBe(1);
    });

    test("touch() rewrites the cookie alone, and revives nothing", async () => {
      const store = new MemoryStore();
      await told((done) => store.set("a", sessionFor({ a: 1 }, { maxAge: 1000 }), done));
      await told((done) => store.touch("a", sessionFor({ a: 2 }, { maxAge: 90_000 }), done));
      const session = await told((done) => store.get("a", done));
      expect(session.a).toBe(1);
      expect(new Date(session.cookie.expires).getTime()).toBeGreaterThan(Date.now() + 80_000);
      await told((done) => store.touch("b", sessionFor({}), done));
      expect(await told((done) => store.get("b", done))).toBeUndefined();
    });

    test("answers on a later turn, and needs no callback", async () => {
      const store = new MemoryStore();
      let isLater = false;
      const answered = told((done) =>
        store.set("a", sessionFor({}), () => {
          expect(isLater).toBe(true);
          done();
        })
      );
      isLater = true;
      await answered;
      store.set("b", sessionFor({}));
      store.touch("b", sessionFor({}));
      store.destroy("b");
      store.clear();
    });

    test("takes an id that is no string for its text", async () => {
      const store = new MemoryStore();
      for (const id of [undefined, null, 42]) {
        expect(await told((done) => store.get(id, done))).toBeUndefined();
        await told((done) => store.destroy(id, done));
      }
    });

    test("works on __proto__ and other ids as on any", async () => {
      const store = new MemoryStore();
      for (const id of ["__proto__", "constructor", "toString", ""]) {
        expect(await told((done) => store.get(id, done)), id).toBeUndefined();
      }
      await told((done) => store.set("__proto__", sessionFor({ a: 1 }), done));
      expect((await told((done) => store.get("__proto__", done))).a).toBe(1);
      expect(({} as Any).a).toBeUndefined();
    });

    test("its `sessions` can be read, written and deleted from", async () => {
      const store = new MemoryStore();
      store.sessions["a"] = JSON.stringify(sessionFor({ a: 1 }));
      expect((await told((done) => store.get("a", done))).a).toBe(1);
      expect(Object.keys(store.sessions)).toEqual(["a"]);
      delete store.sessions["a"];
      expect(await told((done) => store.get("a", done))).toBeUndefined();
    });
  });

  test("the factory carries its classes", () => {
    for (const name of ["Store", "Cookie", "Session", "MemoryStore"]) {
      expect(typeof library.session[name], name).toBe("function");
      expect(library.session[name].name, name).toBe(name);
    }
  });
});

test("ours: MemoryStore's methods return a promise where no callback is given, and only there", async () => {
  const store = new ours.MemoryStore();
  const session = { cookie: new ours.Cookie(), a: 1 };
  await store.set("a", session);
  expect((await store.get("a")).a).toBe(1);
  expect(store.get("a", () => {})).toBeUndefined();
  expect(await store.length()).toBe(1);
  await store.destroy("a");
  expect(await store.get("a")).toBeUndefined();
});
