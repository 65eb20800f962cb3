/** What an application asks of its callback store itself, past the sessions. */
import { beforeEach, describe, expect, test } from "vitest";
import { fromExpressStore, MemoryStore } from "../../src/express/mod.ts";
import { wrapperOf } from "../../src/stores/express/callback_store.ts";
import {
  type Any,
  begin,
  dataOf,
  heldStore,
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

/** A session as applications hold them. */
const withMethods = (session: object): Any => Object.assign(Object.create({ save() {} }), session);
const get = () => told((done) => scene.store.get(ID, done));
const set = (session: Any) => told((done) => scene.store.set(ID, withMethods(session), done));
const destroy = () => told((done) => scene.store.destroy(ID, done));

describe("store.destroy()", () => {
  test("is not undone by a touch() that is under way", async () => {
    const { visit, gate } = await scene.slowVisit();
    await destroy();
    gate.release();
    await visit;
    expect(scene.stored()).toBeUndefined();
    expect(await get()).toBeUndefined();
  });

  test("nor by a touch() that the application called", async () => {
    const session = await get();
    const gate = scene.hold("touch", "between");
    const touching = told((done) => scene.store.touch(ID, session, done));
    await gate.arrived;
    await destroy();
    gate.release();
    await touching;
    expect(scene.stored()).toBeUndefined();
  });

  test("nor by a set() that is under way, and that one is told so", async () => {
    const gate = scene.hold("set");
    const setting = set(await get());
    await gate.arrived;
    await destroy();
    gate.release();
    await expect(setting).rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(scene.stored()).toBeUndefined();
  });

  test("ends the session for requests in flight", async () => {
    const mark = await scene.version();
    await destroy();
    expect(await scene.write({ late: 1 }, mark)).toBe("gone");
    expect(scene.stored()).toBeUndefined();
  });

  test("is told to whoever waits for the session's end, once the store has answered", async () => {
    const heard: string[] = [];
    wrapperOf(scene.store).direct.heard = (id) => heard.push(id);
    const gate = scene.hold("destroy");
    const ending = destroy();
    await gate.arrived;
    expect(heard).toEqual([]);
    gate.release();
    await ending;
    expect(heard).toEqual([ID]);
    // What a visitor ends is told elsewhere, and what is stored ends nothing.
    await set(JSON.parse(recordOf({}).json));
    await scene.wrapper.destroy(ID);
    expect(heard).toEqual([ID]);
  });

  test("without a callback counts as well", async () => {
    const mark = await scene.version();
    expect(scene.store.destroy(ID)).toBeUndefined();
    expect(await scene.write({ late: 1 }, mark)).toBe("gone");
  });
});

describe("store.set()", () => {
  test("is not overwritten by a commit that has not seen it", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    const committing = scene.wrapper.commit(
      ID,
      recordOf({ a: 1 }),
      mark,
    ) as Promise<Any>;
    await gate.arrived;
    await set({ ...await get(), direct: 1 });
    gate.release();
    const { status, current } = await committing;
    expect(status).toBe("conflict");
    expect(JSON.parse(current.json)).toMatchObject({ user: "anna", direct: 1 });
    expect(scene.stored()).toEqual({ user: "anna", direct: 1 });
  });

  test("is not overwritten by a touch() that is under way", async () => {
    const { visit, gate } = await scene.slowVisit();
    await set({ ...await get(), direct: 1 });
    gate.release();
    await visit;
    expect(scene.stored()).toEqual({ user: "anna", direct: 1 });
  });

  test("begins a session anew that had ended", async () => {
    const session = await get();
    await destroy();
    await set({ ...session, user: "bob" });
    expect(await scene.read()).toEqual({ user: "bob" });
  });

  test("of what no text can hold is left to the store", async () => {
    await expect(
      told((done) => scene.store.set(ID, { cookie: {}, big: 1n }, done)),
    )
      .rejects.toThrow("BigInt");
    expect(await scene.read()).toEqual({ user: "anna" });
  });
});

describe("store.get()", () => {
  test("finds no session that has ended, and misses nothing acknowledged", async () => {
    const mark = await scene.version();
    const { gate } = await scene.slowVisit();
    const answering = scene.hold("touch", "answer");
    await scene.write({ cart: 1 }, mark);
    gate.release();
    await answering.arrived;
    expect(scene.stored()).toEqual({ user: "anna" });
    expect(await get()).toMatchObject({ user: "anna", cart: 1 });
    await scene.wrapper.destroy(ID);
    scene.texts.set(ID, recordOf({ user: "anna" }).json);
    expect(await get()).toBeUndefined();
  });
});

