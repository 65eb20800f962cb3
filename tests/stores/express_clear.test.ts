/** An application's `clear()` of its callback store: nothing that is in flight brings a session back. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fromExpressStore } from "../../src/stores/express.ts";
import { wrapperOf } from "../../src/stores/express/callback_store.ts";
import {
  type Any,
  begin,
  dataOf,
  ID,
  quiet,
  recordOf,
  type Scene,
  told,
} from "./express_held_store.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await begin();
});

afterEach(() => void vi.useRealTimers());

const clear = () => told((done) => scene.store.clear(done));
const get = (id = ID) => told((done) => scene.store.get(id, done));
const read = async (id: string) => dataOf((await scene.wrapper.read(id))?.json);

/** A `clear()` that has begun, and waits before or after it takes effect. */
async function clearing(at: "call" | "answer") {
  const gate = scene.hold("clear", at);
  const done = clear();
  done.catch(() => {});
  await gate.arrived;
  return { done, gate };
}

describe("what is in flight when it is called does not come back", () => {
  test("a request that has read the session, and stores it when all are gone", async () => {
    const mark = await scene.version();
    await clear();
    expect(await scene.write({ late: 1 }, mark)).toBe("gone");
    expect(scene.stored()).toBeUndefined();
  });

  test.each(["call", "answer"] as const)("… or while they are ended: %s", async (at) => {
    const mark = await scene.version();
    const { done, gate } = await clearing(at);
    expect(await scene.write({ late: 1 }, mark)).toBe("gone");
    gate.release();
    await done;
    expect([scene.stored(), await scene.read()]).toEqual([undefined, undefined]);
  });

  test("a commit, a new session and a rotation that the store is storing", async () => {
    const mark = await scene.version();
    await scene.wrapper.create("moves", recordOf({ user: "bob" }));
    const { version } = (await scene.wrapper.read("moves"))!;
    const gates = [scene.hold("set"), scene.hold("set"), scene.hold("set")];
    const writing = Promise.all([
      scene.write({ late: 1 }, mark),
      scene.wrapper.create("new", recordOf({ user: "eve" })),
      scene.wrapper.rotate("moves", "moved", recordOf({ user: "bob" }), version),
    ]);
    for (const { arrived } of gates) await arrived;
    await clear();
    for (const { release } of gates) release();
    expect(await writing).toMatchObject(["gone", true, { status: "gone" }]);
    await quiet();
    expect([...scene.texts.keys()]).toEqual([]);
  });

  test("a visit between the two halves of its touch()", async () => {
    const { visit, gate } = await scene.slowVisit();
    await clear();
    gate.release();
    expect(await visit).toBe(false);
    expect(scene.stored()).toBeUndefined();
  });

  test("the application's own set(), which is told so", async () => {
    const session = Object.assign(Object.create({ save() {} }), await get());
    const gate = scene.hold("set");
    const setting = told((done) => scene.store.set(ID, session, done));
    await gate.arrived;
    await clear();
    gate.release();
    await expect(setting).rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(scene.stored()).toBeUndefined();
  });

  test("a session that nobody knew is not found while it is ended, and not stored again", async () => {
    scene.texts.set("unknown", recordOf({ user: "bob" }).json);
    const { done, gate } = await clearing("call");
    expect([await read("unknown"), await get("unknown")]).toEqual([undefined, undefined]);
    gate.release();
    await done;
    expect([...scene.texts.keys()]).toEqual([]);
  });
});

describe("a session that begins after it was called stays", () => {
  test.each(["call", "answer"] as const)("while the others are ended: %s", async (at) => {
    const { done, gate } = await clearing(at);
    await scene.wrapper.create("new", recordOf({ user: "bob" }));
    const found = (await scene.wrapper.read("new"))!;
    const { status } = await scene.wrapper.commit("new", recordOf({ n: 1 }), found.version);
    expect([status, await read("new")]).toEqual(["committed", { n: 1 }]);
    gate.release();
    await done;
    expect([dataOf(scene.texts.get("new")), await read("new")]).toEqual([{ n: 1 }, { n: 1 }]);
  });

  test("though the store is still storing it when the others have ended", async () => {
    const { done, gate } = await clearing("call");
    const set = scene.hold("set", "answer");
    const creating = scene.wrapper.create("new", recordOf({ user: "bob" }));
    await set.arrived;
    gate.release();
    await done;
    expect(scene.texts.size).toBe(0);
    set.release();
    expect(await creating).toBe(true);
    expect([dataOf(scene.texts.get("new")), await read("new")]).toEqual([
      { user: "bob" },
      { user: "bob" },
    ]);
  });

  test("also one that the application stores itself", async () => {
    const { done, gate } = await clearing("call");
    await told((set) => scene.store.set("new", JSON.parse(recordOf({ n: 1 }).json), set));
    gate.release();
    await done;
    expect(await get("new")).toMatchObject({ n: 1 });
  });

  test("and when it is over, under any id", async () => {
    await clear();
    for (const id of [ID, "new"]) {
      await scene.wrapper.create(id, recordOf({ id }));
      expect(await read(id)).toEqual({ id });
    }
  });

  test("until it is ended itself", async () => {
    const { done, gate } = await clearing("answer");
    await scene.wrapper.create("new", recordOf({ user: "bob" }));
    await told((over) => scene.store.destroy("new", over));
    gate.release();
    await done;
    expect([await read("new"), [...scene.texts.keys()]]).toEqual([undefined, []]);
  });

  test("and is ended by the next one", async () => {
    const first = await clearing("answer");
    await scene.wrapper.create("new", recordOf({ user: "bob" }));
    const { version } = (await scene.wrapper.read("new"))!;
    await clear();
    first.gate.release();
    await first.done;
    const late = await scene.wrapper.commit("new", recordOf({ late: 1 }), version);
    expect([late, [...scene.texts.keys()]]).toEqual([{ status: "gone" }, []]);
  });
});

