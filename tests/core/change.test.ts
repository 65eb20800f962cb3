/** What a change is laid on, and what becomes of its session. */
import { describe, expect, test } from "vitest";
import { type Change, follow, knownTo, newestIn, uneditedCookie } from "../../src/core/change.ts";
import type { Data } from "../../src/core/session_data.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { Snapshot } from "../../src/core/snapshot.ts";

describe("newestIn", () => {
  test("a stored session: its data, its cookie, its mark", () => {
    const json = '{"cookie":{"originalMaxAge":5},"a":1}';
    expect(newestIn({ json, version: 7, expires: null }, "{}"))
      .toEqual({ version: 7, text: '{"a":1}', cookie: { originalMaxAge: 5 } });
  });

  test("a record that is none does not stand in the way: what was known before, under its mark", () => {
    expect(newestIn({ json: "no session", version: 7, expires: null }, '{"a":1}'))
      .toEqual({ version: 7, text: '{"a":1}', cookie: undefined });
  });
});

describe("follow", () => {
  const stored = { originalMaxAge: 1000, expires: new Date(9e12), path: "/" };
  const followed = (own: object, theirs: object): Data => {
    const state = new SessionState();
    const session: Data = { cookie: { ...stored } };
    state.stored("id", "{}", stored, 1);
    session["cookie"] = own;
    const change: Change = { state, session, held: new Snapshot("{}", "{}"), onto: (text) => text };
    follow(change, "id", { version: 2, text: "{}", cookie: theirs });
    return session["cookie"] as Data;
  };

  test("the lifetime another request has given the session is its own from then on", () => {
    const theirs = { ...stored, originalMaxAge: 5000 };
    expect(followed({ ...stored }, theirs)).toMatchObject({ originalMaxAge: 5000, maxAge: 5000 });
  });

  test("what stands in the store is what the request goes on from", () => {
    const state = new SessionState();
    state.stored("id", "{}", stored, 1);
    const session: Data = { cookie: { ...stored } };
    const change: Change = { state, session, held: new Snapshot("{}", "{}"), onto: (text) => text };
    follow(change, "id", { version: 2, text: '{"theirs":1}', cookie: stored });
    expect(session).toEqual({ cookie: stored, theirs: 1 });
    const known = { version: 2, baseText: '{"theirs":1}', savedText: '{"theirs":1}' };
    expect(state).toMatchObject({ storedId: "id", ...known });
    expect(knownTo(state)).toEqual({ version: 2, text: '{"theirs":1}', cookie: undefined });
  });

  test("one the handler has given it since stays", () => {
    const own = { ...stored, originalMaxAge: 60, expires: new Date(7e12) };
    expect(followed({ ...own }, stored)).toEqual(own);
  });

  test("an end that a visit has moved meanwhile is not moved back", () => {
    const own = { ...stored, expires: new Date(9.5e12) };
    expect(followed({ ...own }, stored)).toEqual(own);
  });

  test("`false`, an old way to say that there is no end, stays what it is", () => {
    const endless = { path: "/", originalMaxAge: null, expires: null };
    const state = new SessionState();
    const session: Data = { cookie: { ...endless, expires: false } };
    state.stored("id", "{}", endless, 1);
    const change: Change = { state, session, held: new Snapshot("{}", "{}"), onto: (text) => text };
    follow(change, "id", { version: 2, text: "{}", cookie: endless });
    expect((session["cookie"] as Data)["expires"]).toBe(false);
  });
});

describe("where nothing was sent to the store", () => {
  const stored = { originalMaxAge: 1000, expires: new Date(9e12), path: "/", secure: true };
  const unedited = (own: object, theirs: unknown) => {
    const state = new SessionState();
    state.stored("id", "{}", stored, 1);
    const change: Change = {
      state,
      session: { cookie: own },
      held: new Snapshot("{}", "{}"),
      onto: (text) => text,
    };
    return uneditedCookie(change, theirs);
  };
  const expires = new Date(9.5e12);
  const theirs = { originalMaxAge: 5000, expires: expires.toJSON(), path: "/other" };

  test("its lifetime is the session's, the attributes are what they were", () => {
    expect(unedited({ ...stored, path: "/mine" }, theirs)).toMatchObject({
      path: "/",
      secure: true,
      originalMaxAge: 5000,
      expires,
    });
  });

  test("a lifetime the handler has given it is still to be stored", () => {
    expect(unedited({ ...stored, originalMaxAge: 60 }, theirs)).toMatchObject({
      originalMaxAge: 1000,
      expires,
    });
  });
});
