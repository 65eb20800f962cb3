/** A native store behind callbacks gives what the stores of express-session give, and makes nothing up. */
import { describe, expect, test } from "vitest";
import { type MemoryStore, toExpressStore } from "../../src/express/mod.ts";
import type { SessionStore } from "../../src/store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeApp, tell, told, useDriver } from "./support/app.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";

useDriver();

const HOUR = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR).toISOString();

/** A store that gives every session an end of its own where the record names none, as Redis does. */
function limited(native: SessionStore): SessionStore {
  return {
    ...methodsOf(native),
    async read(id) {
      const stored = await native.read(id);
      return stored && { ...stored, expires: stored.expires ?? Date.now() + HOUR };
    },
  };
}

function methodsOf(native: SessionStore): SessionStore {
  const { read, create, commit, touch, rotate, destroy } = native;
  const bound = { read, create, commit, touch, rotate, destroy };
  return Object.fromEntries(
    Object.entries(bound).map(([name, method]) => [name, method.bind(native as never)]),
  ) as unknown as SessionStore;
}

describe("a store that can be iterated", () => {
  test("all() gives a list of sessions that say their ids, as connect-redis does, and ids() those alone", async () => {
    const store: Any = toExpressStore(memoryStore());
    expect(await told((done) => store.all(done))).toEqual([]);
    expect(await told((done) => store.ids(done))).toEqual([]);
    const cookie = { originalMaxAge: HOUR, expires: inAnHour(), httpOnly: true, path: "/" };
    for (const id of ["a", "b"]) {
      await told((done) => store.set(id, { cookie, user: `user of ${id}` }, done));
    }
    const all = await told((done) => store.all(done));
    expect(all.sort((one: Any, other: Any) => one.id < other.id ? -1 : 1)).toEqual([
      { cookie, user: "user of a", id: "a" },
      { cookie, user: "user of b", id: "b" },
    ]);
    expect((await told((done) => store.ids(done))).sort()).toEqual(["a", "b"]);
    expect((await store.ids()).sort()).toEqual(["a", "b"]);
    await told((done) => store.clear(done));
    expect(await told((done) => store.ids(done))).toEqual([]);
  });

  test("an id is no part of what is stored, and says which session it is whatever the data say", async () => {
    const store: Any = toExpressStore(memoryStore());
    await told((done) => store.set("a", { cookie: {}, id: "of the data" }, done));
    expect((await told((done) => store.all(done)))[0].id).toBe("a");
    expect((await told((done) => store.get("a", done))).id).toBe("of the data");
  });

  test("MemoryStore gives an object of sessions by id, as express-session's does, and has no ids()", async () => {
    const found = [];
    for (const library of [theirs, ours]) {
      const store: Any = new library.MemoryStore();
      expect("ids" in store).toBe(false);
      await told((done) => store.set("a", { cookie: { path: "/" }, user: "ada" }, done));
      found.push(await told((done) => store.all(done)));
    }
    expect({ ...found[1] }).toEqual({ ...found[0] });
    expect({ ...found[1] }).toEqual({ a: { cookie: { path: "/" }, user: "ada" } });
  });
});

test("one that cannot be iterated has neither", () => {
  const store: Any = toExpressStore(methodsOf(memoryStore()));
  expect(["all", "ids", "length", "clear"].filter((name) => name in store)).toEqual([]);
});

describe("the cookie of a record is given as it was written", () => {
  const ends = inAnHour();
  const cookies: Record<string, object> = {
    "without an end": { path: "/" },
    "whose end is null": { path: "/", expires: null },
    "whose end is false": { path: "/", expires: false },
    "whose end is a text": { path: "/", expires: ends },
    "whose end is a number": { path: "/", expires: Date.parse(ends) },
    "with a lifetime and no end": { originalMaxAge: HOUR, path: "/" },
  };

  test.each(Object.entries(cookies))("%s", async (_kind, cookie) => {
    const native = memoryStore();
    const store: Any = toExpressStore(native);
    const memory: MemoryStore = new ours.MemoryStore();
    for (const each of [store, memory]) {
      await told((done) => each.set("a", { cookie, user: "ada" }, done));
      expect(await told((done) => each.get("a", done))).toEqual({ cookie, user: "ada" });
    }
    expect(await told((done) => store.all(done))).toEqual([{ cookie, user: "ada", id: "a" }]);
  });

  test("where the store has an end of its own, too: that one is no cookie's", async () => {
    const native = memoryStore();
    const store: Any = toExpressStore(limited(native));
    await told((done) => store.set("a", { cookie: { path: "/" } }, done));
    expect(await told((done) => store.get("a", done))).toEqual({ cookie: { path: "/" } });
    const app = makeApp({ library: ours, options: { store, genid: () => "a" } });
    const { cookie } = await app.play((req, res) => {
      req.session.user = "ada";
      res.end();
    });
    native.destroy("a");
    native.create("a", { json: '{"cookie":{"path":"/"},"user":"ada"}', expires: null });
    const { body } = await app.play(tell, cookie);
    expect(JSON.parse(body)).toMatchObject({ user: "ada", cookie: { expires: null } });
  });

  test("a number is an end: once it is past there is no session", async () => {
    for (const store of [toExpressStore(memoryStore()), new ours.MemoryStore()] as Any[]) {
      for (const [expires, n] of [[Date.now() - 1, undefined], [Date.now() + HOUR, 1]]) {
        await told((done) => store.set("a", { cookie: { expires }, n: 1 }, done));
        expect((await told((done) => store.get("a", done)))?.n).toBe(n);
      }
    }
  });

  test("an end that was moved is told: touch() counts", async () => {
    const native = memoryStore();
    const store: Any = toExpressStore(native);
    await told((done) => store.set("a", { cookie: { expires: ends } }, done));
    const later = Date.parse(ends) + HOUR;
    native.touch("a", later);
    const found = await told((done) => store.get("a", done));
    expect(found.cookie.expires).toBe(new Date(later).toISOString());
  });
});
