/** Compare and swap: lost rounds are played again, on what stands there now, and not for ever. */
import { describe, expect, test } from "vitest";
import { CommitLoop } from "../../src/core/commit_loop.ts";
import type { Data } from "../../src/core/session_data.ts";
import { rotate } from "../../src/core/session_operations.ts";
import { SessionState } from "../../src/core/session_state.ts";
import type { SessionRecord, SessionStore } from "../../src/store.ts";
import { makeManager, noPause as clock, type Visit } from "./manager_support.ts";

const GONE = { code: "SESSION_GONE" };
const increment = (data: Data) => void (data["n"] = data["n"] as number + 1);

/** A verb that waits until it is let through. */
function held<Verb extends keyof SessionStore>(store: SessionStore, name: Verb) {
  let go!: () => void;
  const gone = new Promise<void>((resolve) => go = resolve);
  const verb = store[name] as (...args: unknown[]) => unknown;
  Object.assign(store, {
    [name]: async (...args: unknown[]) => {
      await gone;
      return verb.apply(store, args);
    },
  });
  return go;
}

describe("rounds", () => {
  test("one that is lost is played again, on what stands there now", async () => {
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
    await expect(visit.save()).rejects.toMatchObject({
      code: "SESSION_CONFLICT",
      message: "Other writers won 1000 times in a row",
    });
    expect(stored("id")).toEqual({ a: 1 });
  });

  test("whoever has lost six in a row asks the others to wait, and again after six more", async () => {
    const { begin, open, store } = makeManager({ clock });
    await begin("id", { n: 1 }).save();
    const visit = await open("id");
    const { commit, create } = store;
    let lost = 0;
    const asked: number[] = [];
    store.create = (id, record) => (asked.push(lost), create.call(store, id, record));
    store.commit = (id, record, version) => {
      if (lost < 14) return lost++, { status: "conflict", current: store.read(id)! };
      return commit.call(store, id, record, version);
    };
    await visit.update(increment);
    // With the lease at hand nobody has to be asked again.
    expect(asked).toEqual([6]);
  });

  test("a session that has gone by the time others let one through is gone", async () => {
    const { begin, open, store } = makeManager({ clock });
    await begin("id", { n: 1 }).save();
    const visit = await open("id");
    const current = store.read("id")!;
    store.commit = () => {
      store.destroy("id");
      return { status: "conflict", current };
    };
    visit.session["mine"] = true;
    await expect(visit.update(increment)).rejects.toMatchObject(GONE);
    expect(visit.state.isGone("id")).toBe(true);
  });
});

describe("turns", () => {
  test("a session that is not stored has none", () => {
    const settings = { ...makeManager().manager.settings };
    const loop = new CommitLoop(settings);
    expect(() => loop.inTurn(new SessionState(), () => {})).toThrow(expect.objectContaining(GONE));
  });

  test("a change that waits goes on where its own request has moved the session meanwhile", async () => {
    const { begin, open, store, stored } = makeManager({ clock });
    await begin("old", { n: 1 }).save();
    const visit = await open("old");
    const go = held(store, "rotate");
    const moved = rotate(visit, true);
    const updated = visit.update(increment);
    go();
    await Promise.all([moved, updated]);
    expect([stored("old"), stored("drawn")]).toEqual([undefined, { n: 2 }]);
    expect(visit.state.isGone("old")).toBe(true);
  });

  test("a change that waits is not stored where its own request has ended the session meanwhile", async () => {
    const { begin, open, manager, store, stored } = makeManager({ clock });
    await begin("id", { n: 1 }).save();
    const visit = await open("id");
    const go = held(store, "commit");
    const first = visit.update(increment);
    const second = visit.update(increment);
    store.destroy = () => new Promise<void>(() => {}) as never;
    void manager.destroy(visit.state, "id");
    go();
    await first;
    await expect(second).rejects.toMatchObject(GONE);
    expect(stored("id")).toEqual({ n: 2 });
  });

  test.each<[string, boolean, number]>([
    ["knows what the one before it has stored", true, 1],
    ["asks where the store does not tell the mark", false, 2],
  ])("whoever waits %s", async (_rule, tells, expected) => {
    const { begin, open, store, stored } = makeManager({ clock });
    await begin("id", { n: 1 }).save();
    const visits = [await open("id"), await open("id")];
    const { commit, read } = store;
    let [reads, commits] = [0, 0];
    store.read = (id) => (reads++, read.call(store, id));
    store.commit = (id, record, version) => {
      commits++;
      const outcome = commit.call(store, id, record, version);
      return tells || outcome.status !== "committed" ? outcome : { status: "committed" };
    };
    const go = held(store, "commit");
    const updated = visits.map((visit) => visit.update(increment));
    go();
    await Promise.all(updated);
    expect([reads, commits]).toEqual([expected, 2]);
    expect(stored("id")).toEqual({ n: 3 });
  });
});

