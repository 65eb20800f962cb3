/** A new session's record: under an id nobody has, or under the one it was given. */
import { describe, expect, test } from "vitest";
import { makeManager, noPause } from "./manager_support.ts";

describe("an id that was drawn", () => {
  test("is drawn once more where somebody has it, and the session goes on under that one", async () => {
    const ids = ["taken", "free"];
    const { begin, stored } = makeManager({
      renewId: (session) => void (session["id"] = ids.shift()),
    });
    await begin("taken", { owner: "somebody" }).save();
    const visit = begin("taken", { owner: "visitor" });
    await visit.save();
    expect([visit.session["id"], visit.state.storedId]).toEqual(["free", "free"]);
    expect([stored("taken"), stored("free")]).toEqual([
      { owner: "somebody" },
      { owner: "visitor" },
    ]);
  });

  test("of a generator that always draws the same is an error, and nothing is taken over", async () => {
    const { begin, stored } = makeManager({ renewId: () => {} });
    await begin("taken", { owner: "somebody" }).save();
    await expect(begin("taken", { owner: "visitor" }).save()).rejects.toMatchObject({
      code: "SESSION_CONFLICT",
      message: "Every one of 3 generated ids exists",
    });
    expect(stored("taken")).toEqual({ owner: "somebody" });
  });
});

describe("an id the application chose means that very record", () => {
  test("what stands there is replaced", async () => {
    const { begin, stored } = makeManager();
    await begin("chosen", { old: 1 }).save();
    await begin("chosen", { new: 2 }).save();
    expect(stored("chosen")).toEqual({ new: 2 });
  });

  test("also where others write to it, or end it, at the same time", async () => {
    const { begin, store, stored } = makeManager({ clock: noPause });
    await begin("chosen", { old: 1 }).save();
    const { read } = store;
    const rivals = [
      // Somebody writes between the look and the write …
      () => {
        const found = read.call(store, "chosen")!;
        store.commit("chosen", { json: '{"cookie":{},"rival":1}', expires: null }, found.version);
        return found;
      },
      // … or ends it between the try and the look.
      () => void store.destroy("chosen"),
    ];
    store.read = (id) => rivals.length > 0 ? rivals.shift()!() as never : read.call(store, id);
    await begin("chosen", { new: 2 }).save();
    expect([stored("chosen"), rivals]).toEqual([{ new: 2 }, []]);
  });

  // As a cluster of Redis does for a minute after destroyAll(), which ends what is on its way as well.
  test("an id that is closed, though nothing is there, is that of a session that was ended", async () => {
    const { begin, store } = makeManager({ clock: noPause });
    let asked = 0;
    store.create = () => (asked++, false);
    await expect(begin("chosen", { a: 1 }).save()).rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(asked).toBe(3);
  });

  test("others who write to it each time are not waited for without end", async () => {
    const { begin, store, stored } = makeManager({ clock: noPause });
    await begin("chosen", { rival: 1 }).save();
    let asked = 0;
    store.commit = () => (asked++, { status: "conflict", current: store.read("chosen") }) as never;
    await expect(begin("chosen", { a: 1 }).save()).rejects.toMatchObject({
      code: "SESSION_CONFLICT",
      message: "Other writers won 100 times in a row",
    });
    expect([asked, stored("chosen")]).toEqual([100, { rival: 1 }]);
  });
});

describe("what the request does while its record is being made", () => {
  function saving() {
    const made = makeManager();
    const { create } = made.store;
    let go!: () => void;
    const gone = new Promise<void>((resolve) => go = resolve);
    made.store.create = (async (id: string, record: never) => {
      await gone;
      return create.call(made.store, id, record);
    }) as never;
    const visit = made.begin("first", { a: 1 });
    const saved = visit.save();
    return { ...made, visit, saved, go };
  }

  test("another id is another record: this one is not taken for it", async () => {
    const { visit, saved, go, stored } = saving();
    visit.setId("second");
    go();
    await saved;
    expect([visit.state.storedId, stored("second")]).toEqual(["first", undefined]);
  });

  test("a session that is destroyed then stays so, whichever reaches the store first", async () => {
    const { manager, visit, saved, go, store } = saving();
    await manager.destroy(visit.state, "first");
    go();
    await expect(saved).rejects.toMatchObject({ code: "SESSION_GONE" });
    expect(store.length()).toBe(0);
  });
});
