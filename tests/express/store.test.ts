/** The base class of callback stores: what it makes of a request, and of what its store has found. */
import { describe, expect, test } from "vitest";
import { bindDevices, login, toExpressStore } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { told } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";
import { sessionsWith, visit } from "./support/visit.ts";

describe.each([["express-session", theirs], ["websession", ours]])("%s", (_name, library) => {
  test("load() gives what get() finds: an error, nothing, a session outside of any request", () => {
    const store = new library.Store();
    const answers: Record<string, Any[]> = {
      failing: [new Error("no disk"), { cookie: {}, n: 1 }],
      missing: [null, null],
      found: [null, { cookie: {}, n: 1 }],
    };
    store.get = (id: string, done: Any) => done(...answers[id]!);
    const heard: Any[] = [];
    for (const id of Object.keys(answers)) {
      store.load(id, (error: Any, session: Any) => heard.push([error ?? null, session]));
    }
    const [failing, missing, found] = heard;
    expect(failing).toEqual([new Error("no disk"), undefined]);
    expect(missing).toEqual([null, undefined]);
    expect([found[0], found[1].n, found[1].id]).toEqual([null, 1, "found"]);
    expect(found[1].req.sessionStore).toBe(store);
  });

  test.each([
    ["a text", "2040-01-01T00:00:00.000Z", new Date("2040-01-01T00:00:00.000Z")],
    ["a Date", new Date(5), new Date(5)],
    ["a number", 5, 5],
    ["none", null, null],
  ])("createSession() makes a Date of an end that is a text alone: %s", (_kind, expires, end) => {
    const data = { cookie: { expires, originalMaxAge: 9, path: "/x" }, n: 1 };
    const { cookie, n } = new library.Store().createSession({ sessionID: "a" }, data);
    expect([cookie.expires, cookie.originalMaxAge, cookie.path, n]).toEqual([end, 9, "/x", 1]);
    expect(cookie).toBeInstanceOf(library.Cookie);
  });

  test("its class has a name", () => {
    expect(library.Store.name).toBe("Store");
  });

  test("its methods are plain properties, as code that copies or replaces them needs", () => {
    const flags = { writable: true, enumerable: true, configurable: true };
    for (const name of ["regenerate", "load", "createSession"]) {
      expect(Object.getOwnPropertyDescriptor(library.Store.prototype, name)).toMatchObject(flags);
    }
    for (const name of ["get", "set", "destroy", "touch", "all", "length", "clear"]) {
      const { prototype } = library.MemoryStore;
      expect(Object.getOwnPropertyDescriptor(prototype, name)).toMatchObject(flags);
    }
  });

  test("begins with what every EventEmitter has, and nothing else", () => {
    const { EventEmitter } = process.getBuiltinModule("node:events");
    expect(Object.keys(new library.Store())).toEqual(Object.keys(new EventEmitter()));
    const own = Object.keys(new library.MemoryStore()).filter((name) => name !== "sessions");
    expect(own).toEqual(Object.keys(new EventEmitter()));
  });
});

test("a session that load() has made brings nothing back once it has ended", async () => {
  for (const store of [new ours.MemoryStore(), toExpressStore(memoryStore())] as Any[]) {
    await told((done) => store.set("a", { cookie: {}, n: 1 }, done));
    const live = await told((done) => store.load("a", done));
    await told((done) => store.destroy("a", done));
    await expect(live.save()).rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(await told((done) => store.get("a", done))).toBeUndefined();
  }
});

describe("createSession() for a request whose session the store failed to hand over", () => {
  /** What a handler gets that asks the store by itself when it is back, behind `devices` or not. */
  async function asked(devices: Any, fails: boolean): Promise<Any> {
    const native: Any = memoryStore();
    const read = native.read.bind(native);
    const sessions = sessionsWith({ store: toExpressStore(native), onStoreError: "anonymous" });
    const app = (req: Any, res: Any, next: Any) => {
      sessions(req, res, (error: unknown) => {
        if (error || devices === undefined) return next(error);
        devices(req, res, next);
      });
    };
    const { cookie } = await visit(sessions, async (req) => {
      await login(req, "ada");
      req.session.n = 1;
    });
    if (fails) {
      native.read = () => {
        throw new Error("no route to host");
      };
    }
    const { result } = await visit(app, async (req) => {
      native.read = read;
      const data = await told((done) => req.sessionStore.get(req.sessionID, done));
      return req.sessionStore.createSession(req, data).n;
    }, { cookie });
    return result;
  }

  test("is refused on a route that requires a device to show its key, and nowhere else", async () => {
    const devices = () => bindDevices({ policy: () => "require" });
    expect(await asked(undefined, false)).toBe(1);
    expect(await asked(undefined, true)).toBe(1);
    expect(await asked(devices(), false)).toBe(1);
    expect(await asked(devices(), true)).toMatchObject({ code: "STORE_FAILED" });
  });
});
