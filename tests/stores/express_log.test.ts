/** Calls of a callback store that cross: what was acknowledged stands, whatever the store made of it. */
import { beforeEach, describe, expect, test } from "vitest";
import { type Any, begin, dataOf, ID, quiet, recordOf, type Scene } from "./express_held_store.ts";

let scene: Scene;
beforeEach(async () => {
  scene = await begin();
});

describe("touch() that reads, then writes", () => {
  test("brings no destroyed session back, not even for a moment", async () => {
    const { visit, gate } = await scene.slowVisit();
    const answering = scene.hold("touch", "answer");
    await scene.wrapper.destroy(ID);
    gate.release();
    await answering.arrived;
    expect(scene.stored()).toEqual({ user: "anna" });
    expect(await scene.read()).toBeUndefined();
    answering.release();
    expect(await visit).toBe(false);
    expect(scene.stored()).toBeUndefined();
    expect(await scene.read()).toBeUndefined();
  });

  test("takes no acknowledged change away, not even for a moment", async () => {
    const mark = await scene.version();
    const { visit, gate } = await scene.slowVisit();
    const answering = scene.hold("touch", "answer");
    expect(await scene.write({ cart: 1 }, mark)).toBe("committed");
    gate.release();
    await answering.arrived;
    expect(scene.stored()).toEqual({ user: "anna" });
    expect(await scene.read()).toEqual({ user: "anna", cart: 1 });
    answering.release();
    expect(await visit).toBe(true);
    expect(scene.stored()).toEqual({ user: "anna", cart: 1 });
  });

  test("a read that began while the change was missing does not miss it", async () => {
    const mark = await scene.version();
    const { visit, gate } = await scene.slowVisit();
    await scene.write({ cart: 1 }, mark);
    const answering = scene.hold("touch", "answer");
    gate.release();
    await answering.arrived;
    const reading = scene.hold("get", "answer");
    const slow = scene.read();
    await reading.arrived;
    answering.release();
    await visit;
    reading.release();
    expect(await slow).toEqual({ user: "anna", cart: 1 });
  });

  test("what is told again has the end that the latest touch() gave", async () => {
    const mark = await scene.version();
    const { visit, gate } = await scene.slowVisit();
    await scene.write({ cart: 1 }, mark);
    const later = await scene.session();
    later.cookie.expires = "2999-01-01T00:00:00.000Z";
    await scene.wrapper.touch(ID, null, later);
    gate.release();
    await visit;
    await quiet();
    expect(JSON.parse(scene.texts.get(ID)!)).toMatchObject({ cart: 1, cookie: later.cookie });
  });

  test("of a session that is known to have ended does not reach the store", async () => {
    const visitor = await scene.session();
    await scene.wrapper.destroy(ID);
    scene.calls.length = 0;
    expect(await scene.wrapper.touch(ID, null, visitor)).toBe(false);
    expect(scene.calls).toEqual([]);
  });
});

describe("what ends while somebody is at it", () => {
  test("create() has inserted what was ended before it answered", async () => {
    const gate = scene.hold("set");
    const creating = scene.wrapper.create("another", recordOf({ a: 1 }));
    await gate.arrived;
    await scene.wrapper.destroy("another");
    gate.release();
    expect(await creating).toBe(true);
    expect(scene.texts.has("another")).toBe(false);
  });

  test("a slow read does not find what has ended, though another process has begun it anew", async () => {
    const gate = scene.hold("get", "answer");
    const slow = scene.read();
    await gate.arrived;
    await scene.wrapper.destroy(ID);
    scene.texts.set(ID, recordOf({ user: "bob" }).json);
    expect(await scene.read()).toEqual({ user: "bob" });
    gate.release();
    expect(await slow).toBeUndefined();
  });

  test("what another process has begun anew is touched like any other", async () => {
    await scene.wrapper.destroy(ID);
    scene.texts.set(ID, recordOf({ user: "bob" }).json);
    const visitor = await scene.session();
    expect(await scene.wrapper.touch(ID, null, visitor)).toBe(true);
    expect(scene.calls.at(-1)).toBe("touch");
  });

  test("what a touch() brings back that never answers is ended by whoever finds it, and only then", async () => {
    const { gate } = await scene.slowVisit();
    await scene.wrapper.destroy(ID);
    scene.calls.length = 0;
    expect(await scene.read()).toBeUndefined();
    await quiet();
    expect(scene.calls).toEqual(["get"]);
    const answering = scene.hold("touch", "answer");
    gate.release();
    await answering.arrived;
    expect(scene.stored()).toEqual({ user: "anna" });
    expect(await scene.read()).toBeUndefined();
    await quiet();
    expect(scene.stored()).toBeUndefined();
  });
});

describe("where nothing crosses", () => {
  test("a store gets the calls it always got", async () => {
    await scene.wrapper.touch(ID, null, await scene.session());
    await scene.write({ cart: 1 }, await scene.version());
    await scene.wrapper.destroy(ID);
    expect(scene.calls).toEqual(["get", "touch", "get", "set", "destroy"]);
  });

  test("visits that only read do not cross", async () => {
    const visitors = [await scene.session(), await scene.session(), await scene.session()];
    scene.calls.length = 0;
    await Promise.all(visitors.map((visitor) => scene.wrapper.touch(ID, null, visitor)));
    expect(scene.calls).toEqual(["touch", "touch", "touch"]);
  });
});

