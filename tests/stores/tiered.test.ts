import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { tieredStore } from "../../src/stores/tiered.ts";
import { faultyStore, gateStore, testStore } from "../../src/testing/mod.ts";
import { lateStore } from "../testing/late_store.ts";

const capabilities = {
  atomic: "one process",
  clock: "injected",
  iterate: true,
  sweep: true,
  subject: true,
} as const;

testStore({
  name: "tiered over a store that answers at once",
  create: ({ now }) => ({ store: tieredStore({ store: memoryStore({ now }), now }) }),
  capabilities,
  test,
});

testStore({
  name: "tiered over a store that answers late",
  create: ({ now }) => ({ store: tieredStore({ store: lateStore(now), now }) }),
  capabilities,
  interleavings: 5_000,
  test,
});

testStore({
  name: "tiered with room for one session",
  create: ({ now }) => ({ store: tieredStore({ store: lateStore(now), now, max: 1 }) }),
  capabilities,
  test,
});

testStore({
  name: "tiered that remembers nothing",
  create({ now }) {
    const store = lateStore(now);
    const tier = () => tieredStore({ store, now, freshFor: 0, negativeFor: 0 });
    // Without memory two processes agree at once.
    return { store: tier(), peer: tier() };
  },
  capabilities: { ...capabilities, atomic: true },
  test,
});

const record = (value: number, expires: number | null = 1e12, subject?: string) => ({
  json: JSON.stringify({ cookie: { originalMaxAge: null }, value }),
  expires,
  subject,
});

/** Two processes in front of one store, on one clock. */
async function processes(options: { freshFor?: number; negativeFor?: number } = {}) {
  const clock = { time: 1_000_000 };
  const now = () => clock.time;
  const gate = gateStore(memoryStore({ now }));
  const tier = () => tieredStore({ store: gate.store, now, freshFor: 500, ...options });
  const [a, b] = [tier(), tier()];
  await a.create("id", record(0));
  const asked = (verb: string) => gate.calls.filter((call) => call.verb === verb).length;
  return { clock, gate, a, b, asked, backing: gate.store };
}

const value = (stored: { json: string } | undefined) =>
  stored && (JSON.parse(stored.json) as { value: number }).value;

test("reads come from memory until freshFor has passed since the store was asked", async () => {
  const { a, clock, asked } = await processes();
  await a.read("id");
  expect(asked("read")).toBe(1);
  clock.time += 499;
  await a.read("id");
  expect(asked("read")).toBe(1);
  clock.time += 1;
  await a.read("id");
  expect(asked("read")).toBe(2);
});

test("the time a slow store takes counts towards freshFor", async () => {
  const { a, clock, gate, asked } = await processes();
  const held = gate.hold("read", { at: "answer" });
  const reading = a.read("id");
  await held.arrived;
  clock.time += 400;
  held.release();
  await reading;
  clock.time += 99;
  await a.read("id");
  expect(asked("read")).toBe(1);
  clock.time += 1;
  await a.read("id");
  expect(asked("read")).toBe(2);
});

test("the default bound of staleness is one second", async () => {
  const clock = { time: 1_000_000 };
  const now = () => clock.time;
  const backing = memoryStore({ now });
  const [a, b] = [tieredStore({ store: backing, now }), tieredStore({ store: backing, now })];
  await a.create("id", record(0));
  await b.read("id");
  await a.destroy("id");
  clock.time += 999;
  expect(await b.read("id")).toBeDefined();
  clock.time += 1;
  expect(await b.read("id")).toBeUndefined();
});

test("a clock that is set back makes nothing fresh again", async () => {
  const { a, clock, asked } = await processes();
  await a.read("id");
  clock.time -= 10_000;
  await a.read("id");
  expect(asked("read")).toBe(2);
});

test("a destroy at A is seen at B within freshFor", async () => {
  const { a, b, clock } = await processes();
  await b.read("id");
  await a.destroy("id");
  expect(await a.read("id")).toBeUndefined();
  clock.time += 499;
  expect(value(await b.read("id"))).toBe(0);
  clock.time += 1;
  expect(await b.read("id")).toBeUndefined();
});

test("a commit by a stale B is gone, and B stops serving the session at once", async () => {
  const { a, b, asked, backing } = await processes();
  const stale = await b.read("id");
  await a.destroy("id");
  expect(await b.commit("id", record(1), stale?.version)).toEqual({ status: "gone" });
  const before = asked("read");
  expect(await b.read("id")).toBeUndefined();
  expect(asked("read")).toBe(before);
  expect(await backing.read("id")).toBeUndefined();
});

