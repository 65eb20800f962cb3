/** A change of the newest data: stored with its session, or not at all. */
import { describe, expect, test, vi } from "vitest";
import type { Data } from "../../src/core/session_data.ts";
import { META } from "../../src/core/session_metadata.ts";
import { rotate } from "../../src/core/session_operations.ts";
import { HandTime } from "../promises/hand_time.ts";
import type { SessionStore } from "../../src/store.ts";
import { makeManager, noPause, otherProcess } from "./manager_support.ts";

const increment = (data: Data) => void (data["n"] = data["n"] as number + 1);

test("answers at once where the store does, with what the function returned", async () => {
  const { begin, open, manager, stored } = makeManager();
  await begin("id", { n: 1 }).save();
  const { state, session } = await open("id");
  expect(manager.update(state, session, (data) => data["n"] = 5)).toBe(5);
  expect([stored("id"), session["n"]]).toEqual([{ n: 5 }, 5]);
});

test("stores nothing where the function changed nothing", async () => {
  const { begin, open, store } = makeManager();
  await begin("id", { n: 1 }).save();
  const visit = await open("id");
  const { version } = store.read("id")!;
  expect(await visit.update((data) => data["n"])).toBe(1);
  expect(store.read("id")!.version).toBe(version);
});

test("a function gets a copy: what it leaves in it, and changes later, is not stored", async () => {
  const { begin, open, stored } = makeManager();
  await begin("id", { list: [1] }).save();
  const visit = await open("id");
  let kept!: number[];
  await visit.update((data) => void (kept = data["list"] as number[]).push(2));
  kept.push(3);
  expect([visit.session["list"], stored("id")]).toEqual([[1, 2], { list: [1, 2] }]);
});

test("neither our notes nor names that are taken are in its reach", async () => {
  const { begin, open, stored } = makeManager();
  const first = begin("id", { n: 1 });
  first.state.notes = { subject: "ada" };
  await first.save();
  const visit = await open("id");
  let seen: unknown;
  await visit.update((data) => {
    seen = data[META];
    Object.assign(data, { [META]: { subject: "mallory" }, n: 2 });
  });
  expect(seen).toBeUndefined();
  expect(stored("id")).toEqual({ n: 2, [META]: { subject: "ada" } });
  expect(visit.state.subject).toBe("ada");
});

describe("a function that returns a new object, and leaves the one it was given as it is,", () => {
  const MISTAKE = new TypeError(
    "update() stores changed data, not what is returned",
  );

  test.each<[string, (data: Data) => unknown]>([
    ["at once", (data) => ({ ...data, n: 5 })],
    ["later", (data) => Promise.resolve({ ...data, n: 5 })],
  ])("is told so %s, and nothing is stored", async (_when, change) => {
    const { begin, open, stored } = makeManager();
    await begin("id", { n: 1 }).save();
    const visit = await open("id");
    await expect((async () => await visit.update(change))()).rejects.toThrow(MISTAKE);
    expect([stored("id"), visit.session["n"]]).toEqual([{ n: 1 }, 1]);
    const anonymous = begin("new", {});
    await expect((async () => await anonymous.update(change))()).rejects.toThrow(MISTAKE);
    expect(stored("new")).toBeUndefined();
  });

  test.each<[string, (data: Data) => unknown]>([
    ["the data themselves", (data) => data],
    ["a part of them", (data) => data["cart"]],
    ["a number", (data) => data["n"]],
    ["a list", (data) => Object.keys(data)],
    ["something of a class", () => new Date(0)],
    ["nothing", () => null],
    ["an object, of data that it has changed", (data) => (data["n"] = 2, { total: 2 })],
    ["an object with less in it", (data) => ({ n: data["n"] })],
  ])("is no other that returns %s", async (_what, change) => {
    const { begin, open } = makeManager();
    await begin("id", { n: 1, cart: { tea: 1 } }).save();
    const visit = await open("id");
    const answer = await visit.update(change);
    expect(answer).toEqual(change(JSON.parse(JSON.stringify({ n: 1, cart: { tea: 1 } }))));
  });
});

