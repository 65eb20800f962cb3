/** What the wrapper makes of a callback store's answers, where nothing else is under way. */
import { describe, expect, test } from "vitest";
import { wrapperOf } from "../../src/stores/express/callback_store.ts";
import { type Any, dataOf, ID, recordOf } from "./express_held_store.ts";

/** A store that answers at once, and fails where it is told to. */
function world({ touches = true }: { touches?: boolean } = {}) {
  const texts = new Map<string, string>();
  const calls: string[] = [];
  let failure: unknown;
  const run = (verb: string, id: string, effect: () => unknown, done: Any) => {
    calls.push(`${verb} ${id}`);
    if (failure === undefined) return done?.(null, effect());
    const error = failure;
    failure = undefined;
    done?.(error);
  };
  const store: Any = {
    get: (id: string, done: Any) =>
      run("get", id, () => texts.has(id) ? JSON.parse(texts.get(id)!) : undefined, done),
    set: (id: string, session: Any, done: Any) =>
      run("set", id, () => void texts.set(id, JSON.stringify(session)), done),
    destroy: (id: string, done: Any) => run("destroy", id, () => void texts.delete(id), done),
    touch: (id: string, session: Any, done: Any) =>
      run("touch", id, () => {
        const { cookie, ...data } = JSON.parse(texts.get(id)!);
        texts.set(id, JSON.stringify({ cookie: { ...cookie, ...session.cookie }, ...data }));
      }, done),
  };
  if (!touches) delete store.touch;
  const wrapper = wrapperOf(store);
  return {
    store,
    wrapper,
    texts,
    calls,
    fail: (error: unknown) => void (failure = error),
    stored: (id = ID) => dataOf(texts.get(id)),
    endOf: (id = ID) => JSON.parse(texts.get(id)!).cookie.expires,
    version: async () => (await wrapper.read(ID))!.version,
  };
}

describe("what is no store", () => {
  const whole = { get() {}, set() {}, destroy() {} };

  test.each(["get", "set", "destroy"])("is refused by the verb it lacks: %s", (verb) => {
    expect(() => wrapperOf({ ...whole, [verb]: 5 } as Any)).toThrow(
      new TypeError(`A store must have a method "${verb}", not a value of type number`),
    );
  });

  test("is refused, be it nothing", () => {
    for (const nothing of [undefined, {}]) {
      expect(() => wrapperOf(nothing as Any)).toThrow(
        new TypeError('A store must have a method "get", not undefined'),
      );
    }
    expect(() => wrapperOf(whole)).not.toThrow();
  });
});

test("a store has one wrapper, which says that it cannot compare and swap", () => {
  const { store, wrapper } = world();
  expect([wrapperOf(store), wrapper.atomic]).toEqual([wrapper, false]);
});

describe("read()", () => {
  test("finds what stands there, be it an empty answer", async () => {
    const { wrapper, store } = world();
    expect(await wrapper.read(ID)).toBeUndefined();
    store.get = (_id: string, done: Any) => done(null, null);
    expect(await wrapper.read(ID)).toBeUndefined();
    store.get = (_id: string, done: Any) => done(null, { cookie: {}, a: 1 });
    expect(await wrapper.read(ID)).toMatchObject({ session: { cookie: {}, a: 1 }, expires: null });
  });

  test("a file that is not there is no session", async () => {
    const { wrapper, fail } = world();
    fail(Object.assign(new Error("no such file"), { code: "ENOENT" }));
    expect(await wrapper.read(ID)).toBeUndefined();
  });

  test("what the store cannot parse is a record that is no session", async () => {
    const { wrapper, fail } = world();
    fail(new SyntaxError("unexpected token"));
    expect(await wrapper.read(ID)).toMatchObject({ json: "{}", expires: null });
  });

  test.each([[new Error("down")], ["down"], [5]])("any other failure is one: %s", async (error) => {
    const { wrapper, fail } = world();
    fail(error);
    await expect((async () => await wrapper.read(ID))()).rejects.toBe(error);
  });

  test("with a clock, what has ended is not found: from its last millisecond on", async () => {
    const { wrapper } = world();
    const record = recordOf({ a: 1 });
    await wrapper.create(ID, record);
    expect(await wrapper.read(ID)).toBeDefined();
    for (const [ms, isFound] of [[-1, true], [0, false], [1, false]] as const) {
      wrapper.now = () => record.expires + ms;
      expect([ms, await wrapper.read(ID) !== undefined]).toEqual([ms, isFound]);
    }
    await wrapper.create("endless", { json: '{"cookie":{}}', expires: null });
    expect(await wrapper.read("endless")).toBeDefined();
  });
});

