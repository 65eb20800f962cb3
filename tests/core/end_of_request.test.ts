/** What the end of a request stores, nobody having asked for it. */
import { expect, test } from "vitest";
import { saveOrTouch } from "../../src/core/end_of_request.ts";
import { makeManager } from "./manager_support.ts";

test.each<["save" | "touch", object]>([["save", { a: 2 }], ["touch", { a: 1 }]])(
  "%s: the data that are stored then",
  async (write, expected) => {
    const { begin, open, stored } = makeManager();
    await begin("id", { a: 1 }).save();
    const { manager, state, session } = await open("id");
    session["a"] = 2;
    await saveOrTouch(manager, write, state, session, () => state.contentOf(session));
    expect(stored("id")).toEqual(expected);
  },
);

test("S43 a session that is gone by then: its changes are dropped, and said so", async () => {
  const { begin, open, manager, heard, stored } = makeManager();
  await begin("id", { a: 1 }).save();
  const { state, session } = await open("id");
  await manager.destroy(undefined, "id");
  session["late"] = 1;
  const reasons: string[] = [];
  manager.settings.events.on("discarded", ({ reason }) => reasons.push(reason));
  await saveOrTouch(manager, "save", state, session, () => state.contentOf(session));
  expect(stored("id")).toBeUndefined();
  expect([heard.at(-1), reasons]).toEqual(["discarded", ["gone"]]);
});

test("another failure is the caller's to hear of", async () => {
  const { begin, manager } = makeManager({ maxBytes: 5 });
  const { state, session } = begin("id", { a: "x".repeat(99) });
  const ending = async () =>
    await saveOrTouch(manager, "save", state, session, () => state.contentOf(session));
  await expect(ending()).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
});

test("a new session that the application refused: an error where data are lost, and none else", async () => {
  for (const data of [{}, { a: 1 }]) {
    const { begin, manager, store } = makeManager({ beforeCreate: () => false });
    const { state, session } = begin("id", data);
    const ending = async () =>
      await saveOrTouch(manager, "save", state, session, () => state.contentOf(session));
    if ("a" in data) await expect(ending()).rejects.toMatchObject({ code: "SESSION_REFUSED" });
    else expect(await ending()).toBeUndefined();
    expect(store.length()).toBe(0);
  }
});

test("any other failure of an empty session is an error as well", async () => {
  const { begin, manager, store } = makeManager();
  store.create = () => {
    throw new Error("down");
  };
  const { state, session } = begin("id");
  const ending = async () => await saveOrTouch(manager, "save", state, session, () => "{}");
  await expect(ending()).rejects.toMatchObject({ code: "STORE_FAILED" });
});
