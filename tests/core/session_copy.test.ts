/** A session follows what is stored of it; what its handler has done since is the handler's. */
import { describe, expect, test } from "vitest";
import { adopt, bringHome, shadowOf } from "../../src/core/session_copy.ts";
import type { Data } from "../../src/core/session_data.ts";
import { META } from "../../src/core/session_metadata.ts";
import { SessionState } from "../../src/core/session_state.ts";

describe("adopt", () => {
  const adopted = (
    now: Data,
    before: object,
    stored: object,
    state = new SessionState(),
  ): Data => {
    adopt(now, state, JSON.stringify(before), JSON.stringify(stored));
    return now;
  };

  test.each<[string, Data, object, object, object]>([
    ["what others have set", { a: 1 }, { a: 1 }, { a: 1, b: 2 }, {
      a: 1,
      b: 2,
    }],
    ["what others have changed", { a: 1 }, { a: 1 }, { a: 2 }, { a: 2 }],
    ["what others have removed", { a: 1, b: 1 }, { a: 1, b: 1 }, { a: 1 }, {
      a: 1,
    }],
    ["not what the handler has set since", { a: 1, b: 5 }, { a: 1 }, {
      a: 1,
      b: 2,
    }, {
      a: 1,
      b: 5,
    }],
    ["not what it has changed since", { a: 5 }, { a: 1 }, { a: 2 }, { a: 5 }],
    ["not what it has removed since", {}, { a: 1 }, { a: 2 }, {}],
    [
      "a value by its JSON",
      { at: new Date(0) },
      { at: new Date(0) },
      { at: 5 },
      { at: 5 },
    ],
    ["null like any value", { a: null }, { a: null }, { a: 1 }, { a: 1 }],
  ])("follows %s", (_rule, now, before, stored, expected) => {
    expect(adopted(now, before, stored)).toStrictEqual(expected);
  });

  test("what JSON cannot express was set since, and stays", () => {
    expect(adopted({ a: 10n }, { a: 1 }, { a: 2 })).toEqual({ a: 10n });
  });

  test("no stored key stands in front of a method, or of the id", () => {
    class Session {
      save(): string {
        return "saved";
      }
    }
    const session = new Session() as unknown as Data;
    Object.defineProperty(session, "id", { value: "the-id", writable: true });
    adopted(session, {}, { save: 1, id: "theirs", toString: 2, fine: 3 });
    expect(Object.entries(session)).toEqual([["fine", 3]]);
    expect([(session as { save(): string }).save(), session["id"]]).toEqual([
      "saved",
      "the-id",
    ]);
  });

  test("our notes follow note by note, and never show", () => {
    const state = new SessionState();
    state.hide({ [META]: { subject: "ada", flash: { info: ["old"] } } });
    const before = { [META]: { subject: "ada", flash: { info: ["old"] } } };
    // Since the call the handler has left a message.
    state.notes = { subject: "ada", flash: { info: ["old", "mine"] } };
    const session = adopted({}, before, {
      [META]: { subject: "bob", flash: {} },
    }, state);
    expect(session).toEqual({});
    expect(state.notes).toEqual({ subject: "bob", flash: { info: ["mine"] } });
  });

  test("data whose names are taken are hidden as well", () => {
    const state = new SessionState((key) => key === "login");
    expect(adopted({}, {}, { login: 1, a: 2 }, state)).toEqual({ a: 2 });
    expect(state.contentOf({ a: 2 })).toBe('{"a":2,"login":1}');
  });
});

describe("shadowOf and bringHome", () => {
  class Session {
    declare cookie: unknown;
    methods(): boolean {
      return true;
    }
  }
  const session = Object.assign(new Session(), {
    cookie: "own",
    a: 1,
  }) as unknown as Data;
  Object.defineProperty(session, "req", { value: "the request" });
  const shadow = shadowOf(
    session,
    `{"a":2,"${META}":{"subject":"ada"}}`,
    "another",
  );

  test("a stand-in is of the session's class, with its request and other data", () => {
    expect(shadow).toBeInstanceOf(Session);
    expect(Object.keys(shadow)).toEqual(["cookie", "a", META]);
    expect([shadow["cookie"], shadow["a"], shadow["req"]]).toEqual([
      "another",
      2,
      "the request",
    ]);
    expect(Object.getOwnPropertyDescriptor(shadow, "req")?.enumerable).toBe(
      false,
    );
    expect(session["a"]).toBe(1);
  });

  test("a stand-in has no data but those that are stored", () => {
    expect({ ...shadowOf({ cookie: "own", since: 1 }, "{}", "another") })
      .toStrictEqual({ cookie: "another" });
  });

  test("marks a store leaves on it come home, and nothing else", () => {
    Object.assign(shadow, { lastModified: 5 });
    bringHome(session, shadow, `{"a":2}`);
    expect({ ...session }).toEqual({ cookie: "own", a: 1, lastModified: 5 });
  });
});