describe("two commits at once", () => {
  test("one is acknowledged, the other is told what stands there", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set", "answer");
    const slow = scene.wrapper.commit(ID, recordOf({ a: 1 }), mark);
    await gate.arrived;
    expect(await scene.write({ b: 1 }, mark)).toBe("committed");
    gate.release();
    const { status, current } = await slow as Any;
    expect([status, dataOf(current.json)]).toEqual(["conflict", { user: "anna", b: 1 }]);
    expect(scene.stored()).toEqual({ user: "anna", b: 1 });
  });

  test("nobody is told of a change that the store refused in the end", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    const refused = scene.wrapper.commit(ID, recordOf({ refused: 1 }), mark) as Promise<unknown>;
    await gate.arrived;
    expect(await scene.write({ b: 1 }, mark)).toBe("committed");
    gate.release(new Error("the disk is full"));
    await expect(refused).rejects.toThrow("the disk is full");
    expect(await scene.read()).toEqual({ user: "anna", b: 1 });
    expect(scene.stored()).toEqual({ user: "anna", b: 1 });
  });

  test("one that nobody hears of any more holds up nobody", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    void scene.wrapper.commit(ID, recordOf({ late: 1 }), mark);
    await gate.arrived;
    expect(await scene.write({ b: 1 }, mark)).toBe("committed");
    expect(await scene.write({ c: 1 }, await scene.version())).toBe("committed");
    gate.release();
    await quiet();
    expect(scene.stored()).toEqual({ user: "anna", c: 1 });
  });
});

describe("rotate()", () => {
  const rotate = (mark: unknown, data: object = {}) =>
    scene.wrapper.rotate(ID, "moved", recordOf({ user: "anna", ...data }), mark) as Promise<Any>;

  test("a change acknowledged under the old id goes along", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    const rotating = rotate(mark);
    await gate.arrived;
    expect(await scene.write({ cart: 1 }, mark)).toBe("committed");
    gate.release();
    const { status, current } = await rotating;
    expect([status, dataOf(current.json)]).toEqual(["conflict", { user: "anna", cart: 1 }]);
    expect(scene.texts.has("moved")).toBe(false);
    expect((await rotate(current.version, { cart: 1 })).status).toBe("committed");
    expect(dataOf(scene.texts.get("moved"))).toEqual({ user: "anna", cart: 1 });
    expect(await scene.read()).toBeUndefined();
  });

  test("a change that comes too late for it is refused", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set", "answer");
    const late = scene.write({ cart: 1 }, mark);
    await gate.arrived;
    expect((await rotate(mark)).status).toBe("committed");
    gate.release();
    expect(await late).toBe("gone");
    expect(scene.texts.has(ID)).toBe(false);
  });

  test("… also while the old record is being ended: it would not go along", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set", "answer");
    const late = scene.write({ cart: 1 }, mark);
    await gate.arrived;
    const ending = scene.hold("destroy");
    const rotating = rotate(mark);
    await ending.arrived;
    gate.release();
    await quiet();
    ending.release();
    expect([await late, (await rotating).status]).toEqual(["gone", "committed"]);
    expect([...scene.texts.keys()]).toEqual(["moved"]);
  });

  test("a logout meanwhile ends the new one too", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    const rotating = rotate(mark);
    await gate.arrived;
    await scene.wrapper.destroy(ID);
    gate.release();
    expect((await rotating).status).toBe("gone");
    expect(scene.texts.size).toBe(0);
  });

  test("a logout that is under way when the new one is stored ends both", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    const rotating = rotate(mark);
    await gate.arrived;
    const ending = scene.hold("destroy");
    const destroying = scene.wrapper.destroy(ID);
    await ending.arrived;
    gate.release();
    expect(await rotating).toEqual({ status: "gone" });
    ending.release();
    await destroying;
    expect(scene.texts.size).toBe(0);
  });

  test("where the new one is ended before it was stored, the old one stays", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set");
    const rotating = rotate(mark);
    await gate.arrived;
    await scene.wrapper.destroy("moved");
    gate.release();
    expect(await rotating).toEqual({ status: "gone" });
    expect([...scene.texts.keys()]).toEqual([ID]);
    expect(await scene.write({ cart: 1 }, mark)).toBe("committed");
  });

  test("a failure costs nothing: neither half of it", async () => {
    const mark = await scene.version();
    const gate = scene.hold("set", "answer");
    const rotating = rotate(mark);
    gate.release(new Error("the disk is full"));
    await expect(rotating).rejects.toThrow("the disk is full");
    expect([...scene.texts.keys()]).toEqual([ID]);
    expect(await scene.write({ cart: 1 }, mark)).toBe("committed");
  });

  test("where the old record cannot be destroyed, it goes on under the old id", async () => {
    const mark = await scene.version();
    const gate = scene.hold("destroy");
    const rotating = rotate(mark);
    await gate.arrived;
    gate.release(new Error("the disk is locked"));
    await expect(rotating).rejects.toThrow("the disk is locked");
    const { status, current } = await scene.wrapper.commit(ID, recordOf({}), mark) as Any;
    expect([status, dataOf(current.json)]).toEqual(["conflict", { user: "anna" }]);
    expect(await scene.write({ cart: 1 }, current.version)).toBe("committed");
  });
});
