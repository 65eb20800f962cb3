import { expect, test, vi } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore, gateStore } from "../../src/testing/mod.ts";

const record = (value: number) => ({ json: JSON.stringify({ cookie: {}, value }), expires: null });

async function gated() {
  const memory = memoryStore();
  memory.create("id", record(0));
  memory.create("other", record(0));
  return { memory, gate: gateStore(memory) };
}

/** Whether a promise is still open after every turn that could settle it. */
async function open(promise: unknown): Promise<boolean> {
  let settled = false;
  Promise.resolve(promise).then(() => (settled = true), () => (settled = true));
  for (let turns = 0; turns < 20; turns++) await undefined;
  return !settled;
}

test("a held call has not happened until it is released", async () => {
  const { memory, gate } = await gated();
  const held = gate.hold("destroy");
  const destroying = gate.store.destroy("id");
  expect(await held.arrived).toEqual({ verb: "destroy", number: 1, args: ["id"] });
  expect(memory.read("id")).toBeDefined();
  expect(await open(destroying)).toBe(true);
  held.release();
  await destroying;
  expect(memory.read("id")).toBeUndefined();
});

test("a call held at its answer has happened", async () => {
  const { memory, gate } = await gated();
  const held = gate.hold("destroy", { at: "answer" });
  const destroying = gate.store.destroy("id");
  await held.arrived;
  expect(memory.read("id")).toBeUndefined();
  expect(await open(destroying)).toBe(true);
  held.release();
  await destroying;
});

test("holds take calls in order, of their verb and id only", async () => {
  const { gate } = await gated();
  const [first, second] = [gate.hold("read"), gate.hold("read", { id: "other" })];
  await gate.store.touch("id", null);
  const one = gate.store.read("id");
  expect(await open(gate.store.read("id"))).toBe(false);
  const two = gate.store.read("other");
  expect((await first.arrived).args).toEqual(["id"]);
  expect((await second.arrived).args).toEqual(["other"]);
  second.release();
  expect(await two).toBeDefined();
  expect(await open(one)).toBe(true);
  first.release();
  expect(await one).toBeDefined();
  expect(gate.calls.map(({ verb, number }) => `${verb} ${number}`))
    .toEqual(["touch 1", "read 1", "read 2", "read 3"]);
});

test("a hold that is released early does not stop its call", async () => {
  const { gate } = await gated();
  gate.hold("read").release();
  expect(await gate.store.read("id")).toBeDefined();
});

test("fail() rejects the call: before it happened, or after", async () => {
  const { memory, gate } = await gated();
  gate.hold("destroy").fail(new Error("cut"));
  await expect(gate.store.destroy("id")).rejects.toThrow("cut");
  expect(memory.read("id")).toBeDefined();
  gate.hold("destroy", { at: "answer" }).fail(new Error("cut"));
  await expect(gate.store.destroy("id")).rejects.toThrow("cut");
  expect(memory.read("id")).toBeUndefined();
});

test("a call that does not arrive is an error that says what came instead", async () => {
  const { gate } = await gated();
  const held = gate.hold("commit", { id: "id", within: 1 });
  gate.store.read("other");
  const late = 'No commit("id") arrived within 1 ms; the last calls: read("other")';
  await expect(held.arrived).rejects.toThrow(late);
  await expect(gateStore(memoryStore()).hold("read", { within: 1 }).arrived).rejects.toThrow(
    "No read() arrived within 1 ms; there was no call at all",
  );
});

test("the time limit begins when somebody asks, and fake timers do not rule it", async () => {
  vi.useFakeTimers();
  try {
    const { gate } = await gated();
    const held = gate.hold("read", { within: 60_000 });
    const arrived = held.arrived;
    vi.advanceTimersByTime(120_000);
    const reading = gate.store.read("id");
    expect((await arrived).args).toEqual(["id"]);
    expect(held.arrived).toBe(arrived);
    held.release();
    await reading;
  } finally {
    vi.useRealTimers();
  }
});

test("releaseAll() lets every call go, and those that have not come yet", async () => {
  const { gate } = await gated();
  gate.hold("read");
  gate.hold("read", { at: "answer" });
  gate.hold("destroy");
  const reading = [gate.store.read("id"), gate.store.read("other")];
  expect(await open(Promise.any(reading))).toBe(true);
  gate.releaseAll();
  expect(await Promise.all(reading)).toHaveLength(2);
  expect(await open(gate.store.destroy("id"))).toBe(false);
});