test("a touch or rotate by a stale B is gone as well", async () => {
  const { a, b, backing } = await processes();
  const stale = await b.read("id");
  await a.destroy("id");
  expect(await b.touch("id", 1e12)).toBe(false);
  expect(await b.read("id")).toBeUndefined();
  expect(await b.rotate("id", "to", record(1), stale?.version)).toEqual({ status: "gone" });
  expect(backing.length()).toBe(0);
});

test("a stale B conflicts, and its memory then holds what A wrote", async () => {
  const { a, b, asked } = await processes();
  const stale = await b.read("id");
  await a.commit("id", record(1), (await a.read("id"))?.version);
  const result = await b.commit("id", record(2), stale?.version);
  expect(result.status).toBe("conflict");
  const before = asked("read");
  const current = await b.read("id");
  expect(value(current)).toBe(1);
  expect(asked("read")).toBe(before);
  expect((await b.commit("id", record(2), current?.version)).status).toBe("committed");
});

test("a commit is read back from memory, and a touch keeps what was known", async () => {
  const { a, asked } = await processes();
  await a.commit("id", record(1), (await a.read("id"))?.version);
  await a.touch("id", 2e12);
  const stored = await a.read("id");
  expect([value(stored), stored?.expires, asked("read")]).toEqual([1, 2e12, 1]);
});

test("a touch makes nothing younger", async () => {
  const { a, b, clock } = await processes();
  await b.read("id");
  await a.commit("id", record(1), (await a.read("id"))?.version);
  clock.time += 499;
  await b.touch("id", 2e12);
  expect(value(await b.read("id"))).toBe(0);
  clock.time += 1;
  expect(value(await b.read("id"))).toBe(1);
});

test("a read under way when destroy() comes does not fill the memory again", async () => {
  const { a, gate, backing, asked } = await processes({ negativeFor: 0 });
  const held = gate.hold("read", { at: "answer" });
  const reading = a.read("id");
  await held.arrived;
  await a.destroy("id");
  held.release();
  await reading;
  expect(await a.read("id")).toBeUndefined();
  expect(asked("read")).toBe(2);
  expect(await backing.read("id")).toBeUndefined();
});

test("a read that begins while destroy() is under way does not either", async () => {
  const { a, gate } = await processes({ negativeFor: 0 });
  const destroy = gate.hold("destroy");
  const destroying = a.destroy("id");
  await destroy.arrived;
  expect(value(await a.read("id"))).toBe(0);
  destroy.release();
  await destroying;
  expect(await a.read("id")).toBeUndefined();
});

test("a read under way when rotate(), destroyAll() or clear() comes does not either", async () => {
  for (const verb of ["rotate", "destroyAll", "clear"] as const) {
    const { a, gate } = await processes({ negativeFor: 0 });
    const version = (await a.read("id"))?.version;
    await a.commit("id", record(1, 1e12, "ada"), version);
    await a.touch("id", null);
    const held = gate.hold("read", { at: "answer" });
    const reading = a.read("id");
    await held.arrived;
    if (verb === "rotate") {
      const current = await gate.store.read("id");
      expect((await a.rotate("id", "to", record(2), current?.version)).status).toBe("committed");
    } else if (verb === "destroyAll") expect(await a.destroyAll("ada")).toBe(1);
    else await a.clear();
    held.release();
    await reading;
    expect(await a.read("id"), verb).toBeUndefined();
  }
});

test("an old answer that comes late does not replace a newer one", async () => {
  const { a, b, gate } = await processes();
  const held = gate.hold("read", { at: "answer" });
  const slow = a.read("id");
  await held.arrived;
  await b.commit("id", record(1), (await b.read("id"))?.version);
  expect(value(await a.read("id"))).toBe(1);
  held.release();
  expect(value(await slow)).toBe(0);
  expect(value(await a.read("id"))).toBe(1);
});

test("a replica that lags behind cannot bring a destroyed session back", async () => {
  const clock = { time: 1_000_000 };
  const now = () => clock.time;
  const primary = memoryStore({ now });
  const lagging = memoryStore({ now });
  primary.create("id", record(0));
  lagging.create("id", record(0));
  const store = {
    atomic: true,
    create: primary.create.bind(primary),
    read: lagging.read.bind(lagging),
    commit: primary.commit.bind(primary),
    touch: primary.touch.bind(primary),
    rotate: primary.rotate.bind(primary),
    destroy: primary.destroy.bind(primary),
  };
  const tier = tieredStore({ store, now, negativeFor: 5_000 });
  expect(await tier.read("id")).toBeDefined();
  await tier.destroy("id");
  clock.time += 4_999;
  expect(await tier.read("id")).toBeUndefined();
  clock.time += 1;
  expect(await tier.read("id")).toBeDefined(); // negativeFor is the bound, and says so
});

