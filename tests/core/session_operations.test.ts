/** Logins, rotations and single values, on a session at hand. */
import { expect, test } from "vitest";
import { login, rotate, takeFrom } from "../../src/core/session_operations.ts";
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
