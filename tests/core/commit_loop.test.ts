/** Compare and swap: lost rounds are played again, and not for ever. */
import { expect, test } from "vitest";
import { makeManager } from "./manager_support.ts";

/** A clock whose timers go off at once. */
const clock = {
  now: () => 0,
  after(_ms: number, act: () => void) {
    queueMicrotask(act);
    return () => {};
  },
};

test("a round that is lost is played again, on what stands there now", async () => {
  const { begin, open, store, stored } = makeManager({ clock });
  await begin("id", { a: 1 }).save();
  const visit = await open("id");
  let rivals = 5;
  const { commit } = store;
  store.commit = (id, record, version) => {
    if (rivals > 0) {
      const json = JSON.stringify({ cookie: {}, a: 1, rival: rivals-- });
      commit.call(store, id, { json, expires: null }, store.read(id)!.version);
    }
    return commit.call(store, id, record, version);
  };
  visit.session["mine"] = true;
  await visit.save();
  expect(stored("id")).toEqual({ a: 1, rival: 1, mine: true });
});

test("whoever always loses is told so, and nothing is stored", async () => {
  const { begin, open, store, stored } = makeManager({ clock });
  await begin("id", { a: 1 }).save();
  const visit = await open("id");
  store.commit = (id) => ({ status: "conflict", current: store.read(id)! });
  visit.session["mine"] = true;
  await expect(visit.save()).rejects.toMatchObject({ code: "SESSION_CONFLICT" });
  expect(stored("id")).toEqual({ a: 1 });
});
