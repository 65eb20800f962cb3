/** Callback functions as values that may be promises, whatever a store does with its callback. */
import { describe, expect, test } from "vitest";
import { call } from "../../src/stores/express/call.ts";

type Done = (error?: unknown, value?: unknown) => void;
const no = new Error("no");
const asked = async (invoke: (done: Done) => unknown) => await call(invoke);
const later = (act: () => void) => void setImmediate(act);

test("a store that answers at once is answered for at once", () => {
  expect(call((done: Done) => done(null, 5))).toBe(5);
  expect(call((done: Done) => done())).toBeUndefined();
  expect(() => call((done: Done) => done(no))).toThrow(no);
  expect(() =>
    call(() => {
      throw no;
    })
  ).toThrow(no);
});

test("one that answers later is waited for", async () => {
  expect(await asked((done) => later(() => done(null, 5)))).toBe(5);
  await expect(asked((done) => later(() => done(no)))).rejects.toBe(no);
});

describe("the first answer counts", () => {
  test("where a store calls back twice", async () => {
    expect(call((done: Done) => (done(null, 1), done(no)))).toBe(1);
    const twice = (done: Done) => later(() => (done(null, 1), done(no), done(null, 2)));
    expect(await asked(twice)).toBe(1);
    await expect(asked((done) => later(() => (done(no), done(null, 2))))).rejects.toBe(no);
  });

  test("where it rejects as well", async () => {
    const both = (done: Done) => (done(null, 1), Promise.reject(no));
    expect(await asked(both)).toBe(1);
  });
});

describe("a promise that a store returns", () => {
  test("is its answer where it rejects, whatever it rejects with", async () => {
    await expect(asked(() => Promise.reject(no))).rejects.toBe(no);
    await expect(asked(() => Promise.reject())).rejects.toThrow("rejected");
    for (const nothing of [null, 0, "", false]) {
      await expect(asked(() => Promise.reject(nothing))).rejects.toThrow("rejected");
    }
  });

  test("is none where it resolves: the callback says what was found", async () => {
    const early = (done: Done) => (later(() => later(() => done(null, 5))), Promise.resolve(7));
    expect(await asked(early)).toBe(5);
  });

  test("is looked for in what has a then(), and in nothing else", async () => {
    for (const returned of [null, undefined, 5, "then", { then: 5 }, {}]) {
      expect(await asked((done) => (later(() => done(null, 1)), returned))).toBe(1);
    }
  });
});
