/** A store's failure names the store and the code, and nothing of the session. */
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { storeFailure } from "../../src/core/store_failure.ts";
import { SessionError } from "../../src/errors.ts";

class RedisStore {}
const ID = "an-id/of+some=kind";

const causeOf = (error: unknown, names: string[] = [ID]): Error & { code?: unknown } =>
  storeFailure(error, new RedisStore(), names).cause as Error;

test.each<[string, unknown, object | undefined, string]>([
  [
    "a class and a code",
    { code: "ECONNRESET" },
    new RedisStore(),
    " (RedisStore) failed: ECONNRESET",
  ],
  ["a number", { code: 1205 }, new RedisStore(), " (RedisStore) failed: 1205"],
  ["no code", new Error("secret"), new RedisStore(), " (RedisStore) failed"],
  ["a code that is none", { code: { secret: 1 } }, new RedisStore(), " (RedisStore) failed"],
  ["a plain object", { code: "E" }, {}, " failed: E"],
  ["an object without a class", { code: "E" }, Object.create(null), " failed: E"],
  ["a class without a name", { code: "E" }, new (class {})(), " failed: E"],
  [
    "our own words, by another build of this library",
    Object.assign(new Error("There is no table"), { name: "SessionError", code: "STORE_FAILED" }),
    new RedisStore(),
    " (RedisStore) failed: There is no table",
  ],
  ["no store", { code: "E" }, undefined, " failed: E"],
  ["nothing thrown", undefined, {}, " failed"],
  ["null", null, {}, " failed"],
])("tells of %s", (_what, error, store, text) => {
  const failure = storeFailure(error, store, undefined);
  expect(failure).toBeInstanceOf(SessionError);
  expect([failure.code, failure.message]).toEqual(["STORE_FAILED", `The session store${text}`]);
  expect(Object.getOwnPropertyDescriptor(failure, "cause"))
    .toMatchObject({ enumerable: false, configurable: true, writable: true });
});

test("an error of ours is told as it is", () => {
  const error = new SessionError("SESSION_TOO_LARGE", "too large");
  expect(storeFailure(error, new RedisStore(), ID)).toBe(error);
});

describe("the cause", () => {
  test("keeps what says what happened, and where", () => {
    const error = Object.assign(new RangeError("connect failed"), {
      ...{ code: "ECONNREFUSED", errno: -111, syscall: "connect", address: "::1", port: 6379 },
      ...{ severity: "FATAL", sqlState: "57P03", status: 503 },
    });
    const cause = causeOf(error);
    expect(cause).toMatchObject({ ...error });
    expect([cause.name, cause.message]).toEqual(["RangeError", "connect failed"]);
    expect(cause.stack).toBe(error.stack);
    expect(cause).not.toBe(error);
  });

  test("has nothing else, whatever the driver puts on its errors", () => {
    const held = { args: [ID, "data"], toString: () => "data" };
    const error = Object.assign(new Error("failed"), {
      ...{ command: held, detail: "data", query: "data", parameters: ["data"], where: "data" },
      ...{ cause: held, errors: [held], sql: "data", sqlMessage: "data", status: { data: 1 } },
    });
    const text = inspect(causeOf(error), { depth: 9, showHidden: true });
    expect(text).not.toMatch(/data|an-id/);
  });

  test.each<[string, string, string]>([
    ["an id", `no such key: sess:${ID}`, "no such key: sess:[id]"],
    ["an id in an address", `GET ${encodeURIComponent(ID)} failed`, "GET [id] failed"],
    [
      "a table's name",
      'relation "web.sessions$1" is missing',
      'relation "web.sessions$1" is missing',
    ],
    ["an apostrophe", "the server didn't answer", "the server didn't answer"],
    ["a path", "ENOENT: no such file, open '/var/sessions/x.json'", "ENOENT: no such file, open …"],
    [
      "a piece of data",
      'Unexpected token \'u\', "{"user":"ada" is not JSON',
      "Unexpected token 'u', …",
    ],
    ["data in data", `bad value: '{"a":"it's"}' at 5`, "bad value: …"],
    ["bare data", 'cannot store {"a":1}', "cannot store …"],
    ["nothing that is not its own", '{"a":1} is not JSON', "…"],
    ["a query in further lines", "syntax error\ninsert into session", "syntax error…"],
  ])("tells the driver's own words: %s", (_what, message, told) => {
    const cause = causeOf(new Error(message));
    expect(cause.message).toBe(told);
    expect(cause.stack?.split("\n")[0]).toBe(`Error: ${told}`);
    expect(causeOf(message)).toBe(told);
  });

  test("tells no name of several", () => {
    expect(causeOf(new Error("from one to two of ada"), ["one", "two", "ada"]).message)
      .toBe("from [id] to [id] of [id]");
  });

  test("takes no word for a name that there is none of", () => {
    const failure = storeFailure(new Error("undefined reply"), new RedisStore(), [undefined, ""]);
    expect(failure.cause).toMatchObject({ message: "undefined reply" });
  });

  test("tells of the stack where it happened, and no words that stand between", () => {
    const error = new Error("failed");
    error.stack = "Error: failed\nlooked at secret\n    at run (store.js:1:1)";
    expect(causeOf(error).stack).toBe("Error: failed\n    at run (store.js:1:1)");
  });

  test("is an error with a name, and no stack, where the driver threw something else", () => {
    const cause = causeOf({ name: 5, message: "failed" });
    expect([cause.name, cause.stack]).toEqual(["Error", "Error: failed"]);
    expect(Object.getOwnPropertyDescriptor(cause, "name"))
      .toMatchObject({ enumerable: false, configurable: true, writable: true });
  });

  test.each([[undefined], [5], [null]])("%j is its own cause", (thrown) => {
    expect(causeOf(thrown)).toBe(thrown);
  });

  test("of an object that is no error is one all the same", () => {
    expect(causeOf({ message: 5, code: "X" })).toMatchObject({ message: "", code: "X" });
  });
});
