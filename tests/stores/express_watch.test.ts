/** An application's own calls of its store: everything passes through as it was given, and as it was answered. */
import { describe, expect, test, vi } from "vitest";
import { fromExpressStore } from "../../src/stores/express.ts";
import { type Any, begin, heldStore, ID, quiet, recordOf } from "./express_held_store.ts";

/** A store that notes what it is called with, and answers as it is told. */
function noting(answer: unknown[] = [null]) {
  const seen: unknown[][] = [];
  const note = (...args: Any[]) => {
    seen.push(args.filter((arg) => typeof arg !== "function"));
    const done = args.at(-1);
    if (typeof done === "function") done(...answer);
    return "returned";
  };
  const store: Any = { get: note, set: note, touch: note, destroy: note };
  fromExpressStore(store);
  return { store, seen };
}
const answers = () => {
  const heard: unknown[][] = [];
  return { heard, hear: (...args: unknown[]) => (heard.push(args), "answered") };
};

describe("get()", () => {
  test("passes every argument and every answer through", () => {
    const session = { cookie: {} };
    const { store, seen } = noting([null, session, "more"]);
    const { heard, hear } = answers();
    expect(store.get("id", "option", hear)).toBe("returned");
    expect([seen, heard]).toEqual([[["id", "option"]], [[null, session, "more"]]]);
  });

  test("passes an error through with all that comes with it", () => {
    const error = new Error("no");
    const { store } = noting([error, "found", "more"]);
    const { heard, hear } = answers();
    store.get("id", hear);
    expect(heard).toEqual([[error, "found", "more"]]);
  });

  test("… whatever has become of the session meanwhile", () => {
    const error = new Error("no");
    const { heard, hear } = answers();
    let answer: Any;
    const store: Any = {
      get: (_id: string, done: Any) => answer = done,
      set: (_id: string, _session: Any, done: Any) => done(null),
      destroy: (_id: string, done: Any) => done(null),
    };
    fromExpressStore(store);
    store.get("id", hear);
    store.destroy("id", () => {});
    answer(error, "found");
    expect(heard).toEqual([[error, "found"]]);
  });

  test("passes an answer through that says nothing", () => {
    const { store } = noting([null]);
    const { heard, hear } = answers();
    store.get("id", hear);
    expect(heard[0]).toHaveLength(1);
  });

  test("with more arguments is watched like any other", () => {
    const { heard, hear } = answers();
    let answer: Any;
    const store: Any = {
      get: (_id: string, _option: string, done: Any) => answer = done,
      set: (_id: string, _session: Any, done: Any) => done(null),
      destroy: (_id: string, done: Any) => done(null),
    };
    fromExpressStore(store);
    store.get("id", "option", hear);
    store.destroy("id", () => {});
    answer(null, { cookie: {} }, "more");
    expect(heard).toEqual([[null, undefined, "more"]]);
  });

  test("finds what another process has begun anew, and nothing older", async () => {
    const scene = await begin();
    const found: Any[] = [];
    const get = () => scene.store.get(ID, (_error: unknown, session: Any) => found.push(session));
    const gate = scene.hold("get", "answer");
    get();
    await gate.arrived;
    await scene.wrapper.destroy(ID);
    scene.texts.set(ID, recordOf({ user: "bob" }).json);
    get();
    await quiet();
    expect(found).toMatchObject([{ user: "bob" }]);
    expect(await scene.read()).toEqual({ user: "bob" });
    gate.release();
    await quiet();
    expect(found.slice(1)).toEqual([undefined]);
  });

  test("is the store's own affair where it names no session, or nobody is to be told", () => {
    const { store, seen } = noting([null, undefined]);
    const { heard, hear } = answers();
    for (const args of [[5, hear], [undefined, hear], ["id"], [], [hear]]) store.get(...args);
    expect(seen).toEqual([[5], [undefined], ["id"], [], []]);
    expect(heard).toEqual([[null, undefined], [null, undefined], [null, undefined]]);
  });

  test("finds nothing of what has ended while the store was looking", async () => {
    const scene = await begin();
    const gate = scene.hold("get", "answer");
    let found: unknown = "nothing yet";
    scene.store.get(ID, (_error: unknown, session: unknown) => found = session);
    await gate.arrived;
    await scene.wrapper.destroy(ID);
    gate.release();
    await quiet();
    expect(found).toBeUndefined();
    // Somebody is ending it just now.
    await scene.wrapper.create(ID, recordOf({ user: "bob" }));
    const ending = scene.hold("destroy");
    const destroyed = scene.wrapper.destroy(ID);
    await ending.arrived;
    found = "nothing yet";
    scene.store.get(ID, (_error: unknown, session: unknown) => found = session);
    await quiet();
    expect(found).toBeUndefined();
    ending.release();
    await destroyed;
  });
});

