/** The application's say before a new session is stored: asked once, and a refusal stores nothing. */
import { describe, expect, test } from "vitest";
import { askBeforeCreate, isRefused } from "../../src/core/before_create.ts";
import type { Data } from "../../src/core/session_data.ts";
import { SessionState } from "../../src/core/session_state.ts";
import { SessionError } from "../../src/errors.ts";
import { EventHub } from "../../src/events.ts";

const session: Data = { id: "new", cookie: {}, a: 1 };

function world(beforeCreate: ((session: Data) => unknown) | undefined) {
  const events = new EventHub(() => {});
  const heard: unknown[] = [];
  events.on("blocked", ({ reason }) => heard.push(reason));
  const state = new SessionState();
  state.began("new", "{}");
  const asked: Data[] = [];
  const option = beforeCreate && ((each: Data) => (asked.push(each), beforeCreate(each)));
  const ask = () => askBeforeCreate({ events, beforeCreate: option as never }, state, session);
  return { state, heard, asked, ask };
}

const REFUSED = { code: "SESSION_REFUSED", message: "The application refused a new session" };

test("without anybody to ask nothing is asked", () => {
  const { ask, state } = world(undefined);
  expect([ask(), state.failure, state.isGone("new")]).toEqual([undefined, undefined, false]);
});

test.each([[true], [undefined], [0], [null], [""]])(
  "%s lets it be stored: of one request nobody is asked twice",
  async (answer) => {
    for (const asLate of [false, true]) {
      const { ask, asked, heard, state } = world(() => asLate ? Promise.resolve(answer) : answer);
      const first = ask();
      expect(first instanceof Promise).toBe(asLate);
      expect([await first, ask(), asked]).toEqual([undefined, undefined, [session]]);
      expect([heard, state.failure, state.isGone("new")]).toEqual([[], undefined, false]);
    }
  },
);

describe("a refusal is an error, an event, and nothing that is stored after it", () => {
  const error = new Error("too many");
  test.each<[string, () => unknown, unknown]>([
    ["false", () => false, undefined],
    ["false, later", () => Promise.resolve(false), undefined],
    ["a throw", () => {
      throw error;
    }, error],
    ["a rejection", () => Promise.reject(error), error],
  ])("%s", async (_how, answer, cause) => {
    const { ask, asked, heard, state } = world(answer);
    const attempt = async () => await ask();
    await expect(attempt()).rejects.toMatchObject({ ...REFUSED, cause });
    expect([heard, state.isGone("new"), isRefused(state.failure)]).toEqual([
      ["refused"],
      true,
      true,
    ]);
    // Each attempt is the same error, and nobody is asked again.
    await expect(attempt()).rejects.toBe(state.failure);
    expect([asked, heard]).toEqual([[session], ["refused"]]);
  });
});

describe("a session that takes the place of the visitor's own", () => {
  test.each<[string, string | undefined, string | undefined, boolean]>([
    ["is his own", "his", "his", false],
    ["has taken its place: nothing is known any more", "his", undefined, false],
    ["is a new one, where his cookie led to none", "old", "new", true],
    ["is a new one, where he had no cookie", undefined, "new", true],
    ["is a new one, where nothing is known", undefined, undefined, true],
  ])("%s", (_what, cookieId, originalId, isAsked) => {
    const { ask, asked, state } = world(() => true);
    state.cookieId = cookieId;
    state.originalId = originalId;
    ask();
    expect(asked.length).toBe(isAsked ? 1 : 0);
  });
});

test("only a refusal is one", () => {
  expect(isRefused(new SessionError("SESSION_GONE", "gone"))).toBe(false);
  expect(isRefused(Object.assign(new Error(), { code: "SESSION_REFUSED" }))).toBe(false);
  expect(isRefused(undefined)).toBe(false);
});