describe("one that fails", () => {
  test("ends nothing, and its caller is told", async () => {
    const mark = await scene.version();
    const { done, gate } = await clearing("call");
    await scene.wrapper.create("new", recordOf({ user: "bob" }));
    gate.release(new Error("the disk is locked"));
    await expect(done).rejects.toThrow("the disk is locked");
    // Whoever has read a session asks again whether it is there.
    expect(await scene.write({ late: 1 }, mark)).toBe("conflict");
    expect([await scene.read(), await read("new")]).toEqual([{ user: "anna" }, { user: "bob" }]);
    expect(await scene.write({ late: 1 }, await scene.version())).toBe("committed");
  });

  test("after it took effect has ended them", async () => {
    const mark = await scene.version();
    const { done, gate } = await clearing("answer");
    gate.release(new Error("the answer was lost"));
    await expect(done).rejects.toThrow("the answer was lost");
    expect(await scene.write({ late: 1 }, mark)).toBe("gone");
  });

  test("to answer hides no session from then on that others have begun", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const { done, gate } = await clearing("answer");
    vi.advanceTimersByTime(60_001);
    scene.texts.set("others", recordOf({ user: "bob" }).json);
    expect(await read("others")).toEqual({ user: "bob" });
    gate.release();
    await done;
    expect(await read("others")).toEqual({ user: "bob" });
  });

  test("where what crossed it cannot be ended says so", async () => {
    const { visit, gate } = await scene.slowVisit();
    const ending = scene.hold("destroy");
    const done = clear();
    await ending.arrived;
    ending.release(new Error("the disk is locked"));
    await expect(done).rejects.toThrow("the disk is locked");
    gate.release();
    expect(await visit).toBe(false);
    expect(await scene.read()).toBeUndefined();
  });
});

describe("it looks as before", () => {
  const storeWith = (clear: (...args: Any[]) => unknown): Any => {
    const [get, set, destroy] = [() => {}, () => {}, () => {}];
    const store: Any = { get, set, destroy, clear };
    fromExpressStore(store);
    return store;
  };

  test("arguments, answers and `this` pass through", async () => {
    const seen: unknown[] = [];
    const store = storeWith(function (this: unknown, ...args: Any[]) {
      const done = args.pop();
      seen.push(this === store, args);
      done(null, 5, "more");
      return "returned";
    });
    const heard: unknown[] = [];
    expect(store.clear("option", (...answer: unknown[]) => heard.push(answer))).toBe("returned");
    expect([seen, heard]).toEqual([[true, ["option"]], [[null, 5, "more"]]]);
    const promising = storeWith(() => Promise.resolve("all of them"));
    expect(await promising.clear()).toBe("all of them");
    expect(storeWith(() => 5).clear()).toBe(5);
    const refusing = storeWith(() => Promise.reject(new Error("no")));
    await expect(refusing.clear()).rejects.toThrow("no");
  });

  test("a store without one has none", () => {
    const store: Any = { get: () => {}, set: () => {}, destroy: () => {} };
    fromExpressStore(store);
    expect("clear" in store).toBe(false);
  });
});

test("whoever waits for a session's end is told, once the store has answered", async () => {
  const heard: string[] = [];
  wrapperOf(scene.store).direct.heard = (id) => heard.push(id);
  const mark = await scene.version();
  const { done, gate } = await clearing("answer");
  await scene.wrapper.create("new", recordOf({ user: "bob" }));
  expect(heard).toEqual([]);
  gate.release();
  await done;
  expect([heard, await scene.write({}, mark)]).toEqual([[ID], "gone"]);
});
