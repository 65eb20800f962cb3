/** What one request knows of its session, as the policy hears of it. */
import { describe, expect, test } from "vitest";
import type { Facts } from "../../src/core/policy.ts";
import type { Data } from "../../src/core/session_data.ts";
import { META } from "../../src/core/session_metadata.ts";
import { SessionState } from "../../src/core/session_state.ts";

const cookie = { originalMaxAge: 1000, expires: new Date(0), path: "/", httpOnly: true };
const stored = (): Data => ({ cookie: { ...cookie }, n: 1 });
const TEXT = '{"n":1}';

/** A request that proved "known", and found it in the store. */
function known(resave = false): SessionState {
  const state = new SessionState();
  state.cookieId = "known";
  const found = { text: TEXT, stored: { version: 1 }, end: null, touched: true };
  state.loaded("known", stored(), found, resave);
  return state;
}

/** A visitor without a session. */
function fresh(): SessionState {
  const state = new SessionState();
  state.began("new", "{}");
  return state;
}

describe("facts", () => {
  const factsOf = (state: SessionState, id: string, text: string, session = stored()) =>
    state.facts(session, id, id, () => text);

  test.each<[string, () => Facts, Partial<Facts>]>([
    ["a new session nobody wrote to", () => factsOf(fresh(), "new", "{}"), {
      fromCookie: false,
      modified: false,
      saved: false,
      everSaved: false,
    }],
    ["… and one that was written to", () => factsOf(fresh(), "new", TEXT), { modified: true }],
    ["a known session as it was found", () => factsOf(known(), "known", TEXT), {
      fromCookie: true,
      modified: false,
      saved: true,
      everSaved: true,
    }],
    ["… changed", () => factsOf(known(), "known", "{}"), { modified: true, saved: false }],
    ["… with resave: nothing counts as saved", () => factsOf(known(true), "known", TEXT), {
      modified: false,
      saved: false,
      everSaved: false,
    }],
    ["… under another id", () => factsOf(known(), "other", TEXT), {
      fromCookie: false,
      modified: true,
      saved: false,
    }],
    ["a cookie without an end", () => factsOf(known(), "known", TEXT, { cookie: {} }), {
      cookieEnds: false,
    }],
    ["a cookie with an end", () => factsOf(known(), "known", TEXT), { cookieEnds: true }],
    ["no session", () => known().facts(null, "known", "known", () => TEXT), {
      present: false,
      hasId: true,
    }],
    ["no session, and an id that is none", () => known().facts(undefined, "", "", () => TEXT), {
      present: false,
      hasId: false,
    }],
    ["an id that is no text", () => known().facts(stored(), 5, 5, () => TEXT), { hasId: false }],
  ])("%s", (_case, facts, expected) => {
    expect(facts()).toMatchObject(expected);
  });

  test("a session that was stored under a new id is saved, until its cookie is edited", () => {
    const state = known();
    state.stored("moved", TEXT, stored()["cookie"], 2);
    expect(factsOf(state, "moved", TEXT).saved).toBe(true);
    const longer = { ...stored(), cookie: { ...cookie, originalMaxAge: 5000 } };
    expect(factsOf(state, "moved", TEXT, longer).saved).toBe(false);
  });
});

test("no session: of the facts only the response's id is one", () => {
  const nothing = {
    present: false,
    fromCookie: false,
    modified: false,
    saved: false,
    everSaved: false,
    cookieEnds: false,
  };
  const state = known();
  expect(state.facts(null, "known", "known", () => TEXT)).toEqual({ ...nothing, hasId: true });
  expect(state.facts(null, 5, 5, () => TEXT)).toEqual({ ...nothing, hasId: false });
});

test("a session whose cookie the handler took away has no end", () => {
  expect(known().facts({ n: 1 }, "known", "known", () => TEXT).cookieEnds).toBe(false);
});

test("a request begins knowing of nothing, and does so again where its session begins anew", () => {
  const nothing = { storedId: undefined, version: undefined, baseText: "{}" };
  const fresh = new SessionState();
  expect(fresh).toMatchObject({ ...nothing, touched: false, touchedInStore: false });
  expect(fresh.failure).toBeUndefined();
  const state = known();
  state.forgetStored();
  expect(state).toMatchObject({ ...nothing, originalId: undefined, savedText: undefined });
});