test("a destroy() that failed is not taken for done, and neither is a commit()", async () => {
  const now = () => 1_000_000;
  const backing = memoryStore({ now });
  const store = faultyStore(backing, [
    { verb: "destroy", call: 1, fault: "reject" },
    { verb: "commit", call: 1, fault: "lost-ack" },
    { verb: "commit", call: 2, fault: "reject" },
  ]);
  const tier = tieredStore({ store, now });
  await tier.create("id", record(0));
  const version = (await tier.read("id"))?.version;
  await expect(tier.destroy("id")).rejects.toThrow("Planned fault");
  expect(value(await tier.read("id"))).toBe(0);
  await expect(tier.commit("id", record(1), version)).rejects.toThrow("Planned fault");
  const current = await tier.read("id");
  expect(value(current)).toBe(1);
  await expect(tier.commit("id", record(2), current?.version)).rejects.toThrow("Planned fault");
  expect(value(await tier.read("id"))).toBe(1);
  await tier.destroy("id");
  expect(await tier.read("id")).toBeUndefined();
});

test("an id that was rotated away lives again when a session is rotated to it", async () => {
  const { a } = await processes();
  await a.rotate("id", "b", record(1), (await a.read("id"))?.version);
  await a.rotate("b", "id", record(2), (await a.read("b"))?.version);
  expect(value(await a.read("id"))).toBe(2);
  expect(await a.read("b")).toBeUndefined();
});

test("the memory is bounded, and the least recently used session makes room", async () => {
  const now = () => 1_000_000;
  const gate = gateStore(memoryStore({ now }));
  const tier = tieredStore({ store: gate.store, now, max: 2 });
  for (const id of ["a", "b", "c"]) await tier.create(id, record(0));
  for (const id of ["a", "b", "a", "c"]) await tier.read(id);
  const before = gate.calls.length;
  await tier.read("a");
  await tier.read("c");
  expect(gate.calls.length).toBe(before);
  await tier.read("b");
  expect(gate.calls.length).toBe(before + 1);
});

test("it has the powers of the store behind it, and no others", () => {
  const memory = memoryStore();
  const { atomic, create, read, commit, touch, rotate, destroy } = lateStore(Date.now, memory);
  const plain = tieredStore({ store: { atomic, create, read, commit, touch, rotate, destroy } });
  for (const verb of ["all", "length", "clear", "sweep", "list", "destroyAll", "readAndTouch"]) {
    expect(verb in plain, verb).toBe(false);
    expect(verb in tieredStore({ store: memory }), verb).toBe(verb !== "readAndTouch");
  }
});

test("options are checked, and the value is not repeated", () => {
  const store = memoryStore();
  expect(() => tieredStore({ store: "secret" as never })).toThrow(
    new TypeError('Option "store" must be a session store, got a value of type string'),
  );
  expect(() => tieredStore({ store: { ...lateStore(Date.now), atomic: false } })).toThrow(
    new TypeError('Option "store" must be an atomic store'),
  );
  for (const name of ["max", "freshFor", "negativeFor", "now"]) {
    for (const wrong of ["1", -1, NaN]) {
      expect(() => tieredStore({ store, [name]: wrong })).toThrow(`Option "${name}" must be`);
    }
  }
});

test("an id that was gone is there again as soon as anybody has heard so", async () => {
  const memory = memoryStore();
  const late = lateStore(Date.now, memory);
  let answer = (): void => {};
  const answered = new Promise<void>((resolve) => answer = resolve);
  const record = { json: '{"cookie":{}}', expires: Date.now() + 60_000 };
  const create: typeof late.create = async (id, given) => {
    const created = memory.create(id, given);
    if (created) await answered;
    return created;
  };
  const store = tieredStore({ store: { ...late, create } });
  await store.destroy("id");
  expect(await store.read("id")).toBeUndefined();
  const first = store.create("id", record);
  expect(await store.create("id", record)).toBe(false);
  expect(await store.read("id")).toMatchObject({ json: record.json });
  answer();
  expect(await first).toBe(true);
});
