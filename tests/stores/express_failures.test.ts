/** A callback store that fails, or never answers, while calls cross. */
import type { ForesightedStore } from "../../src/core/foresighted_store.ts";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Any, begin, ID, quiet, recordOf, type Scene } from "./express_held_store.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await begin();
});
afterEach(() => vi.useRealTimers());

describe("destroy()", () => {
  test("that fails ends nothing: whoever is in flight looks again, and goes on", async () => {
    const mark = await scene.version();
    const gate = scene.hold("destroy");
    const destroying = scene.wrapper.destroy(ID) as Promise<void>;
    await gate.arrived;
    expect(await scene.read()).toBeUndefined();
    expect(await scene.write({ cart: 1 }, mark)).toBe("gone");
    gate.release(new Error("the disk is locked"));
    await expect(destroying).rejects.toThrow("the disk is locked");
    expect(await scene.read()).toEqual({ user: "anna" });
    const { status, current } = await scene.wrapper.commit(ID, recordOf({}), mark) as Any;
    expect(status).toBe("conflict");
    expect(await scene.write({ cart: 1 }, current.version)).toBe("committed");
  });

  test("that fails does not cost what was acknowledged meanwhile", async () => {
    const mark = await scene.version();
    const gate = scene.hold("destroy", "answer");
    const writing = scene.hold("set");
    const slow = scene.write({ cart: 1 }, mark);
    await writing.arrived;
    const destroying = scene.wrapper.destroy(ID) as Promise<void>;
    await gate.arrived;
    writing.release();
    expect(await slow).toBe("committed");
    scene.texts.delete(ID);
    gate.release(new Error("the disk is locked"));
    await expect(destroying).rejects.toThrow();
    expect(await scene.read()).toEqual({ user: "anna", cart: 1 });
    expect(scene.stored()).toEqual({ user: "anna", cart: 1 });
  });

  test("of one that another process begins anew is over with that", async () => {
    const before = await scene.wrapper.read(ID);
    await scene.wrapper.destroy(ID);
    scene.texts.set(ID, recordOf({ user: "bob" }).json);
    expect(await scene.read()).toEqual({ user: "bob" });
    expect(await scene.write({}, before!.version)).toBe("gone");
    expect(await scene.write({ cart: 1 }, await scene.version())).toBe("committed");
  });
});

describe("a store that cannot be told again", () => {
  test("is told at the next opportunity", async () => {
    const mark = await scene.version();
    const { visit, gate } = await scene.slowVisit();
    await scene.write({ cart: 1 }, mark);
    const mend = scene.hold("set");
    gate.release();
    await mend.arrived;
    mend.release(new Error("the disk is full"));
    await expect(visit).rejects.toThrow("the disk is full");
    expect(scene.stored()).toEqual({ user: "anna" });
    expect(await scene.read()).toEqual({ user: "anna", cart: 1 });
    await quiet();
    expect(scene.stored()).toEqual({ user: "anna", cart: 1 });
  });

  test("says so to whoever ends a session", async () => {
    const { visit, gate } = await scene.slowVisit();
    const destroying = scene.hold("destroy", "answer");
    const ending = scene.wrapper.destroy(ID) as Promise<void>;
    await destroying.arrived;
    gate.release();
    await visit;
    const mend = scene.hold("destroy");
    destroying.release();
    await mend.arrived;
    mend.release(new Error("the disk is locked"));
    await expect(ending).rejects.toThrow("the disk is locked");
    expect(await scene.read()).toBeUndefined();
    await quiet();
    expect(scene.stored()).toBeUndefined();
  });
});

describe("a call that is never answered", () => {
  test("is waited for a minute, and then the store is believed again", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const mark = await scene.version();
    await scene.slowVisit();
    await scene.write({ cart: 1 }, mark);
    // Another process writes; as long as calls cross, this one believes itself.
    scene.texts.set(ID, recordOf({ user: "anna", other: 1 }).json);
    expect(await scene.read()).toEqual({ user: "anna", cart: 1 });
    vi.advanceTimersByTime(60_001);
    expect(await scene.read()).toEqual({ user: "anna", cart: 1 });
    await quiet();
    scene.texts.set(ID, recordOf({ user: "anna", other: 2 }).json);
    expect(await scene.read()).toEqual({ user: "anna", other: 2 });
  });

  test("and comes back all the same is made good", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const mark = await scene.version();
    const { visit, gate } = await scene.slowVisit();
    vi.advanceTimersByTime(60_001);
    await scene.write({ cart: 1 }, mark);
    gate.release();
    await visit;
    expect(scene.stored()).toEqual({ user: "anna", cart: 1 });
  });

  test("and comes back where nothing was stored meanwhile leaves the store believed", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    await scene.write({ cart: 1 }, await scene.version());
    const held = await scene.version();
    const { visit, gate } = await scene.slowVisit();
    vi.advanceTimersByTime(60_001);
    await scene.wrapper.touch(ID, null, await scene.session());
    gate.release();
    await visit;
    await quiet();
    scene.texts.set(ID, recordOf({ user: "anna", other: 1 }).json);
    expect(await scene.read()).toEqual({ user: "anna", other: 1 });
    expect((scene.wrapper as ForesightedStore).isGone(ID, held)).toBe(false);
  });
});
