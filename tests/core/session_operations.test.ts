/** Logins, rotations and single values, on a session at hand. */
import { describe, expect, test, vi } from "vitest";
import {
  checkUpdateFunction,
  elevate,
  flash,
  login,
  rotate,
  takeFrom,
} from "../../src/core/session_operations.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { makeManager } from "./manager_support.ts";

test("takeFrom() hands a value over once, and only an own one", () => {
  const data = { state: 0 };
  expect([takeFrom(data, "state"), takeFrom(data, "state"), takeFrom(data, "toString")]).toEqual([
    0,
    undefined,
    undefined,
  ]);
});

test.each<[boolean | string[], object]>([
  [true, { a: 1, b: 2 }],
  [false, {}],
  [["b", "nothing"], { b: 2 }],
])("S39 rotate() keeps %j, and the old id is dead", async (keep, kept) => {
  const { begin, open, stored } = makeManager();
  await begin("old", { a: 1, b: 2 }).save();
  const visit = await open("old");
  await rotate(visit, keep);
  expect([visit.session["id"], stored("old"), stored("drawn")]).toEqual(["drawn", undefined, kept]);
});

test("S39 login() moves the session, and notes who came", async () => {
  const { begin, open, store } = makeManager();
  await begin("old", { cart: 1 }).save();
  await login(await open("old"), "ada", { keep: true });
  expect(store.list("ada")).toEqual(["drawn"]);
  expect(store.read("old")).toBeUndefined();
});

test("S39 a login the store refused logs nobody in under the old id", async () => {
  const { begin, open, store, stored } = makeManager();
  await begin("old", { cart: 1 }).save();
  const visit = await open("old");
  store.rotate = () => {
    throw new Error("down");
  };
  await expect((async () => await login(visit, "ada", { keep: true }))()).rejects.toThrow();
  visit.session["later"] = 2;
  await visit.save();
  expect(store.list("ada")).toEqual([]);
  expect(stored("old")).toEqual({ cart: 1, later: 2 });
});

test.each([[""], [undefined], [5], [{ id: 1 }]])("login() refuses the subject %j", (subject) => {
  const visit = makeManager().begin("id");
  expect(() => login(visit, subject as string, { keep: true })).toThrow(TypeError);
});

test.each([[""], [undefined], [5]])("login() says what is wrong with the subject %j", (subject) => {
  expect(() => login(makeManager().begin("id"), subject as string, {}))
    .toThrow("login() needs a subject: a non-empty string, not ");
});

test.each([[undefined], ["a text"], [null]])(
  "update() refuses %j, which is no function",
  (change) => {
    expect(() => checkUpdateFunction(change)).toThrow("update() needs a function, not ");
    expect(() => checkUpdateFunction(() => {})).not.toThrow();
  },
);

test("flash() refuses a message that is no text, and leaves none", () => {
  const state = new SessionState();
  expect(() => flash(state, "info", 5 as never)).toThrow(
    "flash() needs a message that is a string, not ",
  );
  expect(flash(state, "info", undefined)).toEqual([]);
  expect(flash(state, "info", "text")).toBeUndefined();
  expect(flash(state, "info", undefined)).toEqual(["text"]);
});

test.each<[string, string | undefined, object]>([
  ["nobody before: all is kept", undefined, { cart: 1 }],
  ["the same subject once more: all is kept", "ada", { cart: 1 }],
  ["another subject: nothing is", "bob", {}],
])("login() without a word about what is kept; %s", async (_rule, before, kept) => {
  const { begin, open, stored } = makeManager();
  const first = begin("old", { cart: 1 });
  if (before !== undefined) first.state.notes = { subject: before };
  await first.save();
  await login(await open("old"), "ada", {});
  expect(stored("drawn")).toMatchObject({ ...kept, $websession: { subject: "ada" } });
  expect(Object.keys(stored("drawn")!)).toEqual([...Object.keys(kept), "$websession"]);
});

test("a session that is not stored is moved where it is, with what is kept", async () => {
  const { begin, store } = makeManager();
  const visit = begin("new", { a: 1, b: 2 });
  await rotate(visit, ["b"]);
  expect([visit.session["id"], Object.keys(visit.session)]).toEqual(["drawn", ["cookie", "b"]]);
  expect(store.length()).toBe(0);
  // Moved once, it is not stored under the id it has now either.
  await rotate({ ...visit, drawId: () => "again" }, true);
  expect([visit.session["id"], store.length()]).toEqual(["again", 0]);
});

