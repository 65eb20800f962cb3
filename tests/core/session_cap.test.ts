/** No more than so many sessions of one subject: whose login is the oldest makes room. */
import { describe, expect, test } from "vitest";
import { makeRoom, resolveMaxSessions } from "../../src/core/session_cap.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeManager } from "./manager_support.ts";
import { loggedIn } from "./subject_support.ts";

describe("the option", () => {
  const store = memoryStore({ sweepInterval: 0 });

  test.each([[undefined], [Infinity]])("%s is no limit, with any store", (none) => {
    expect(resolveMaxSessions(none, store)).toBeUndefined();
    expect(resolveMaxSessions(none, {})).toBeUndefined();
  });

  test("a whole number is one, with a store that keeps an index of subjects", () => {
    expect(resolveMaxSessions(3, store)).toBe(3);
    expect(() => resolveMaxSessions(3, {})).toThrow(
      new TypeError(
        'Option "maxSessions" needs an index of subjects, ' +
          "as in redisStore({ client, prefix }) of websession/stores/redis",
      ),
    );
  });

  test.each<[unknown, string]>([
    [1.5, 'Option "maxSessions" must be a whole number'],
    [0, 'Option "maxSessions" must be more than 0; Infinity is no limit'],
    ["3", 'Option "maxSessions" must be a number, not a value of type string'],
  ])("%j is refused", (option, message) => {
    expect(() => resolveMaxSessions(option, store)).toThrow(message);
  });
});

/** A store with sessions of ada, by id; and what happens to them. */
function world(logins: Record<string, object>, maxSessions: number | undefined = 2) {
  const { manager, store } = makeManager({
    maxSessions,
    clock: { now: () => 5_000, after: () => () => {} },
  });
  for (const [id, login] of Object.entries(logins)) store.create(id, loggedIn(login));
  const heard: unknown[] = [];
  const { events } = manager.settings;
  events.on("evicted", (event) => heard.push(["evicted", event]));
  events.on("error", ({ error, during }) => heard.push([during, error]));
  const read: string[] = [];
  const { read: readIt } = store;
  store.read = (id) => (read.push(id), readIt.call(store, id));
  return {
    store,
    read,
    heard,
    makeRoom: async (subject?: string) => await makeRoom(manager.settings, subject),
  };
}

const since = (authenticatedAt: number, more = {}) => ({ notes: { authenticatedAt, ...more } });

describe("a login too many", () => {
  test("ends the oldest logins, as many as are too many, in whatever order the store lists them", async () => {
    const { store, heard, makeRoom } = world({
      newest: since(4),
      oldest: since(1),
      middle: since(3),
      older: since(2),
    });
    await makeRoom("ada");
    expect(store.ids().toSorted()).toEqual(["middle", "newest"]);
    expect(heard).toEqual([["evicted", {}], ["evicted", {}]]);
  });

  test("a login of unknown age is older than any other", async () => {
    const { store, makeRoom } = world({ dated: since(1), undated: {}, late: since(2) });
    await makeRoom("ada");
    expect(store.ids().toSorted()).toEqual(["dated", "late"]);
  });

  test.each([["abc"], ["cba"], ["bac"], ["bca"]])(
    "of logins in one moment each process ends the same, listed as %s",
    async (order) => {
      // Their ids say nothing: both stores may name them otherwise.
      const devices = { a: "1", b: "2", c: "3" };
      const { store, makeRoom } = world(Object.fromEntries(
        [...order].map((id) => [id, since(7, { device: devices[id as keyof typeof devices] })]),
      ));
      await makeRoom("ada");
      expect(store.ids().toSorted()).toEqual(["b", "c"]);
    },
  );

  test("what is over, or none of the subject's, takes nobody's place", async () => {
    const { store, heard, makeRoom } = world({
      one: since(1),
      over: { ...since(2), expires: 4_000 },
      two: since(3),
      other: { ...since(4), notes: { subject: "bob" } },
    }, 3);
    store.list = () => ["one", "over", "two", "other"];
    await makeRoom("ada");
    expect([store.ids().includes("one"), store.ids().includes("two"), heard])
      .toEqual([true, true, []]);
  });

  test("others' sessions are none of its concern", async () => {
    const { store, makeRoom } = world({
      a: { subject: "bob" },
      b: { subject: "bob" },
      c: { subject: "bob" },
    });
    await makeRoom("ada");
    expect(store.ids()).toEqual(["a", "b", "c"]);
  });
});

