/** A request whose session the store failed to hand over: refused, or served without it. */
import { describe, expect, test } from "vitest";
import {
  goOnWithout,
  reportFailedLoad,
  resolveOnStoreError,
} from "../../src/core/on_store_error.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { EventHub } from "../../src/events.ts";

const error = new Error("down: id");

describe("the option", () => {
  test("is what a function makes of each error, or the same each time", () => {
    const decide = () => "anonymous" as const;
    expect(resolveOnStoreError(decide)).toBe(decide);
    expect(resolveOnStoreError()(error, "request")).toBe("fail");
    expect(resolveOnStoreError("fail")(error, "request")).toBe("fail");
    expect(resolveOnStoreError("anonymous")(error, "request")).toBe("anonymous");
  });

  test.each<[unknown, string]>([
    [null, "null"],
    [true, "a value of type boolean"],
    ["ignore", "a value of type string"],
    [{}, "a value of type object"],
  ])("%j is refused", (option, kind) => {
    expect(() => resolveOnStoreError(option as never)).toThrow(
      new TypeError(
        `Option "onStoreError" must be "fail", "anonymous" or a function, not ${kind}`,
      ),
    );
  });
});

describe("a request that goes on without its session", () => {
  const cookie = { originalMaxAge: null, expires: null };

  test("knows its id, and has an empty session that is not to be stored", () => {
    const state = new SessionState();
    goOnWithout(state, { cookie }, "id", error);
    expect(state).toMatchObject({
      cookieId: "id",
      storedId: "id",
      originalId: "id",
      originalText: "{}",
      savedText: "{}",
      baseText: "{}",
      version: undefined,
      knownEnd: null,
      touchedInStore: false,
      failure: error,
    });
  });

  test("knows nothing where the browser has proven no id", () => {
    const state = new SessionState();
    goOnWithout(state, { cookie }, undefined, error);
    const { cookieId, storedId, originalText, failure } = state;
    expect([cookieId, storedId, originalText, failure])
      .toEqual([undefined, undefined, undefined, error]);
  });
});

test("listeners hear of it, and of no id", () => {
  const events = new EventHub(() => {});
  const heard: unknown[] = [];
  events.on("error", ({ error, during }) => heard.push([during, error]));
  reportFailedLoad(events, new Error("down: secret-id"), "secret-id");
  expect(heard).toEqual([["load", expect.objectContaining({ code: "STORE_FAILED" })]]);
  const [[, failure]] = heard as [[string, Error]];
  expect((failure.cause as Error).message).toBe("down: [id]");
});