describe("a login that was sent twice", () => {
  test("has a session of its own beside the first, with the data both began with", async () => {
    const { begin, open, stored } = makeManager();
    await begin("old", { cart: 1 }).save();
    const [one, other] = [await open("old"), await open("old")];
    await login({ ...one, drawId: () => "one" }, "ada", {});
    await login({ ...other, drawId: () => "other" }, "ada", {});
    expect([other.session["id"], other.session["cart"], other.state.storedId])
      .toEqual(["other", 1, "other"]);
    expect(stored("one")).toMatchObject({ cart: 1, $websession: { subject: "ada" } });
    expect(stored("other")).toMatchObject({ cart: 1, $websession: { subject: "ada" } });
  });

  test("has them as they are by now: what was taken or spent meanwhile does not come again", async () => {
    const { begin, open, stored } = makeManager();
    await begin("old", { cart: 1, coupon: "C", balance: 100 }).save();
    const [one, other] = [await open("old"), await open("old")];
    other.session["note"] = "own";
    await login({ ...one, drawId: () => "one" }, "ada", {});
    delete one.session["coupon"];
    one.session["balance"] = 60;
    await one.save();
    await login({ ...other, drawId: () => "other" }, "ada", {});
    expect(other.session).toMatchObject({ cart: 1, balance: 60, note: "own" });
    expect(Object.hasOwn(other.session, "coupon")).toBe(false);
    expect(stored("other")).toMatchObject({ cart: 1, balance: 60, note: "own" });
    expect(Object.hasOwn(stored("other")!, "coupon")).toBe(false);
  });

  test("has nothing of them where somebody else has logged in meanwhile", async () => {
    const { begin, open, stored } = makeManager();
    await begin("old", { cart: 1 }).save();
    await login({ ...await open("old"), drawId: () => "ada's" }, "ada", {});
    const [one, other] = [await open("ada's"), await open("ada's")];
    await login({ ...one, drawId: () => "bob's" }, "bob", {});
    await login({ ...other, drawId: () => "other" }, "ada", {});
    expect(stored("other")).toMatchObject({ $websession: { subject: "ada" } });
    expect(Object.hasOwn(stored("other")!, "cart")).toBe(false);
  });

  test("keeps nothing of a session that was somebody else's when it came", async () => {
    const { begin, open, stored } = makeManager();
    await begin("old", { cart: 1 }).save();
    await login({ ...await open("old"), drawId: () => "ada's" }, "ada", {});
    const [one, other] = [await open("ada's"), await open("ada's")];
    await login({ ...one, drawId: () => "one" }, "bob", { keep: ["cart"] });
    await login({ ...other, drawId: () => "other" }, "bob", {});
    expect(stored("one")).toMatchObject({ cart: 1 });
    expect(Object.hasOwn(stored("other")!, "cart")).toBe(false);
  });

  test("that failed can be tried again, and leads nobody to what it has not become", async () => {
    const { begin, open, store } = makeManager();
    await begin("old", { cart: 1 }).save();
    const [one, other] = [await open("old"), await open("old")];
    await login({ ...one, drawId: () => "one" }, "ada", {});
    const { read } = store;
    const attempts = ["other", "again"].map((id) => async () => {
      await login({ ...other, drawId: () => id }, "ada", {});
    });
    let reads = 0;
    store.read = (id) => {
      if (++reads === 2) throw new Error("down");
      return read.call(store, id);
    };
    await expect(attempts[0]!()).rejects.toMatchObject({ code: "STORE_FAILED" });
    expect([other.session["id"], other.state.storedId, other.state.subject])
      .toEqual(["old", "old", undefined]);
    await attempts[1]!();
    expect(store.ids()).toEqual(["one", "again"]);
  });

  test("is refused as an elevate() where somebody else has logged in meanwhile", async () => {
    const { begin, open, store } = makeManager();
    await begin("old", { cart: 1 }).save();
    await login({ ...await open("old"), drawId: () => "ada's" }, "ada", {});
    const [one, other] = [await open("ada's"), await open("ada's")];
    await login({ ...one, drawId: () => "bob's" }, "bob", {});
    await expect((async () => await elevate({ ...other, drawId: () => "other" }))())
      .rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(store.ids()).toEqual(["bob's"]);
  });

  test.each(["one", "other", "old"])("is ended with the first by a logout of %s", async (id) => {
    const { begin, open, manager, store } = makeManager();
    await begin("old", { cart: 1 }).save();
    const [one, other] = [await open("old"), await open("old")];
    await login({ ...one, drawId: () => "one" }, "ada", {});
    await login({ ...other, drawId: () => "other" }, "ada", {});
    await manager.end(undefined, id);
    expect(store.ids()).toEqual([]);
    // What its request stores at its end comes too late.
    other.session["late"] = true;
    await expect((async () => await other.save())()).rejects.toMatchObject({
      code: "SESSION_GONE",
    });
    expect(store.ids()).toEqual([]);
  });

  test.each(["one", "other"])(
    "is ended with the first wherever %s has moved since",
    async (mover) => {
      for (const logout of ["one", "other"]) {
        const { begin, open, manager, store } = makeManager();
        await begin("old", { cart: 1 }).save();
        const [one, other] = [await open("old"), await open("old")];
        await login({ ...one, drawId: () => "one" }, "ada", {});
        await login({ ...other, drawId: () => "other" }, "ada", {});
        for (let moves = 1; moves <= 3; moves++) {
          const from = store.ids().find((id) => id.startsWith(mover))!;
          const operand = { ...await open(from), drawId: () => `${mover}${moves}` };
          await (moves === 2 ? rotate(operand, true) : elevate(operand));
        }
        await manager.end(undefined, store.ids().filter((id) => id.startsWith(logout)).at(-1)!);
        expect(store.ids()).toEqual([]);
      }
    },
  );

  test.each<[string, (world: any) => unknown]>([
    ["the first is logged out", ({ manager }) => manager.end(undefined, "one")],
    ["the subject is revoked", ({ store }) => store.destroyAll("ada")],
  ])("is refused where %s while it is being stored", async (_what, end) => {
    const world = makeManager();
    const { begin, open, store } = world;
    await begin("old", { cart: 1 }).save();
    const [one, other] = [await open("old"), await open("old")];
    await login({ ...one, drawId: () => "one" }, "ada", {});
    const { create } = store;
    let ended: unknown;
    store.create = (id, record) => {
      ended = end(world);
      return create.call(store, id, record);
    };
    const late = (async () => await login({ ...other, drawId: () => "other" }, "ada", {}))();
    await expect(late).rejects.toMatchObject({ code: "SESSION_GONE" });
    await ended;
    expect(store.ids()).toEqual([]);
  });

  test("fails where the store does, though the first has moved the session", async () => {
    const { begin, open, store } = makeManager();
    await begin("old", { cart: 1 }).save();
    const [one, other] = [await open("old"), await open("old")];
    await login({ ...one, drawId: () => "one" }, "ada", {});
    store.rotate = () => {
      throw new Error("down");
    };
    await expect((async () => await login({ ...other, drawId: () => "other" }, "ada", {}))())
      .rejects.toMatchObject({ code: "STORE_FAILED" });
    expect(other.session["id"]).toBe("old");
  });

  test("is refused where the session has ended, not moved", async () => {
    const { begin, open, manager, store } = makeManager();
    await begin("old", { cart: 1 }).save();
    const visit = await open("old");
    await manager.destroy(undefined, "old");
    await expect((async () => await login(visit, "ada", {}))()).rejects.toMatchObject({
      code: "SESSION_GONE",
    });
    expect([visit.session["id"], store.length()]).toEqual(["old", 0]);
  });
});

