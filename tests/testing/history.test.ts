/** The checker of concurrent verbs against the sequential model. */
import { describe, expect, test } from "vitest";
import { explains, type Operation } from "../../src/testing/history.ts";

describe("the checker of histories", () => {
  const one = (called: number, answered: number, rest: object) =>
    ({ worker: 0, id: "a", called, answered, ...rest }) as Operation;
  const state = (json?: string) =>
    new Map(json === undefined ? [] : [["a", { json, expires: 1e6 }]]);
  const commit = { verb: "commit", base: "0", expires: 1e6 };

  test("takes any order of what overlaps", () => {
    const history = [
      one(1, 4, { ...commit, json: "1", answer: { status: "gone" } }),
      one(2, 3, { verb: "destroy" }),
    ];
    expect(explains(state("0"), history, state())).toBe(true);
    expect(explains(state("0"), history, state("1"))).toBe(false);
  });

  test("keeps to real time", () => {
    const late = [
      one(1, 2, { verb: "destroy" }),
      one(3, 4, { ...commit, json: "1", answer: { status: "committed" } }),
    ];
    expect(explains(state("0"), late, state())).toBe(false);
  });

  test("knows a lost update", () => {
    const answer = { status: "committed" };
    const both = [
      one(1, 4, { ...commit, json: "1", answer }),
      one(2, 3, { ...commit, json: "2", answer }),
    ];
    expect(explains(state("0"), both, state("1"))).toBe(false);
    expect(explains(state("0"), both, state("2"))).toBe(false);
  });
});
