/** An application's own calls of its store: everything passes through as it was given, and as it was answered. */
import { describe, expect, test } from "vitest";
import { fromExpressStore } from "../../src/stores/express.ts";
import { type Any, begin, ID, quiet, recordOf } from "./express_held_store.ts";

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
    const scene = await begin();
    const { touch: _, ...store } = scene.store;
    const wrapper = fromExpressStore(store);
    scene.calls.length = 0;
    return { ...scene, wrapper };
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

  test("touches what has no cookie, too", async () => {
    const { wrapper, texts } = await untouchable();
    texts.set(ID, '{"a":1}');
    expect(await wrapper.touch(ID, end.getTime())).toBe(true);
    expect(JSON.parse(texts.get(ID)!)).toEqual({ a: 1 });
  });
});
