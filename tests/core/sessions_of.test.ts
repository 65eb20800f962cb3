/** The live sessions of one subject, read from their store. */
import { expect, test } from "vitest";
import { sessionsOf } from "../../src/core/sessions_of.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeManager } from "./manager_support.ts";
import { loggedIn, type Login } from "./subject_support.ts";

const NOW = 5_000;

function world(logins: Record<string, Login>) {
  const clock = { now: () => NOW, after: () => () => {} };
  const { manager, store } = makeManager(
    { clock },
    memoryStore({ sweepInterval: 0, now: () => 0 }),
  );
  for (const [id, login] of Object.entries(logins)) store.create(id, loggedIn(login));
  const found = async (names: readonly string[]) => {
    const sessions = [];
    for await (const session of sessionsOf(manager.settings, "ada", names)) sessions.push(session);
    return sessions;
  };
  return { store, found };
}

test("each comes with what it is: its name, its key, its cookie, its notes and its end", async () => {
  const { found } = world({
    a: { notes: { device: "phone", createdAt: 1 }, expires: NOW + 1, cookie: { path: "/" } },
    b: { notes: { device: 5 as never } },
  });
  expect(await found(["a", "b"])).toEqual([
    {
      name: "a",
      key: "phone",
      cookie: { path: "/" },
      notes: { subject: "ada", device: "phone", createdAt: 1 },
      expires: NOW + 1,
    },
    // A device that is no text is none: the name is the key.
    { name: "b", key: "b", cookie: {}, notes: { subject: "ada", device: 5 }, expires: null },
  ]);
});

test("what is gone, over, no session, or another subject's by now is left out", async () => {
  const { store, found } = world({
    over: { expires: NOW },
    moved: { notes: { subject: "bob" } },
    lives: {},
  });
  store.create("broken", { json: "{", expires: null, subject: "ada" });
  const sessions = await found(["gone", "over", "moved", "broken", "lives"]);
  expect(sessions.map(({ name }) => name)).toEqual(["lives"]);
  expect(await found([])).toEqual([]);
});

test("very many are read sixteen at a time, each once, and told in their order", async () => {
  const names = Array.from({ length: 40 }, (_, number) => `id${number}`);
  const { store, found } = world(Object.fromEntries(names.map((name) => [name, {}])));
  const { read } = store;
  const asked: string[] = [];
  let [open, most] = [0, 0];
  store.read = (async (id: string) => {
    asked.push(id);
    most = Math.max(most, ++open);
    await new Promise(setImmediate);
    open--;
    return read.call(store, id);
  }) as never;
  expect((await found(names)).map(({ name }) => name)).toEqual(names);
  expect([asked, most]).toEqual([names, 16]);
});

test("a failure tells neither whose sessions nor which one", async () => {
  const { store, found } = world({});
  store.read = (id) => {
    throw new Error(`no ${id} of ada`);
  };
  await expect(found(["a-name"])).rejects.toMatchObject({
    code: "STORE_FAILED",
    cause: { message: "no [id] of [id]" },
  });
});

test("one that moves between the list and its read is found under its new id, others are read once", async () => {
  const { store, found } = world({ a: {}, moves: { notes: { device: "phone" } }, b: {} });
  const { read } = store;
  const asked: string[] = [];
  store.read = (id) => {
    asked.push(id);
    if (id === "moves") {
      store.destroy("moves");
      store.create("moved", loggedIn({ notes: { device: "phone" } }));
    }
    return read.call(store, id);
  };
  const sessions = await found(["a", "moves", "b"]);
  expect(sessions.map(({ name }) => name)).toEqual(["a", "b", "moved"]);
  expect(asked).toEqual(["a", "moves", "b", "moved"]);
});

test("one that moves whenever it is read is not looked for without end", async () => {
  const { store, found } = world({ id0: {} });
  let moves = 0;
  store.read = (id) => {
    store.destroy(id);
    store.create(`id${++moves}`, loggedIn());
    return undefined;
  };
  expect([await found(["id0"]), moves]).toEqual([[], 11]);
});
