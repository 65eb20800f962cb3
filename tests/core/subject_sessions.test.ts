/** The sessions of one subject, where the store keeps an index of subjects. */
import { describe, expect, test } from "vitest";
import { checkHandle, endSessions, hasSubjects, idsOf } from "../../src/core/subject_sessions.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { HandTime } from "../promises/hand_time.ts";

const record = (subject: string) => ({ json: '{"cookie":{}}', expires: null, subject });

function settings(store = memoryStore({ sweepInterval: 0 })) {
  store.create("a1", record("ada"));
  store.create("a2", record("ada"));
  store.create("b1", record("bob"));
  return { store, clock: new HandTime(), ioTimeout: 1000, touchKeepsCookie: false };
}

test("are listed, and ended except one", async () => {
  const asked = settings();
  expect((await idsOf("list", asked, "ada")).toSorted()).toEqual(["a1", "a2"]);
  expect(await endSessions(asked, "ada", "a2")).toBe(1);
  expect(asked.store.ids()).toEqual(["a2", "b1"]);
  expect(await endSessions(asked, "ada", undefined)).toBe(1);
  expect(await endSessions(asked, "nobody", undefined)).toBe(0);
  expect(asked.store.ids()).toEqual(["b1"]);
});

test("a store without an index says so", () => {
  const { destroyAll: _, ...without } = settings().store;
  const asked = { ...settings(), store: without as never };
  for (
    const act of [() => idsOf("list", asked, "ada"), () => endSessions(asked, "ada", undefined)]
  ) {
    expect(act).toThrow(expect.objectContaining({
      code: "STORE_UNSUPPORTED",
      message: expect.stringContaining(
        "needs an index of subjects, as in redisStore({ client, prefix }) of websession/stores/redis",
      ),
    }));
  }
});

test.each([["list"], ["destroyAll"]])("half an index is none: without %s()", (verb) => {
  const { store } = settings();
  expect(hasSubjects(store)).toBe(true);
  expect(hasSubjects({ list: store.list, destroyAll: store.destroyAll, [verb]: 5 })).toBe(false);
});

test("a failure tells neither whose sessions nor which one", () => {
  const asked = settings();
  asked.store.list = asked.store.destroyAll = (...names: unknown[]) => {
    throw new Error(`no index for ${names}`);
  };
  expect(() => idsOf("list", asked, "ada")).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ message: "no index for [id]" }) }),
  );
  expect(() => endSessions(asked, "ada", "a1")).toThrow(
    expect.objectContaining({
      cause: expect.objectContaining({ message: "no index for [id],[id]" }),
    }),
  );
});

describe("what names nobody is refused before the store is asked", () => {
  const asked = settings();
  test.each([[undefined], [""], [null], [5], [{ id: 1 }]])("%j", (value) => {
    const wrong = value as string;
    expect(() => idsOf("list", asked, wrong)).toThrow(TypeError);
    expect(() => endSessions(asked, wrong, undefined)).toThrow(TypeError);
    expect(() => checkHandle("revoke", wrong)).toThrow(TypeError);
    if (value !== undefined) expect(() => endSessions(asked, "ada", wrong)).toThrow(TypeError);
    expect(asked.store.length()).toBe(3);
  });
});

test("who is refused is told which call was wrong, and what it was given", () => {
  const asked = settings();
  const subject = "() needs a subject: a non-empty string, not ";
  const session = "() needs a session: a string that list() gave, not ";
  expect(() => idsOf("list", asked, "")).toThrow(`list${subject}an empty one`);
  expect(() => endSessions(asked, 5 as never, undefined)).toThrow(
    `revokeAll${subject}a value of type number`,
  );
  expect(() => endSessions(asked, "ada", "")).toThrow(`revokeAll${session}an empty one`);
  expect(() => checkHandle("revoke", 5)).toThrow(`revoke${session}a value of type number`);
});