describe("create() and commit()", () => {
  test("store a record without an object, and one with an object as that", async () => {
    const { wrapper, store, stored } = world();
    const given: Any[] = [];
    const { set } = store;
    store.set = (...args: Any[]) => (given.push(args[1]), set(...args));
    expect(await wrapper.create(ID, recordOf({ a: 1 }))).toBe(true);
    const session = { cookie: {}, a: 2 };
    await wrapper.commit(
      ID,
      { json: JSON.stringify(session), expires: null, session },
      await (await wrapper.read(ID))!.version,
    );
    expect([given.length, given[1], stored()]).toEqual([2, session, { a: 2 }]);
  });

  test("whoever created a record changes it without having read it, and nobody else does", async () => {
    const { wrapper, stored, calls } = world();
    const session = { cookie: {}, a: 1 };
    const record = { json: JSON.stringify(session), expires: null, session };
    await wrapper.create(ID, record);
    const changed = { ...record, json: '{"cookie":{},"a":2}', session: undefined };
    const mine = { ...changed, owner: session } as Any;
    expect(await wrapper.commit(ID, mine, undefined)).toMatchObject({ status: "committed" });
    expect([stored(), calls]).toEqual([{ a: 2 }, [`set ${ID}`, `set ${ID}`]]);
    // Not under another id, and not without the object it was made of.
    expect(await wrapper.commit("other", mine, undefined)).toEqual({ status: "gone" });
    expect(await wrapper.commit(ID, changed, undefined)).toMatchObject({
      status: "conflict",
      current: { json: mine.json },
    });
    expect(stored()).toEqual({ a: 2 });
  });

  test("a version that others have overtaken is a conflict, one of what has ended is gone", async () => {
    const { wrapper, version, stored } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    const first = await version();
    expect(await wrapper.commit(ID, recordOf({ a: 2 }), first)).toMatchObject({
      status: "committed",
    });
    const late = await wrapper.commit(ID, recordOf({ a: 3 }), first) as Any;
    expect([late.status, dataOf(late.current.json), stored()])
      .toEqual(["conflict", { a: 2 }, { a: 2 }]);
    const second = await version();
    await wrapper.destroy(ID);
    expect(await wrapper.commit(ID, recordOf({ a: 4 }), second)).toEqual({ status: "gone" });
    expect([wrapper.isGone(ID, second), wrapper.isGone(ID, undefined), stored()])
      .toEqual([true, false, undefined]);
  });
});

