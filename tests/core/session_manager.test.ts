/** The five invariants, as whoever uses the manager sees them. */
import { expect, test } from "vitest";
import { rotate } from "../../src/core/session_operations.ts";
import { makeManager } from "./manager_support.ts";

const GONE = { code: "SESSION_GONE" };

test("I1 only a new session makes a record: what was destroyed is not saved again", async () => {
  const { begin, open, manager, stored, heard } = makeManager();
  await begin("id", { a: 1 }).save();
  const slow = await open("id");
  await manager.destroy(undefined, "id");
  slow.session["late"] = true;
  await expect(slow.save()).rejects.toMatchObject(GONE);
  expect(stored("id")).toBeUndefined();
  expect(heard).toEqual(["created", "destroyed"]);
});

test("S47 from destroy() on the request stores nothing, though the store has not answered yet", async () => {
  const { begin, open, manager, store, stored } = makeManager();
  await begin("id", { a: 1 }).save();
  const visit = await open("id");
  store.destroy = () => new Promise<void>(() => {}) as never;
  void manager.destroy(visit.state, "id");
  visit.session["late"] = true;
  await expect(visit.save()).rejects.toMatchObject(GONE);
  expect(stored("id")).toEqual({ a: 1 });
});

test("I2 a rotation is not undone by a slower request", async () => {
  const { begin, open, stored } = makeManager();
  await begin("old", { a: 1 }).save();
  const [login, slow] = [await open("old"), await open("old")];
  await rotate({ ...login, drawId: () => "new" }, true);
  slow.session["late"] = true;
  await expect(slow.save()).rejects.toMatchObject(GONE);
  expect([stored("old"), stored("new")]).toEqual([undefined, { a: 1 }]);
});

test("I3 I4 S65 different keys all survive, and the same key is the later writer's", async () => {
  const { begin, open, stored } = makeManager();
  await begin("id", { a: 0, shared: 0 }).save();
  const [one, other] = [await open("id"), await open("id")];
  Object.assign(one.session, { one: 1, shared: "first" });
  Object.assign(other.session, { other: 2, shared: "second" });
  await one.save();
  await other.save();
  expect(stored("id")).toEqual({ a: 0, one: 1, other: 2, shared: "second" });
});

test("S67 updates of parallel requests are all counted", async () => {
  const { begin, open, manager, stored } = makeManager();
  await begin("id", { n: 0 }).save();
  const visits = await Promise.all([1, 2, 3, 4].map(() => open("id")));
  for (const { state, session } of visits) {
    await manager.update(state, session, (data) => void (data["n"] = data["n"] as number + 1));
  }
  expect(stored("id")).toEqual({ n: 4 });
});

test("S61 more data than maxBytes never reach the store", async () => {
  const { begin, store } = makeManager({ maxBytes: 100 });
  await expect(begin("id", { a: "ü".repeat(60) }).save()).rejects.toMatchObject({
    code: "SESSION_TOO_LARGE",
  });
  expect(store.length()).toBe(0);
});

test("S03 an id that exists is not taken over: another one is drawn", async () => {
  const ids = ["taken", "free"];
  const { begin, stored } = makeManager({
    renewId: (session) => void (session["id"] = ids.pop()),
  });
  await begin("taken", { owner: "somebody" }).save();
  await begin("taken", { owner: "visitor" }).save();
  expect(stored("taken")).toEqual({ owner: "somebody" });
  expect(stored("free")).toEqual({ owner: "visitor" });
});

test("a record that is none is a stranger's visit", async () => {
  const { manager, store } = makeManager();
  store.create("broken", { json: "no session", expires: null });
  expect([await manager.load("broken"), await manager.load("unknown")]).toEqual([
    undefined,
    undefined,
  ]);
});

test("a touch moves the end and stores no data", async () => {
  const { begin, open, manager, store, stored } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  const end = new Date(Date.now() + 60_000);
  Object.assign(session, { a: 2 });
  (session["cookie"] as { _expires: Date })._expires = end;
  await manager.touch(state, session, () => state.contentOf(session));
  expect(stored("id")).toEqual({ a: 1 });
  expect(store.read("id")?.expires).toBe(end.getTime());
});
