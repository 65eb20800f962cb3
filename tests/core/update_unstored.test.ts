/** An update of a session no store has: run on a copy, and once more where another call was faster. */
import { describe, expect, test } from "vitest";
import type { Data } from "../../src/core/session_data.ts";
import { adopt } from "../../src/core/session_copy.ts";
import { updateUnstored } from "../../src/core/update_unstored.ts";
import { login } from "../../src/core/session_operations.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { makeManager } from "./manager_support.ts";

const increment = (data: Data) => void (data["n"] = data["n"] as number + 1);
const slowly = async (data: Data) => {
  await new Promise(setImmediate);
  increment(data);
};

function unstored(data: object) {
  const state = new SessionState();
  const session: Data = { ...data };
  const keep = (before: string, text: string) => adopt(session, state, before, text);
  return { state, session, keep };
}

test("the session has what the function made of its copy, and the caller its answer", () => {
  const { state, session, keep } = unstored({ n: 1 });
  expect(updateUnstored(state, session, (data) => data["n"] = 2, keep)).toBe(2);
  expect(session).toEqual({ n: 2 });
});

test("where nothing changes nothing is kept", () => {
  const { state, session } = unstored({ n: 1 });
  const keep = () => expect.unreachable();
  expect(updateUnstored(state, session, (data) => data["n"], keep)).toBe(1);
});

test.each<[string, (data: Data) => unknown]>([
  ["throws", () => {
    throw new Error("no");
  }],
  ["rejects", () => Promise.reject(new Error("no"))],
])("of a function that %s nothing is kept", async (_how, change) => {
  const { state, session, keep } = unstored({ n: 1 });
  const spoil = (data: Data) => (increment(data), change(data));
  await expect((async () => await updateUnstored(state, session, spoil, keep))()).rejects.toThrow();
  expect(session).toEqual({ n: 1 });
});

test("of two at a time both count, and what the handler does meanwhile as well", async () => {
  const { state, session, keep } = unstored({ n: 1 });
  const both = [1, 2].map(() => updateUnstored(state, session, slowly, keep));
  session["n"] = 10;
  await Promise.all(both);
  expect(session).toEqual({ n: 12 });
});

test.each([[false, false], [["n"], false], [true, true]] as const)(
  "one that takes time is of the session before a login that keeps %j: counts %s",
  async (keep, counts) => {
    const { begin } = makeManager();
    const one = begin("old", { n: 1 });
    const updated = one.manager.update(one.state, one.session, slowly);
    const fate = (async () => await updated)().then(() => true, ({ code }) => code);
    await login({ ...one, drawId: () => "new" }, "bob", { keep });
    expect(await fate).toBe(counts || "SESSION_GONE");
    expect(one.session["n"]).toBe(keep === false ? undefined : counts ? 2 : 1);
  },
);

test("a function that always changes the session itself comes to an end", async () => {
  const { state, session, keep } = unstored({ n: 1 });
  let runs = 0;
  const endless = updateUnstored(state, session, async (data) => {
    runs++;
    await updateUnstored(state, session, increment, keep);
    increment(data);
  }, keep);
  await expect(endless).rejects.toMatchObject({
    code: "SESSION_CONFLICT",
    message: "update() came too late 100 times",
  });
  expect(runs).toBe(100);
});

describe("by the manager", () => {
  test.each([["at once", increment], ["slowly", slowly]])(
    "two at a time, %s: one makes the record, the other changes it",
    async (_how, change) => {
      const { begin, stored, heard } = makeManager();
      const visit = begin("id", { n: 0 });
      await Promise.all([visit.update(change), visit.update(change)]);
      expect([stored("id"), visit.session["n"], heard]).toEqual([{ n: 2 }, 2, ["created"]]);
    },
  );

  test("it is not stored where it is more than maxBytes", async () => {
    const { begin, store } = makeManager({ maxBytes: 50 });
    const visit = begin("id", { n: 0 });
    const growing = visit.update((data) => void (data["big"] = "x".repeat(100)));
    await expect(growing).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
    expect([store.length(), visit.session["big"]]).toEqual([0, undefined]);
  });
});

test("two at a time whose store takes its time: one makes the record, the other changes it", async () => {
  const { begin, store, stored, heard } = makeManager();
  const { create } = store;
  store.create = (async (...args: Parameters<typeof create>) => {
    await new Promise(setImmediate);
    return create.apply(store, args);
  }) as never;
  const visit = begin("id", { n: 0 });
  const answers = await Promise.all([
    visit.update(increment),
    visit.update((data) => {
      increment(data);
      return data["n"];
    }),
  ]);
  expect(answers).toEqual([undefined, 2]);
  expect([stored("id"), visit.session["n"], heard]).toEqual([{ n: 2 }, 2, ["created"]]);
});
