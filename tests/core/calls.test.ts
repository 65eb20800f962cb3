/** The calls of one request: in the order they were made, and none forgotten. */
import { describe, expect, test } from "vitest";
import { Calls, holding, losesNothing, whilePending } from "../../src/core/calls.ts";
import { SessionState } from "../../src/core/session_state.ts";

function gate() {
  let open!: () => void;
  const wait = new Promise<void>((resolve) => open = resolve);
  return { wait, open };
}
const turn = () => new Promise(setImmediate);

test("a call begins at once where none is before it", async () => {
  const calls = new Calls();
  let began = 0;
  await calls.take(() => void began++);
  void calls.take(() => void began++);
  expect(began).toBe(2);
  await turn();
  void calls.take(() => void began++);
  expect(began).toBe(3);
});

test("one begins when those before it are done, failed or not", async () => {
  const calls = new Calls();
  const order: string[] = [];
  const { wait, open } = gate();
  const first = calls.take(async () => {
    order.push("first begins");
    await wait;
    order.push("first ends");
    throw new Error("failed");
  });
  const second = calls.take(() => (order.push("second"), "answer"));
  await turn();
  expect(order).toEqual(["first begins"]);
  open();
  await expect(first).rejects.toThrow("failed");
  expect(await second).toBe("answer");
  expect(order).toEqual(["first begins", "first ends", "second"]);
});

test("a third waits for the second, though the first has ended meanwhile", async () => {
  const calls = new Calls();
  const order: string[] = [];
  const [first, second] = [gate(), gate()];
  void calls.take(() => first.wait);
  const slow = calls.take(async () => {
    await second.wait;
    order.push("second");
  });
  first.open();
  await turn();
  const last = calls.take(() => order.push("third"));
  await turn();
  expect(order).toEqual([]);
  second.open();
  await Promise.all([slow, last]);
  expect(order).toEqual(["second", "third"]);
});

test("one that waits for something of its own lets others begin, and is waited for at the end", async () => {
  const calls = new Calls();
  const order: string[] = [];
  const { wait, open } = gate();
  void calls.take((letOthersBegin) =>
    whilePending(wait.then(() => order.push("slow")), letOthersBegin)
  );
  await calls.take(() => order.push("quick"));
  const ended = calls.afterAll(() => order.push("end"));
  await turn();
  expect(order).toEqual(["quick"]);
  open();
  await ended;
  expect(order).toEqual(["quick", "slow", "end"]);
});

test("a call nobody awaits may fail: nothing crashes, and the end comes", async () => {
  const calls = new Calls();
  void calls.take(() => {
    throw new Error("nobody hears");
  });
  void calls.take(() => Promise.reject(new Error("nor this")));
  expect(await calls.afterAll(() => "end")).toBe("end");
});

test("the end comes at once where there was no call, or all are done", async () => {
  const calls = new Calls();
  expect(calls.afterAll(() => "end")).toBe("end");
  await calls.take(() => {});
  await turn();
  expect(calls.afterAll(() => "end")).toBe("end");
});

test("whilePending() tells of promises alone", () => {
  let told = 0;
  expect(whilePending("at once", () => told++)).toBe("at once");
  expect(told).toBe(0);
  const promise = Promise.resolve();
  expect(whilePending(promise, () => told++)).toBe(promise);
  expect(told).toBe(1);
});

test("a call that is made while none is before it begins at once, and it says so", async () => {
  const calls = new Calls();
  expect(calls.isIdle).toBe(true);
  const { wait, open } = gate();
  const call = calls.take(() => wait);
  expect(calls.isIdle).toBe(false);
  open();
  await call;
  expect(calls.isIdle).toBe(true);
});

test("a call goes by what the session held when it was made; where that is no text, it fails", () => {
  const state = new SessionState();
  const session: Record<string, unknown> = { a: 1 };
  const made = holding(state, session, ({ text }) => text);
  session["a"] = 2;
  expect(made()).toBe('{"a":1}');
  session["a"] = 1n;
  const failing = holding(state, session, () => expect.unreachable());
  session["a"] = 3;
  expect(failing).toThrow(expect.objectContaining({ code: "SESSION_UNSERIALIZABLE" }));
});

describe("what failed and nobody awaits", () => {
  const failing = () => Promise.reject(new Error("failed"));

  test("is told once, and only of those nobody awaits", async () => {
    const calls = new Calls();
    void calls.take(failing);
    void calls.take(() => "done");
    await expect(calls.take(failing)).rejects.toThrow("failed");
    void calls.take(failing).catch(() => {});
    void calls.take(failing).finally(() => {}).then(undefined, () => {});
    void Promise.allSettled([calls.take(failing)]);
    void losesNothing(calls.take(failing));
    const passedOn = (async () => await calls.take(failing))();
    await expect(passedOn).rejects.toThrow("failed");
    await calls.afterAll(() => {});
    expect(calls.unheard().map(({ error }) => (error as Error).message)).toEqual(["failed"]);
    expect(calls.unheard()).toEqual([]);
  });

  test("is heard by whoever awaits it later, before anybody asks", async () => {
    const calls = new Calls();
    const call = calls.take(failing);
    await calls.afterAll(() => {});
    await expect(call).rejects.toThrow("failed");
    expect(calls.unheard()).toEqual([]);
  });

  test("is told at once when it is too late for that, unless somebody awaits it", async () => {
    const calls = new Calls();
    const told: unknown[] = [];
    calls.tellFromHereOn((error) => told.push((error as Error).message));
    void calls.take(failing);
    await turn();
    expect(told).toEqual(["failed"]);
    await expect(calls.take(failing)).rejects.toThrow("failed");
    await turn();
    expect(told).toEqual(["failed"]);
    expect(calls.unheard()).toEqual([]);
  });
});