describe("touch()", () => {
  const end = new Date("2999-01-01T00:00:00.000Z");

  test("hands over the session it is given, and reads nothing", async () => {
    const { wrapper, calls, endOf } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    const session = { cookie: { expires: end }, a: 1 };
    expect(await wrapper.touch(ID, end.getTime(), session)).toBe(true);
    expect([calls, endOf()]).toEqual([[`set ${ID}`, `touch ${ID}`], end.toJSON()]);
  });

  test.each([[true], [false]])(
    "without a session reads it, and gives it its end; the store touches: %j",
    async (touches) => {
      const { wrapper, calls, endOf, stored } = world({ touches });
      await wrapper.create(ID, recordOf({ a: 1 }));
      expect(await wrapper.touch(ID, end.getTime())).toBe(true);
      const verb = touches ? "touch" : "set";
      expect([calls, endOf(), stored()]).toEqual([
        [`set ${ID}`, `get ${ID}`, `${verb} ${ID}`],
        end.toJSON(),
        { a: 1 },
      ]);
      expect(await wrapper.touch(ID, null)).toBe(true);
      expect(endOf()).toBeNull();
    },
  );

  test("a store that cannot touch is told all again, whoever hands over the session", async () => {
    const { wrapper, endOf } = world({ touches: false });
    await wrapper.create(ID, recordOf({ a: 1 }));
    expect(await wrapper.touch(ID, end.getTime(), { cookie: {} })).toBe(true);
    expect(endOf()).toBe(end.toJSON());
  });

  test.each([[true], [false]])("of what is not there does nothing", async (touches) => {
    const { wrapper, calls } = world({ touches });
    expect(await wrapper.touch(ID, null)).toBe(false);
    expect(calls).toEqual([`get ${ID}`]);
  });

  test("of what has ended does not reach the store", async () => {
    const { wrapper, calls } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    await wrapper.destroy(ID);
    calls.length = 0;
    expect(await wrapper.touch(ID, null, { cookie: {} })).toBe(false);
    expect(calls).toEqual([]);
  });

  test("beside a change by others, where the store cannot touch, is of what they have stored", async () => {
    const { wrapper, store, stored, endOf } = world({ touches: false });
    await wrapper.create(ID, recordOf({ a: 1 }));
    const { get } = store;
    let reads = 0;
    store.get = (id: string, done: Any) =>
      get(id, (error: Any, session: Any) => {
        if (reads++ > 0) return done(error, session);
        // Between the read and what is told again.
        void wrapper.create(ID, recordOf({ a: 2 }));
        done(error, session);
      });
    expect(await wrapper.touch(ID, end.getTime())).toBe(true);
    expect([stored(), endOf()]).toEqual([{ a: 2 }, end.toJSON()]);
  });
});

describe("rotate()", () => {
  test("stores under the new id, and then ends the old one", async () => {
    const { wrapper, calls, version, stored } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    const mark = await version();
    calls.length = 0;
    const moved = await wrapper.rotate(ID, "new", recordOf({ a: 2 }), mark);
    expect([moved.status, calls]).toEqual(["committed", ["set new", `destroy ${ID}`]]);
    expect([stored(), stored("new")]).toEqual([undefined, { a: 2 }]);
    calls.length = 0;
    expect(await wrapper.rotate(ID, "newer", recordOf({ a: 3 }), mark)).toEqual({ status: "gone" });
    expect(calls).toEqual([]);
  });

  test("of what has ended is gone, also where another process has begun it anew", async () => {
    const { wrapper, texts, version } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    const mark = await version();
    await wrapper.destroy(ID);
    texts.set(ID, recordOf({ user: "bob" }).json);
    expect(await wrapper.rotate(ID, "new", recordOf({ a: 2 }), mark)).toEqual({ status: "gone" });
    expect(texts.has("new")).toBe(false);
  });

  test("without a version, or with one that is overtaken, moves nothing", async () => {
    const { wrapper, version, stored, calls } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    const mark = await version();
    await wrapper.commit(ID, recordOf({ a: 2 }), mark);
    calls.length = 0;
    for (const old of [mark, undefined]) {
      const moved = await wrapper.rotate(ID, "new", recordOf({ a: 3 }), old) as Any;
      expect([moved.status, dataOf(moved.current.json)]).toEqual(["conflict", { a: 2 }]);
    }
    expect([stored(), calls]).toEqual([{ a: 2 }, []]);
  });

  test("where the new record cannot be stored leaves none, and the old one", async () => {
    const { wrapper, fail, version, calls, stored } = world();
    await wrapper.create(ID, recordOf({ a: 1 }));
    const mark = await version();
    calls.length = 0;
    const error = new Error("full");
    fail(error);
    await expect((async () => await wrapper.rotate(ID, "new", recordOf({ a: 2 }), mark))())
      .rejects.toBe(error);
    expect([calls, stored()]).toEqual([["set new", "destroy new"], { a: 1 }]);
    expect(wrapper.isGone(ID, mark)).toBe(false);
  });
});