test("login() notes the label it is given, and refuses one that is no text", async () => {
  const { begin, open, stored } = makeManager();
  await begin("old").save();
  const visit = await open("old");
  expect(() => login(visit, "ada", { label: 5 as never }))
    .toThrow("login() needs a label that is a string, not ");
  await login(visit, "ada", { label: "Laptop" });
  expect(stored("drawn")).toMatchObject({ $websession: { subject: "ada", label: "Laptop" } });
  await login({ ...visit, drawId: () => "unnamed" }, "ada", {});
  expect(stored("unnamed")).toMatchObject({ $websession: { subject: "ada", label: "Laptop" } });
});

test("a session that is moved begins its lifetime again, with what others stored meanwhile", async () => {
  vi.useFakeTimers();
  try {
    const { begin, open, store, stored } = makeManager();
    const first = begin("old", { a: 1 });
    (first.session["cookie"] as { maxAge: number }).maxAge = 60_000;
    await first.save();
    const [visit, other] = [await open("old"), await open("old")];
    other.session["theirs"] = 1;
    await other.save();
    vi.advanceTimersByTime(30_000);
    await rotate(visit, true);
    expect(stored("drawn")).toEqual({ a: 1, theirs: 1 });
    expect(store.read("drawn")!.expires).toBe(Date.now() + 60_000);
  } finally {
    vi.useRealTimers();
  }
});

test("nobody can prove once more who he is before he has said so", () => {
  expect(() => elevate(makeManager().begin("id"))).toThrow(
    expect.objectContaining({
      code: "SESSION_ANONYMOUS",
      message: "elevate() needs a session that somebody logged in to",
    }),
  );
});

test("a login waits for a call of its request that stores the session just now", async () => {
  const { begin, store, stored } = makeManager();
  const visit = begin("new", { cart: 1 });
  const { create } = store;
  let go!: () => void;
  const gone = new Promise<void>((resolve) => go = resolve);
  store.create = (async (...args: Parameters<typeof create>) => {
    await gone;
    return create.apply(store, args);
  }) as never;
  const saved = visit.save();
  const done = login(visit, "ada", {});
  go();
  await Promise.all([saved, done]);
  expect([stored("new"), stored("drawn")]).toEqual([
    undefined,
    { cart: 1, $websession: expect.objectContaining({ subject: "ada" }) },
  ]);
});

test("a session that has begun anew under another id is moved where it is, and the stored one stays", async () => {
  const { begin, open, stored } = makeManager();
  await begin("old", { a: 1 }).save();
  const visit = await open("old");
  visit.setId("anew");
  await rotate(visit, true);
  expect([visit.session["id"], stored("old"), stored("drawn")]).toEqual([
    "drawn",
    { a: 1 },
    undefined,
  ]);
});

test("a session whose handler has taken its cookie away is moved all the same", async () => {
  const { begin, open, stored } = makeManager();
  await begin("old", { a: 1 }).save();
  const visit = await open("old");
  delete visit.session["cookie"];
  await rotate(visit, true);
  expect([stored("old"), stored("drawn")]).toEqual([undefined, { a: 1 }]);
});