describe("a store that calls its own methods", () => {
  test("set() in touch() is no set() of the application", async () => {
    const { store } = scene;
    const { touch } = store;
    let wasSet = 0;
    store.touch = (id: string, session: Any, done: Any) => {
      touch(id, session, () => {
        store.get(id, (_error: unknown, found: Any) => {
          wasSet++;
          store.set(id, found, done);
        });
      });
    };
    const mark = await scene.version();
    const gate = scene.hold("get", "answer");
    const visit = scene.wrapper.touch(
      ID,
      null,
      JSON.parse(recordOf({}).json),
    ) as Promise<boolean>;
    await gate.arrived;
    expect(await scene.write({ cart: 1 }, mark)).toBe("committed");
    gate.release();
    await visit;
    await quiet();
    expect(wasSet).toBe(1);
    expect(scene.stored()).toEqual({ user: "anna", cart: 1 });
  });

  test("destroy() in set(), at once, is no logout", async () => {
    const { store, texts } = heldStore();
    const { set: original } = store;
    store.set = (id: string, session: Any, done: Any) => {
      store.destroy(id, () => original(id, session, done));
    };
    const fresh = fromExpressStore(store);
    expect(await fresh.create("another", recordOf({ a: 1 }))).toBe(true);
    expect(dataOf(texts.get("another"))).toEqual({ a: 1 });
  });
});

describe("a method that was replaced later", () => {
  test("and passes calls on after a while is still the wrapper's call", async () => {
    const { store } = scene;
    const { set: original } = store;
    store.set = async (id: string, session: Any, done: Any) => {
      await quiet();
      original(id, { ...session, stamped: 1 }, done);
    };
    expect(await scene.write({ cart: 1 }, await scene.version())).toBe(
      "committed",
    );
    expect(await scene.write({ cart: 2 }, await scene.version())).toBe(
      "committed",
    );
    expect(scene.stored()).toEqual({ user: "anna", cart: 2, stamped: 1 });
    expect(scene.calls.filter((verb) => verb === "set")).toHaveLength(2);
  });
});

describe("the methods look as before", () => {
  test("arguments, answers and `this` pass through", async () => {
    const seen: unknown[] = [];
    class Custom {
      readonly #own = "private";
      get(_id: string, done: Any) {
        done(null, undefined, this.#own);
      }
      set(id: string, session: Any, done: Any) {
        seen.push(id, session, this.#own);
        done(null, session, "more");
        return "returned";
      }
      destroy(_id: string) {
        return Promise.resolve(this.#own);
      }
    }
    const store = new Custom() as Any;
    fromExpressStore(store);
    const session = { cookie: {} };
    const answers: unknown[][] = [];
    const note = (...args: unknown[]) => void answers.push(args);
    expect(store.set("id", session, note)).toBe("returned");
    store.get("id", note);
    expect(answers).toEqual([[null, session, "more"], [
      null,
      undefined,
      "private",
    ]]);
    expect(seen).toEqual(["id", session, "private"]);
    expect(await store.destroy("id")).toBe("private");
    expect(Object.keys(store)).toEqual([]);
    expect("touch" in store).toBe(false);
  });

  test("errors do, by callback, by promise and thrown", async () => {
    const error = new Error("no");
    const store = {
      get: (_id: string, done: Any) => done(error),
      set: (_id: string, _session: Any, done: Any) => done(error),
      destroy: () => Promise.reject(error),
      touch: () => {
        throw error;
      },
    } as Any;
    fromExpressStore(store);
    await expect(told((done) => store.get("id", done))).rejects.toBe(error);
    await expect(told((done) => store.set("id", {}, done))).rejects.toBe(error);
    await expect(store.destroy("id")).rejects.toBe(error);
    expect(() => store.touch("id", {}, () => {})).toThrow(error);
  });

  test("own methods of a plain object are still copied with it", () => {
    expect(Object.keys({ ...scene.store })).toEqual([
      "get",
      "set",
      "destroy",
      "clear",
      "touch",
    ]);
  });

  test("a native store behind callbacks keeps its methods", () => {
    const memory = new MemoryStore();
    fromExpressStore(memory);
    expect(Object.hasOwn(memory, "set")).toBe(false);
  });

  test("there is one wrapper a store, and what cannot be changed is not", () => {
    expect(fromExpressStore(scene.store)).toBe(scene.wrapper);
    const frozen = Object.freeze({ ...scene.store });
    expect(() => fromExpressStore(frozen)).not.toThrow();
  });
});