describe("maxBytes", () => {
  const sized = async (bytes: number, maxBytes: number) => {
    const { store, begin } = makeManager({ maxBytes: Infinity });
    // `{"a":"…"}`
    await begin("id", { a: "x".repeat(bytes - 8) }).save();
    return makeManager({ maxBytes }, store);
  };

  test("is asked about what others have stored as well", async () => {
    const { open, stored } = await sized(60, 100);
    const visit = await open("id");
    const adding = visit.update((data) => void (data["b"] = "x".repeat(60)));
    await expect(adding).rejects.toThrow("Session data exceed 100 bytes");
    expect(Object.keys(stored("id")!)).toEqual(["a"]);
  });

  test.each<[string, number, number, boolean]>([
    ["as many bytes as it says are allowed", 30, 40, true],
    ["one more is not", 30, 41, false],
    ["a session that is too large already may shrink", 90, 89, true],
    ["… but not stay so, with other data", 90, 90, false],
    ["… nor grow", 90, 91, false],
  ])("%s", async (_rule, from, to, isAllowed) => {
    const { open, stored } = await sized(from, 40);
    const visit = await open("id");
    const changed = visit.update((data) => void (data["a"] = "y".repeat(to - 8)));
    if (isAllowed) await changed;
    else await expect(changed).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
    expect((stored("id")!["a"] as string)[0]).toBe(isAllowed ? "y" : "x");
  });

  test("refuses a new session, however few bytes it allows", async () => {
    const saving = makeManager({ maxBytes: 5 }).begin("id", { a: 1 }).save();
    await expect(saving).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
  });
});

describe("what the store is handed", () => {
  /** What `commit()` was given, looked at a tick later, as a store on another machine does. */
  async function handed(change: (visit: Visit) => void) {
    const made = makeManager({ clock });
    await made.begin("id", { a: 1 }).save();
    const visit = await made.open("id");
    const seen: object[] = [];
    const { commit } = made.store;
    made.store.commit = (async (id: string, record: SessionRecord, version: unknown) => {
      await Promise.resolve();
      seen.push(record.session!);
      Object.assign(record.session!, { mark: true });
      return commit.call(made.store, id, record, version);
    }) as never;
    visit.session["b"] = 2;
    const saved = visit.save();
    change(visit);
    await saved;
    return { visit, seen: seen[0] as Data };
  }

  test("is the session itself, where that holds what is stored", async () => {
    const { visit, seen } = await handed(() => {});
    expect(seen).toBe(visit.session);
  });

  test("is a stand-in where the handler has gone on meanwhile: its marks come home", async () => {
    const { visit, seen } = await handed(({ session }) => session["b"] = 3);
    expect(seen).not.toBe(visit.session);
    expect(seen).toMatchObject({ a: 1, b: 2 });
    expect(visit.session).toMatchObject({ a: 1, b: 3, mark: true });
  });

  test("is a stand-in where the session has more than it shows", async () => {
    const { visit, seen } = await handed(({ state }) => {
      state.notes = { subject: "ada" };
    });
    expect(seen).not.toBe(visit.session);
  });
});

test("a failure tells none of the ids it was about", async () => {
  const { begin, open, store } = makeManager({ clock });
  await begin("secret-old", { n: 1 }).save();
  const visit = await open("secret-old");
  const failing = () => {
    throw new Error("down: secret-old, drawn");
  };
  store.commit = store.rotate = failing;
  const causes: unknown[] = [];
  const failed = [visit.update(increment), (async () => await rotate(visit, true))()];
  for (const each of failed) await each.catch(({ cause }: Error) => causes.push(cause));
  expect(causes.map((cause) => (cause as Error).message)).toEqual([
    "down: [id], drawn",
    "down: [id], [id]",
  ]);
});

test("what has ended is no session any more for a change that reads it, whatever the store thinks", async () => {
  const { begin, open, store } = makeManager({ clock });
  await begin("id", { n: 1 }).save();
  const visit = await open("id");
  const { read } = store;
  store.read = (id) => ({ ...read.call(store, id)!, expires: -1 });
  await expect(visit.update(increment)).rejects.toMatchObject(GONE);
});

test("`false`, an old way to say that a cookie has no end, stays what it is beside others' changes", async () => {
  const { begin, open, store } = makeManager({ clock });
  await begin("id", { n: 1 }).save();
  const [visit, other] = [await open("id"), await open("id")];
  other.session["theirs"] = 1;
  await other.save();
  visit.session["cookie"] = { originalMaxAge: null, expires: false, path: "/" };
  visit.session["mine"] = 1;
  await visit.save();
  expect(JSON.parse(store.read("id")!.json)).toEqual({
    cookie: { originalMaxAge: null, expires: false, path: "/" },
    ...{ n: 1, theirs: 1, mine: 1 },
  });
});

test("a store of the application's own is handed what the handler does not see as well", async () => {
  const { begin, open, store } = makeManager({ clock });
  const first = begin("id", { n: 1 });
  first.state.notes = { subject: "ada" };
  await first.save();
  const visit = await open("id");
  visit.session["n"] = 2;
  const { commit } = store;
  const handed: unknown[] = [];
  store.commit = (id, record, version) => {
    handed.push({ ...record.session });
    return commit.call(store, id, record, version);
  };
  await visit.save();
  expect(handed).toEqual([expect.objectContaining({ n: 2, $websession: { subject: "ada" } })]);
});