describe("a function that takes time", () => {
  /** Another process that writes before each commit, so often. */
  async function beside(
    rivals: number,
    mayWrite = (_store: SessionStore) => true,
    clock = noPause,
  ) {
    const made = makeManager({ clock });
    await made.begin("id", { n: 0 }).save();
    const rival = makeManager({ store: otherProcess(made.store) }, made.store);
    const visit = await made.open("id");
    let runs = 0;
    const done = visit.update(async (data) => {
      runs++;
      await Promise.resolve();
      if (runs <= rivals && mayWrite(made.store)) await (await rival.open("id")).update(increment);
      increment(data);
    });
    return { done, stored: made.stored, runs: () => runs };
  }

  test.each([0, 1, 5, 50])("is not lost beside %i writes of another process", async (rivals) => {
    const { done, stored, runs } = await beside(rivals);
    await done;
    expect([stored("id"), runs()]).toEqual([{ n: rivals + 1 }, rivals + 1]);
  });

  test("asks writers that would always be faster to let it go first", async () => {
    const isFree = (store: SessionStore) => store.read("id.lease") === undefined;
    // Leases end by the store's clock.
    const clock = { ...noPause, now: Date.now };
    const { done, stored, runs } = await beside(Infinity, isFree, clock);
    await done;
    expect([stored("id"), runs()]).toEqual([{ n: 4 }, 4]);
  });

  test("gives up some time, and stores nothing then", async () => {
    const { done, stored, runs } = await beside(Infinity);
    await expect(done).rejects.toMatchObject({
      code: "SESSION_CONFLICT",
      message: "update() came too late 100 times",
    });
    expect((stored("id") as { n: number }).n).toBe(runs());
    // Once at first, and once more each time that it came too late.
    expect(runs()).toBe(101);
  });

  test("from its fourth run on it has the session to itself, of other processes as well", async () => {
    const { begin, open, store, stored } = makeManager({ clock: noPause });
    await begin("id", { n: 0 }).save();
    const { create } = store;
    const asked: string[] = [];
    store.create = (id, record) => (asked.push(`${id} ${runs}`), create.call(store, id, record));
    const rivals: Promise<unknown>[] = [];
    const through: number[] = [];
    const visit = await open("id");
    let runs = 0;
    await visit.update(async (data) => {
      const run = ++runs;
      const rival = await open("id");
      let isOver = false;
      rivals.push(rival.update((theirs) => (increment(theirs), through.push(run))));
      void rivals.at(-1)!.then(() => isOver = true);
      for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
      if (!isOver) asked.push(`waits ${run}`);
      increment(data);
    });
    await Promise.all(rivals);
    expect(asked).toEqual(["id.lease 3", "waits 4"]);
    expect([runs, through, stored("id")]).toEqual([4, [1, 2, 3, 4], { n: 5 }]);
  });

  test("counts though its own request moves the session meanwhile", async () => {
    const { begin, open, stored } = makeManager();
    await begin("old", { n: 0 }).save();
    const visit = await open("old");
    let runs = 0;
    const updated = visit.update(async (data) => {
      if (++runs === 1) await rotate(visit, true);
      increment(data);
      return runs;
    });
    expect([await updated, stored("old"), stored("drawn")]).toEqual([2, undefined, { n: 1 }]);
    expect(visit.session["n"]).toBe(1);
  });

  test("does its work once a round, however often its promise is looked at", async () => {
    const { begin, open } = makeManager();
    await begin("id", { n: 0 }).save();
    let asked = 0;
    // As a query builder: each `then()` runs the query.
    const query = { then: (done: (value: string) => void) => (asked++, done("row")) };
    const visit = await open("id");
    expect(await visit.update((data) => (increment(data), query as never))).toBe("row");
    expect(asked).toBe(1);
  });

  test("lets others go on when it takes longer than the store may", async () => {
    const time = new HandTime();
    const { begin, open, stored } = makeManager({ clock: time, ioTimeout: 1000 });
    await begin("id", { n: 0 }).save();
    const order: string[] = [];
    let [began, wrote] = [0, 0];
    await time.during(async () => {
      const slow = await open("id");
      let runs = 0;
      const updated = slow.update(async (data) => {
        increment(data);
        // Others write in the rounds in which it does not hold the session.
        if (++runs <= 3) await (await open("id")).update(increment);
        else if (runs === 4) {
          began = time.passed;
          await time.sleep(5000);
        }
        order.push(`slow ${runs}`);
      });
      const other = (async () => {
        while (runs < 4) await new Promise(setImmediate);
        await time.sleep(500);
        await (await open("id")).update(increment);
        wrote = time.passed;
        order.push("other");
      })();
      await Promise.all([updated, other]);
    });
    // As long as a store may take, and not as long again.
    expect(wrote - began).toBe(1000);
    expect(order.indexOf("other")).toBeLessThan(order.indexOf("slow 4"));
    expect(stored("id")).toEqual({ n: 5 });
  });
});

