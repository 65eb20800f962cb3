/** What is noted of a session when it begins: when, and for what. */
import { describe, expect, test } from "vitest";
import { noteBeginning, stamped } from "../../src/core/beginning.ts";
import { type LifecycleRules, NO_LIMITS } from "../../src/core/lifecycle.ts";
import type { Notes } from "../../src/core/session_metadata.ts";
import { SessionState } from "../../src/core/session_state.ts";

const clock = { now: () => 9_000, after: () => () => {} };
const limited: LifecycleRules = { ...NO_LIMITS, absoluteTimeout: 1_000, name: "sid" };
const noting: LifecycleRules = { ...limited, notesBeginning: true };

describe("a session that was found", () => {
  const noted = (rules: LifecycleRules, notes: Notes = {}) => {
    const state = new SessionState();
    state.notes = notes;
    noteBeginning(state, { cookie: { originalMaxAge: null, expires: null } }, { clock, rules });
    return state.notes;
  };

  test("begins now where its life has a limit and nobody knows since when it lives", () => {
    expect(noted(limited)).toEqual({ createdAt: 9_000, name: "sid" });
    expect(noted(limited, { subject: "ada", name: "old" })).toEqual({
      subject: "ada",
      createdAt: 9_000,
      name: "old",
    });
  });

  test.each<[string, LifecycleRules, Notes]>([
    ["its life has no limit", NO_LIMITS, {}],
    ["its beginning is known", limited, { createdAt: 5 }],
    // That counts, and nothing else is made up.
    ["its login is known", limited, { authenticatedAt: 5 }],
  ])("is left as it is where %s", (_why, rules, notes) => {
    expect(noted(rules, notes)).toEqual(notes);
  });
});

describe("a session that is first stored", () => {
  const stored = (content: string, rules = noting, notes: Notes = {}) => {
    const state = new SessionState();
    state.notes = notes;
    return [JSON.parse(stamped(state, content, { clock, rules })), state.notes];
  };

  test("has its beginning in its notes", () => {
    const notes = { createdAt: 9_000, name: "sid" };
    expect(stored('{"a":1}')).toEqual([{ a: 1, $websession: notes }, notes]);
    expect(stored("{}")).toEqual([{ $websession: notes }, notes]);
  });

  test("keeps the notes it has", () => {
    const content = '{"$websession":{"subject":"ada"},"a":1}';
    const notes = { subject: "ada", createdAt: 9_000, name: "sid" };
    expect(stored(content, noting, { subject: "ada" }))
      .toEqual([{ a: 1, $websession: notes }, notes]);
  });

  test("that has a key like ours in its data, and no notes, gets its own", () => {
    const content = '{"a":"$websession"}';
    expect(stored(content)[0]).toEqual({
      a: "$websession",
      $websession: { createdAt: 9_000, name: "sid" },
    });
  });

  test("is written as it is where no beginning is to be noted", () => {
    expect(stored('{"a":1}', limited)).toEqual([{ a: 1 }, {}]);
  });
});