test("a planned conflict hands back what stands there, and writes nothing", async () => {
  const { memory, gate } = await gated();
  const version = memory.read("id")?.version;
  const held = gate.hold("commit", { id: "id" });
  const committing = gate.store.commit("id", record(1), version);
  await held.arrived;
  held.conflict();
  const current = memory.read("id")!;
  expect(await committing).toEqual({ status: "conflict", current });
  expect(current.json).toBe(record(0).json);
  expect(await gate.store.commit("id", record(2), current.version)).toMatchObject({
    status: "committed",
  });
  const rotating = gate.hold("rotate");
  memory.destroy("id");
  rotating.conflict();
  expect(await gate.store.rotate("id", "to", record(3), 1)).toEqual({ status: "gone" });
  expect(() => gate.hold("read").conflict()).toThrow(TypeError);
  expect(() => gate.hold("commit", { at: "answer" }).conflict()).toThrow(TypeError);
});

test("a gate keeps the powers of its store and adds none", async () => {
  const { gate } = await gated();
  expect(gate.store.atomic).toBe(true);
  expect(gate.store.read("id")).not.toBeInstanceOf(Promise);
  const ids: string[] = [];
  for await (const [id] of gate.store.all()) ids.push(id);
  expect(ids.sort()).toEqual(["id", "other"]);
  const { atomic, create, read, commit, touch, rotate, destroy } = memoryStore();
  const six = { atomic, create, read, commit, touch, rotate, destroy };
  expect("sweep" in gateStore(six).store).toBe(false);
});

test("a faulty store rejects before, loses the answer after, hangs, and is late, as planned", async () => {
  const memory = memoryStore();
  const store = faultyStore(memory, [
    { verb: "create", call: 1, fault: "reject", error: new Error("refused") },
    { verb: "create", call: 2, fault: "lost-ack" },
    { verb: "touch", fault: "hang" },
    { verb: "destroy", call: 2, fault: "delay", ms: 30 },
  ]);
  await expect(store.create("a", record(1))).rejects.toThrow("refused");
  expect(memory.read("a")).toBeUndefined();
  await expect(store.create("b", record(1))).rejects.toThrow(
    'Planned fault "lost-ack" of create()',
  );
  expect(memory.read("b")).toBeDefined();
  expect(await store.create("c", record(1))).toBe(true);
  for (let call = 0; call < 3; call++) expect(await open(store.touch("b", 0))).toBe(true);
  expect(memory.read("b")).toBeDefined();
  store.destroy("c");
  const late = store.destroy("b");
  expect(await open(late)).toBe(true);
  expect(memory.read("b")).toBeDefined();
  await late;
  expect(memory.length()).toBe(0);
  expect(() => faultyStore(memory, {} as never)).toThrow(TypeError);
});

test("a faulty store plans for one id, and for conflicts", async () => {
  const memory = memoryStore();
  const store = faultyStore(memory, [
    { verb: "commit", id: "a", call: 2, fault: "conflict" },
    { verb: "commit", id: "b", fault: "reject" },
  ]);
  for (const id of ["a", "b", "c"]) memory.create(id, record(0));
  await store.commit("c", record(1), memory.read("c")?.version);
  expect(await store.commit("a", record(1), memory.read("a")?.version)).toMatchObject({
    status: "committed",
  });
  const version = memory.read("a")?.version;
  expect(await store.commit("a", record(2), version)).toEqual({
    status: "conflict",
    current: memory.read("a"),
  });
  expect(memory.read("a")?.json).toBe(record(1).json);
  expect(await store.commit("a", record(2), version)).toMatchObject({ status: "committed" });
  await expect(store.commit("b", record(1), 1)).rejects.toThrow(/Planned fault "reject"/);
  expect(() => faultyStore(memory, [{ verb: "read", fault: "conflict" }])).toThrow(TypeError);
});

test("releaseAll() lets every call go that hangs or is late", async () => {
  const memory = memoryStore();
  memory.create("id", record(0));
  const store = faultyStore(memory, [
    { verb: "read", fault: "hang" },
    { verb: "destroy", fault: "delay", ms: 600_000 },
  ]);
  const [reading, destroying] = [store.read("id"), store.destroy("id")];
  expect(await open(reading)).toBe(true);
  store.releaseAll();
  expect(await reading).toBeDefined();
  await destroying;
  expect(memory.length()).toBe(0);
  expect(await open(store.read("id"))).toBe(true);
  store.releaseAll();
});