describe("where there is room", () => {
  test("no session is read", async () => {
    const { store, read, makeRoom } = world({ a: since(1), b: since(2) });
    await makeRoom("ada");
    expect([store.ids(), read]).toEqual([["a", "b"], []]);
  });

  test("without a limit, or without a subject, the store is not asked at all", () => {
    const { manager, store } = makeManager();
    store.list = () => expect.unreachable();
    expect(makeRoom(manager.settings, "ada")).toBeUndefined();
    const limited = { ...manager.settings, maxSessions: 1 };
    expect(makeRoom(limited, undefined)).toBeUndefined();
  });
});

describe("a room that could not be made is an event, and tells nobody's id", () => {
  test("where a session could not be ended", async () => {
    const { store, heard, makeRoom } = world({ first: since(1), b: since(2), c: since(3) });
    store.destroy = (id) => {
      throw new Error(`no ${id}`);
    };
    await makeRoom("ada");
    expect(heard).toEqual([["destroy", expect.objectContaining({ code: "STORE_FAILED" })]]);
    const [[, error]] = heard as [[string, { cause: Error }]];
    expect(error.cause.message).toBe("no [id]");
    expect(store.ids()).toHaveLength(3);
  });

  test("where the login had no name", async () => {
    const { heard, makeRoom } = world({});
    await makeRoom("");
    expect(heard).toEqual([["destroy", expect.any(TypeError)]]);
    const [[, error]] = heard as [[string, TypeError]];
    expect(error.message).toMatch(/^login\(\) needs a subject/);
  });
});

describe("the oldest that another process moves meanwhile", () => {
  const three = { old: since(1), b: since(2), c: since(3) };

  test("is ended under its new id", async () => {
    const { store, heard, makeRoom } = world(three);
    const { destroy } = store;
    store.destroy = (id) => {
      if (id !== "old") return destroy.call(store, id);
      destroy.call(store, id);
      store.create("moved", loggedIn(since(1)));
      return false;
    };
    await makeRoom("ada");
    expect(store.ids().toSorted()).toEqual(["b", "c"]);
    expect(heard.map(([name]: any) => name)).toEqual(["evicted"]);
  });

  test("is not chased for ever", async () => {
    const { store, heard, makeRoom } = world(three);
    const { destroy } = store;
    let moves = 0;
    store.destroy = (id) => {
      destroy.call(store, id);
      store.create(`moved${++moves}`, loggedIn(since(1)));
      return false;
    };
    await makeRoom("ada");
    expect([moves, heard]).toEqual([11, []]);
  });
});

test("a session that has two records for a while is one, and both end", async () => {
  const { store, heard, makeRoom } = world({
    old: since(1, { device: "phone" }),
    alias: since(1, { device: "phone" }),
    b: since(2, { device: "b" }),
    c: since(3, { device: "c" }),
  });
  await makeRoom("ada");
  expect(store.ids().toSorted()).toEqual(["b", "c"]);
  expect(heard).toHaveLength(1);
});

test("where all that are too many have ended, the store is not asked again", async () => {
  const { store, makeRoom } = world({ a: since(1), b: since(2), c: since(3) });
  let lists = 0;
  const { list } = store;
  store.list = (subject) => (lists++, list.call(store, subject));
  await makeRoom("ada");
  expect([lists, store.ids().toSorted()]).toEqual([1, ["b", "c"]]);
});
