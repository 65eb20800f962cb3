/** What is answered by callback or by promise: at the right time, and what a callback throws is not lost. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { callbackOrPromise, promised, settle } from "../../src/express/callback_or_promise.ts";

afterEach(() => void vi.useRealTimers());
const turn = () => new Promise((resolve) => process.nextTick(resolve));
const planned = new Error("planned");

/** What `done` is told, in order, between marks of the test. */
function listen() {
  const told: unknown[] = [];
  return { told, done: (...args: unknown[]) => void told.push(args) };
}

describe("settle()", () => {
  test("tells at once what is there at once", () => {
    const { told, done } = listen();
    settle(() => {}, done);
    settle(() => {
      throw planned;
    }, done);
    expect(told).toEqual([[], [planned]]);
  });

  test("tells later what is promised", async () => {
    const { told, done } = listen();
    settle(async () => {}, done);
    settle(() => Promise.reject(planned), done);
    expect(told).toEqual([]);
    await turn();
    expect(told).toEqual([[], [planned]]);
  });

  test("never takes a failure for a success: one that says nothing is an error, too", async () => {
    const { told, done } = listen();
    settle(() => Promise.reject(), done);
    await turn();
    expect(told).toEqual([[new Error("rejected")]]);
  });

  test("a callback that throws is called once, and its error is the process's", async () => {
    vi.useFakeTimers({ toFake: ["setImmediate"] });
    for (const result of [Promise.resolve(), Promise.reject(new Error("other"))]) {
      let calls = 0;
      settle(() => result, () => {
        calls++;
        throw planned;
      });
      await turn();
      expect(() => vi.runAllTimers()).toThrow(planned);
      expect(calls).toBe(1);
    }
    expect(() =>
      settle(() => {}, () => {
        throw planned;
      })
    ).toThrow(planned);
  });
});

describe("callbackOrPromise()", () => {
  test("returns itself to whoever gave a callback, a promise to who did not", async () => {
    const self = {};
    const { told, done } = listen();
    expect(callbackOrPromise(self, done, () => {})).toBe(self);
    expect(told).toEqual([[]]);
    await expect(callbackOrPromise(self, undefined, () => {})).resolves.toBe(undefined);
    await expect(
      callbackOrPromise(self, undefined, () => {
        throw planned;
      }),
    ).rejects.toBe(planned);
  });
});

test("promised() harms nobody who does not wait for it", async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown) => void unhandled.push(error);
  process.on("unhandledRejection", listener);
  try {
    const promise = promised(() => Promise.reject(planned));
    await new Promise(setImmediate);
    await expect(promise).rejects.toBe(planned);
  } finally {
    process.off("unhandledRejection", listener);
  }
  expect(unhandled).toEqual([]);
});
