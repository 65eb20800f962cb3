/** What is no store is refused where it is given, by name. */
import { describe, expect, test } from "vitest";
import { checkSealed, checkStore, isSealed } from "../../src/core/check_store.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const withVerbs = (...verbs: string[]) =>
  Object.fromEntries(verbs.map((verb) => [verb, () => undefined]));
const VERBS = ["create", "read", "commit", "touch", "rotate", "destroy"];
const SEALED = [
  ...["seal", "find", "rotate", "revoke", "revokeAll", "split", "leftovers"],
  "transport",
];

describe("checkStore", () => {
  test("lets a store pass, whatever else it can", () => {
    expect(() => checkStore(memoryStore())).not.toThrow();
    expect(() => checkStore(withVerbs(...VERBS))).not.toThrow();
  });

  test.each<[unknown, string]>([
    [undefined, "undefined"],
    [null, "null"],
    ["redis://secret", "a value of type string"],
    [memoryStore, "a value of type function"],
  ])("S17 refuses %s, and does not repeat it", (store, kind) => {
    expect(() => checkStore(store)).toThrow(
      new TypeError(`Option "store" must be a session store, not ${kind}`),
    );
  });

  test.each(VERBS)("names the verb that is missing: %s", (missing) => {
    const store = withVerbs(...VERBS.filter((verb) => verb !== missing));
    expect(() => checkStore(store)).toThrow(`it has no method "${missing}"`);
    expect(() => checkStore({ ...store, [missing]: true })).toThrow(TypeError);
  });

  const missing = 'Option "store" must be a session store: it has no method "create"';

  test.each<[string, string[], string]>([
    ["a promise of one", ["then"], ". It is a promise: await it"],
    ...[["get", "set", "destroy"], ["get", "set", "destroy", "query"]].map((
      verbs,
    ): [string, string[], string] => [
      "a store of express-session",
      verbs,
      ". A store of express-session's kind goes through fromExpressStore()",
    ]),
    ...["query", "sendCommand", "prepare"].map((verb): [string, string[], string] => [
      `a client that can ${verb}()`,
      // node-redis' has all of a store's.
      verb === "sendCommand" ? [verb, "get", "set", "destroy"] : [verb, "get", "destroy"],
      ". A client goes to its store's function, as in redisStore({ client })",
    ]),
    ["half a store of another kind", ["get", "set"], ""],
    ["the other half", ["set", "destroy"], ""],
    ["what lacks one verb of it", ["get", "destroy"], ""],
    ["anything else", [], ""],
  ])("says what %s was probably meant to be", (_what, verbs, hint) => {
    expect(() => checkStore(withVerbs(...verbs))).toThrow(new TypeError(missing + hint));
  });

  test("takes no property for a verb", () => {
    const data = { get: 1, set: 2, destroy: 3, then: 4, query: 5 };
    expect(() => checkStore(data)).toThrow(new TypeError(missing));
  });
});

describe("isSealed", () => {
  test.each([[{ sealed: true }, true], [{ sealed: 1 }, false], [{}, false], [null, false]])(
    "%j: %s",
    (store, expected) => expect(isSealed(store as never)).toBe(expected),
  );
});

describe("checkSealed", () => {
  test.each(SEALED)("names the verb that is missing: %s", (missing) => {
    const store = withVerbs(...SEALED.filter((verb) => verb !== missing));
    expect(() => checkSealed(store as never, undefined)).toThrow(`it has no method "${missing}"`);
  });

  test("refuses a secret beside it, and does not repeat it", () => {
    const store = withVerbs(...SEALED) as never;
    expect(() => checkSealed(store, undefined)).not.toThrow();
    expect(() => checkSealed(store, "hush")).toThrow(/^Option "secret" (?!.*hush)/);
  });
});