describe("what a handler does not see", () => {
  const NOTES = { subject: "ada" };
  const hiding = (...names: string[]) => new SessionState((key) => names.includes(key));

  test("is stored behind what it sees, until the session begins anew", () => {
    const state = new SessionState();
    state.hide({ [META]: NOTES, a: 1 });
    expect([state.notes, state.contentOf({ a: 1 })])
      .toEqual([NOTES, `{"a":1,"${META}":{"subject":"ada"}}`]);
    state.forget();
    expect([state.notes, state.contentOf({ a: 1 })]).toEqual([{}, '{"a":1}']);
  });

  test("names that are taken are neither shown nor changed", () => {
    const content = `{"a":1,"login":1,"${META}":{"subject":"ada"}}`;
    const state = hiding("login");
    expect(state.visibleIn(content)).toEqual({ a: 1 });
    expect(state.contentWith({ a: 2, login: 5, [META]: 5 }, content))
      .toBe(content.replace('"a":1', '"a":2'));
  });

  test.each<[string, () => SessionState, object, boolean]>([
    ["one with nothing to hide", () => new SessionState(), { a: 1 }, true],
    [
      "one whose record had nothing to hide",
      () => {
        const state = new SessionState();
        state.hide({ a: 1 });
        return state;
      },
      { a: 1 },
      true,
    ],
    [
      "one whose names are all free",
      () => {
        const state = hiding("login");
        state.hide({ a: 1 });
        return state;
      },
      { a: 1 },
      true,
    ],
    [
      "one with notes",
      () => {
        const state = new SessionState();
        state.notes = NOTES;
        return state;
      },
      { a: 1 },
      false,
    ],
    [
      "one whose notes were taken away again",
      () => {
        const state = new SessionState();
        state.notes = NOTES;
        state.notes = {};
        return state;
      },
      { a: 1 },
      true,
    ],
    ["one in which a handler has used their name", () => new SessionState(), { [META]: 1 }, false],
  ])("a session that is what is stored: %s", (_what, make, session, expected) => {
    expect(make().isWhole(session)).toBe(expected);
  });
});

test("an id is gone once it was said to be, and no other", () => {
  const state = known();
  expect(state.isGone("known")).toBe(false);
  state.markGone("known");
  expect([state.isGone("known"), state.isGone("other")]).toEqual([true, false]);
});

test("the browser's value is for the browser's id alone", () => {
  const state = known();
  state.cookieValue = "s:known.signature";
  expect([state.valueFor("known"), state.valueFor("other")]).toEqual([
    "s:known.signature",
    undefined,
  ]);
});

test.each<[string, object, boolean]>([
  ["nothing", {}, false],
  ["its end", { expires: new Date(5) }, false],
  ["its lifetime", { originalMaxAge: 5 }, true],
  ["its path", { path: "/admin" }, true],
  ["its domain", { domain: "example.com" }, true],
  ["HttpOnly", { httpOnly: false }, true],
  ["Secure", { secure: true }, true],
  ["SameSite", { sameSite: "lax" }, true],
  ["Partitioned", { partitioned: true }, true],
  ["Priority", { priority: "high" }, true],
])("a cookie in which %s changed is edited as the store sees it", (_what, change, expected) => {
  expect(known().cookieEdited({ cookie: { ...cookie, ...change } })).toBe(expected);
});

test("a call that stores the new session is known until it is over, and not until another one is", async () => {
  const state = new SessionState();
  const ends: (() => void)[] = [];
  const call = () => new Promise<void>((resolve) => ends.push(resolve));
  const [first, second] = [state.creates(call()), state.creates(call())];
  const known = state.creating;
  ends[0]!();
  await first;
  expect(state.creating).toBe(known);
  ends[1]!();
  await second;
  expect(state.creating).toBeUndefined();
  expect([state.creates("at once"), state.creating]).toEqual(["at once", undefined]);
});