test("one whose function waits for an update of its own gives up, when it was too slow three times", async () => {
  const time = new HandTime();
  const { begin, open, stored } = makeManager({ clock: time, ioTimeout: 1000 });
  await begin("id", { n: 0 }).save();
  await time.during(async () => {
    const outer = (await open("id")).update(async (data) => {
      await (await open("id")).update(increment);
      data["outer"] = true;
    });
    await expect(outer).rejects.toMatchObject({
      code: "SESSION_CONFLICT",
      message: "update() came too late 3 times",
    });
  });
  expect(stored("id")).not.toHaveProperty("outer");
});

test("a session that is gone by then is not updated", async () => {
  const { begin, open, store, stored } = makeManager();
  await begin("id", { n: 0 }).save();
  const [visit, slow] = [await open("id"), await open("id")];
  const updating = slow.update(async (data) => {
    await Promise.resolve();
    store.destroy("id");
    increment(data);
  });
  await expect(updating).rejects.toMatchObject({ code: "SESSION_GONE" });
  await expect(visit.update(increment)).rejects.toMatchObject({ code: "SESSION_GONE" });
  expect([stored("id"), slow.session["n"]]).toEqual([undefined, 0]);
});

test("the lifetime another request has given the session meanwhile is its own from then on", async () => {
  const { begin, open, store } = makeManager();
  await begin("id", { n: 0 }).save();
  for (const change of [increment, () => {}]) {
    const visit = await open("id");
    const cookie = JSON.stringify({ originalMaxAge: 5000, expires: new Date(9e12) });
    const { version, json } = store.read("id")!;
    const data = JSON.parse(json);
    const text = JSON.stringify({ ...data, cookie: JSON.parse(cookie) });
    store.commit("id", { json: text, expires: 9e12 }, version);
    await visit.update(change);
    expect(visit.session["cookie"]).toMatchObject({ originalMaxAge: 5000 });
    expect(visit.state.cookieEdited(visit.session)).toBe(false);
    store.destroy("id");
    await begin("id", { n: 0 }).save();
  }
});

test("an update begins the lifetime again, as any visit does", async () => {
  vi.useFakeTimers();
  try {
    const { begin, open, store } = makeManager();
    const first = begin("id", { n: 0 });
    (first.session["cookie"] as { maxAge: number }).maxAge = 60_000;
    await first.save();
    const visit = await open("id");
    vi.advanceTimersByTime(30_000);
    await visit.update(increment);
    expect(store.read("id")!.expires).toBe(Date.now() + 60_000);
  } finally {
    vi.useRealTimers();
  }
});

test("a session whose handler has taken its cookie away is updated all the same", async () => {
  const { begin, open, stored } = makeManager();
  await begin("id", { n: 0 }).save();
  const visit = await open("id");
  delete visit.session["cookie"];
  await visit.update(increment);
  expect([stored("id"), visit.session["n"]]).toEqual([{ n: 1 }, 1]);
});