describe("set(), touch() and destroy()", () => {
  test("pass every argument and every answer through", () => {
    const session = { cookie: {} };
    const { store, seen } = noting([null, "more"]);
    const { heard, hear } = answers();
    expect(store.set("id", session, "option", hear)).toBe("returned");
    expect(store.touch("id", session, hear)).toBe("returned");
    expect(store.destroy("id", hear)).toBe("returned");
    expect(seen).toEqual([["id", session, "option"], ["id", session], ["id"]]);
    expect(heard).toEqual([[null, "more"], [null, "more"], [null, "more"]]);
  });

  test("are the store's own affair where they name no session, or hand over none", () => {
    const { store, seen } = noting();
    const { heard, hear } = answers();
    store.set(5, { cookie: {} }, hear);
    store.set("id", null, hear);
    store.set("id", "text", hear);
    expect([seen, heard]).toEqual([
      [[5, { cookie: {} }], ["id", null], ["id", "text"]],
      [[null], [null], [null]],
    ]);
  });

  test("are no session's where they name none: nothing of them is in anybody's way", () => {
    const { heard, hear } = answers();
    let answer: Any;
    const store: Any = {
      get() {},
      set: (_id: unknown, _session: Any, done: Any) => answer = done,
      destroy: (_id: unknown, done: Any) => done(null),
    };
    fromExpressStore(store);
    store.set(5, { cookie: {} }, hear);
    store.destroy(5, () => {});
    answer(null);
    expect(heard).toEqual([[null]]);
  });

  test("are each the application's own, also beside one another", async () => {
    const scene = await begin();
    const mark = await scene.version();
    const gate = scene.hold("set");
    const saved = (data: object) => ({ ...JSON.parse(recordOf(data).json), save() {} });
    scene.store.set(ID, saved({ slow: 1 }), () => {});
    await gate.arrived;
    scene.store.set(ID, saved({ quick: 1 }), () => {});
    await quiet();
    const late = await scene.wrapper.commit(ID, recordOf({ late: 1 }), mark);
    expect(late.status).toBe("conflict");
    gate.release();
  });

  test("say what came of it where the store answers at once, by error or by rejection", async () => {
    const error = new Error("no");
    const { store } = noting([error, "more"]);
    const { heard, hear } = answers();
    store.set("id", { cookie: {} }, hear);
    store.destroy("id", hear);
    expect(heard).toEqual([[error, "more"], [error, "more"]]);
    const rejecting: Any = {
      get() {},
      set: () => Promise.reject(error),
      destroy: () => Promise.reject(error),
    };
    fromExpressStore(rejecting);
    heard.length = 0;
    rejecting.set("id", { cookie: {} }, hear);
    await quiet();
    expect(heard).toEqual([[error]]);
  });

  test("pass every answer through that comes later, and whatever the callback throws is thrown", async () => {
    const later: Any = {
      get() {},
      set: (_id: string, _session: Any, done: Any) => void setImmediate(() => done(null, "more")),
      destroy() {},
    };
    fromExpressStore(later);
    const { heard, hear } = answers();
    later.set("id", { cookie: {} }, hear);
    const error = new Error("the callback's own");
    const thrown: (() => void)[] = [];
    const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((act) => {
      thrown.push(act);
    });
    later.set("id", { cookie: {} }, () => {
      throw error;
    });
    await quiet();
    queue.mockRestore();
    expect(heard).toEqual([[null, "more"]]);
    expect(thrown).toHaveLength(1);
    expect(thrown[0]).toThrow(error);
  });

  test("without a callback say by promise that the session has ended meanwhile", async () => {
    let stored!: () => void;
    const store: Any = {
      get() {},
      set: () => new Promise<void>((resolve) => stored = resolve),
      destroy: (_id: string, done?: Any) => done?.(null),
    };
    fromExpressStore(store);
    const setting = store.set("id", { cookie: {} });
    await store.destroy("id");
    stored();
    await expect(setting).rejects.toMatchObject({ code: "SESSION_GONE" });
  });

  test("without a callback answer what the store does, at once or later", async () => {
    const { store } = noting();
    expect([store.set("id", {}), store.touch("id", {}), store.destroy("id")])
      .toEqual(["returned", "returned", "returned"]);
    const later: Any = {
      get() {},
      set: () => Promise.resolve("set"),
      destroy: () => Promise.resolve("destroyed"),
    };
    fromExpressStore(later);
    expect([await later.set("id", {}), await later.destroy("id")]).toEqual(["set", "destroyed"]);
  });
});

