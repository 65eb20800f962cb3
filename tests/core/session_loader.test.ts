/** What is found under an id, and why it is nobody's where it is none. */
import { describe, expect, test } from "vitest";
import { type LifecycleRules, NO_LIMITS } from "../../src/core/lifecycle.ts";
import { META } from "../../src/core/session_metadata.ts";
import { makeManager } from "./manager_support.ts";

const ends = Date.now() + 60_000;
const living = (originalMaxAge: number | null) =>
  JSON.stringify({ cookie: { originalMaxAge, expires: new Date(ends) }, a: 1 });

function world() {
  const made = makeManager();
  const reasons: string[] = [];
  made.manager.settings.events.on(
    "rejected",
    ({ reason }) => reasons.push(reason),
  );
  return { ...made, reasons };
}

test.each<[string, string, object | undefined]>([
  ["what nobody has stored", "unknown", undefined],
  ["what is no session", "corrupt", {
    json: "none",
    version: 1,
    expires: null,
  }],
  ["what has ended, whatever the store thinks", "expired", {
    json: '{"cookie":{}}',
    version: 1,
    expires: 5,
  }],
])("%s is rejected as %j", async (_what, reason, stored) => {
  const { manager, store, reasons } = world();
  store.read = () => stored as never;
  expect(await manager.load("id")).toBeUndefined();
  expect(reasons).toEqual([reason]);
});

test("what has ended by itself is left to its store, which knows", async () => {
  const { manager, store } = world();
  store.read = () => ({ json: '{"cookie":{}}', version: 1, expires: 5 });
  const destroyed: string[] = [];
  store.destroy = (id) => destroyed.push(id) > 0;
  expect(await manager.load("id")).toBeUndefined();
  expect(destroyed).toEqual([]);
});

test.each<[string, number | null | undefined, number, boolean]>([
  ["is moved by the store where that is its own lifetime", 5000, 5000, true],
  ["is left to the end of the request where it has another", 5000, 9000, false],
  ["is not moved where nobody asks for it", undefined, 5000, false],
  ["… nor for a lifetime without an end", null, 5000, false],
])("the end %s", async (_rule, maxAge, own, touched) => {
  const { manager, store } = world();
  store.create("id", { json: living(own), expires: ends });
  const asked: string[] = [];
  const { read, readAndTouch } = store;
  store.read = (id) => (asked.push("read"), read.call(store, id));
  store.readAndTouch = (
    id,
    ms,
  ) => (asked.push("readAndTouch"), readAndTouch.call(store, id, ms));
  const found = await manager.load("id", maxAge);
  expect(found).toMatchObject({ touched, text: '{"a":1}' });
  expect(asked).toEqual([maxAge == null ? "read" : "readAndTouch"]);
});

test("a store that cannot read and touch at once is read", async () => {
  const { begin, manager, store } = world();
  await begin("id", { a: 1 }).save();
  const plain = {
    atomic: true,
    read: (id: string) => store.read(id),
  };
  const other = makeManager({ store: plain as never });
  expect(await other.manager.load("id", 5000)).toMatchObject({
    touched: false,
  });
  expect(await manager.load("id")).toMatchObject({ touched: false });
});

describe("what is beyond the limits, of which no store knows,", () => {
  const old = { createdAt: 1 };
  const beyond = (rules: Partial<LifecycleRules>) => {
    const made = makeManager({ rules: { ...NO_LIMITS, ...rules } });
    const { events } = made.manager.settings;
    const heard: unknown[] = [];
    events.on("rejected", ({ reason }) => heard.push(reason));
    events.on("error", ({ error, during }) => heard.push([during, error]));
    const { store } = made;
    store.create("key", {
      json: JSON.stringify({ cookie: {}, [META]: old }),
      expires: null,
    });
    return { ...made, heard };
  };

  test("is removed as it is found", async () => {
    const { manager, store, heard } = beyond({ absoluteTimeout: 1000 });
    expect(await manager.load("key")).toBeUndefined();
    expect([store.ids(), heard]).toEqual([[], ["absolute"]]);
  });

  test("silence likewise, where the store has not noticed", async () => {
    const { manager, store, heard } = beyond({ idleTimeout: 1000 });
    const { read } = store;
    store.read = (id) => ({ ...read.call(store, id)!, expires: Date.now() });
    expect(await manager.load("key")).toBeUndefined();
    expect([store.ids(), heard]).toEqual([[], ["idle"]]);
  });

  test.each<[string, () => never]>([
    ["throws", () => {
      throw new Error("no key");
    }],
    ["rejects", () => Promise.reject(new Error("no key")) as never],
  ])(
    "is nobody's session where the store %s instead of removing it",
    async (_how, destroy) => {
      const { manager, store, heard } = beyond({ absoluteTimeout: 1000 });
      store.destroy = destroy;
      expect(await manager.load("key")).toBeUndefined();
      expect(heard).toEqual([
        ["destroy", expect.objectContaining({ code: "STORE_FAILED" })],
        "absolute",
      ]);
      const [[, error]] = heard as [[string, { cause: Error }]];
      expect(error.cause.message).toBe("no [id]");
    },
  );
});

test("a cookie with an end of its own is why it ended, where silence is limited by default", async () => {
  const rules = { ...NO_LIMITS, defaults: { idleTimeout: 1000, absoluteTimeout: Infinity } };
  const reasonsOf = async (cookie: object) => {
    const { manager, store } = makeManager({ rules });
    const reasons: string[] = [];
    manager.settings.events.on("rejected", ({ reason }) => reasons.push(reason));
    store.read = () => ({ json: JSON.stringify({ cookie }), version: 1, expires: 5 });
    await manager.load("id");
    return reasons;
  };
  expect(await reasonsOf({ originalMaxAge: 5, expires: new Date(5) })).toEqual(["expired"]);
  expect(await reasonsOf({})).toEqual(["idle"]);
});