test("methods are replaced once, and can be replaced and removed as before", () => {
  const { store } = noting();
  const { get, set } = store;
  fromExpressStore(store);
  expect([store.get, store.set]).toEqual([get, set]);
  store.set = get;
  expect(store.set).toBe(get);
  delete store.set;
  expect("set" in store).toBe(false);
});

describe("a store that cannot touch", () => {
  const end = new Date("2999-01-01T00:00:00.000Z");
  async function untouchable() {
    const held = heldStore();
    delete held.store.touch;
    const wrapper = fromExpressStore(held.store);
    await wrapper.create(ID, recordOf({ user: "anna" }));
    held.calls.length = 0;
    return { ...held, wrapper };
  }

  test("is told nothing beside a change under way, which moves the end as well", async () => {
    const { wrapper, calls, hold } = await untouchable();
    const mark = (await wrapper.read(ID))!.version;
    const gate = hold("set");
    const writing = wrapper.commit(ID, recordOf({ a: 1 }), mark);
    await gate.arrived;
    expect(await wrapper.touch(ID, end.getTime())).toBe(true);
    gate.release();
    expect((await writing).status).toBe("committed");
    expect(calls).toEqual(["get", "set", "get"]);
  });

  test("is told of what others have stored meanwhile, with the end", async () => {
    const { wrapper, texts, hold } = await untouchable();
    const gate = hold("set", "answer");
    const touching = wrapper.touch(ID, end.getTime()) as Promise<boolean>;
    await gate.arrived;
    await wrapper.create(ID, recordOf({ theirs: 1 }));
    gate.release();
    expect(await touching).toBe(true);
    await quiet();
    expect(JSON.parse(texts.get(ID)!)).toMatchObject({
      theirs: 1,
      cookie: { expires: end.toJSON() },
    });
  });

  test("touches nothing that has ended by then", async () => {
    const { wrapper, texts, hold } = await untouchable();
    const gate = hold("set");
    const touching = wrapper.touch(ID, end.getTime()) as Promise<boolean>;
    await gate.arrived;
    await wrapper.destroy(ID);
    gate.release();
    expect(await touching).toBe(false);
    expect(texts.has(ID)).toBe(false);
  });

  test("touches what has no cookie, too", async () => {
    const { wrapper, texts } = await untouchable();
    texts.set(ID, '{"a":1}');
    expect(await wrapper.touch(ID, end.getTime())).toBe(true);
    expect(JSON.parse(texts.get(ID)!)).toEqual({ a: 1 });
  });
});
