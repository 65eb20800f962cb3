/** When sessions are over, as a table. */
import { describe, expect, test } from "vitest";
import {
  begun,
  endOf,
  idleLimit,
  isForeign,
  isOfUnknownAge,
  isThrottled,
  isWorthATouch,
  isWorthSealing,
  lastVisit,
  type LifecycleRules,
  mayBeExtended,
  NO_LIMITS,
  whyOver,
} from "../../src/core/lifecycle.ts";
import type { Notes } from "../../src/core/session_metadata.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = 1_000 * HOUR;
const web: LifecycleRules = {
  ...NO_LIMITS,
  defaults: { idleTimeout: 24 * HOUR, absoluteTimeout: 720 * HOUR },
  name: "sid",
};
const rules = (idle?: number, absolute?: number, base = NO_LIMITS): LifecycleRules => ({
  ...base,
  idleTimeout: idle,
  absoluteTimeout: absolute,
});
const none = { originalMaxAge: null, expires: null };
const lives = (ms: number) => ({ originalMaxAge: ms, expires: new Date(NOW + ms) });
const began = (ago: number): Notes => ({ createdAt: NOW - ago });

test.each<[string, object, Notes, LifecycleRules, number | null]>([
  ["nothing limits it", none, {}, NO_LIMITS, null],
  ["its cookie ends", lives(HOUR), {}, NO_LIMITS, NOW + HOUR],
  ["silence ends it", none, {}, rules(MINUTE), NOW + MINUTE],
  ["silence, before its cookie", lives(HOUR), {}, rules(MINUTE), NOW + MINUTE],
  ["its cookie, before silence", lives(MINUTE), {}, rules(HOUR), NOW + MINUTE],
  ["age ends it", none, began(HOUR), rules(undefined, 2 * HOUR), NOW + HOUR],
  ["age, before silence", none, began(HOUR), rules(HOUR, HOUR + 1), NOW + 1],
  [
    "age is counted from a login",
    none,
    {
      ...began(9 * HOUR),
      authenticatedAt: NOW - HOUR,
    },
    rules(undefined, 2 * HOUR),
    NOW + HOUR,
  ],
  ["of unknown age", none, {}, rules(undefined, HOUR), null],
  ["a time that is none", none, { createdAt: "1" as never }, rules(undefined, HOUR), null],
  ["a time that never was", none, { createdAt: NaN }, rules(undefined, HOUR), null],
  ["the Web's default", none, {}, web, NOW + 24 * HOUR],
  ["a cookie that lives longer outranks the default", lives(100 * HOUR), {}, web, NOW + 100 * HOUR],
  ["… and not the option", lives(100 * HOUR), {}, rules(HOUR, undefined, web), NOW + HOUR],
  ["the default of age", none, began(700 * HOUR), web, NOW + 20 * HOUR],
  ["a cookie that outlives it", lives(900 * HOUR), began(700 * HOUR), web, NOW + 200 * HOUR],
  [
    "… and not the option of age",
    lives(900 * HOUR),
    began(700 * HOUR),
    rules(undefined, 701 * HOUR, web),
    NOW + HOUR,
  ],
  ["no limit, said so", none, began(HOUR), rules(Infinity, Infinity, web), null],
])("endOf(): %s", (_what, cookie, notes, given, end) => {
  expect(endOf(cookie, notes, NOW, given)).toBe(end);
});

test.each<[string, object, Notes, number | null, LifecycleRules, string | undefined]>([
  ["it lives", none, {}, NOW + 1, rules(HOUR), undefined],
  ["it never ends", none, {}, null, rules(HOUR), undefined],
  ["its end has come", none, {}, NOW, rules(HOUR), "idle"],
  ["its cookie's end has come", lives(HOUR), {}, NOW, NO_LIMITS, "expired"],
  ["old to the millisecond", none, began(HOUR), NOW + 9, rules(undefined, HOUR), "absolute"],
  ["not yet", none, began(HOUR - 1), NOW + 9, rules(undefined, HOUR), undefined],
  ["age outranks silence", none, began(HOUR), NOW, rules(HOUR, HOUR), "absolute"],
])("whyOver(): %s", (_what, cookie, notes, expires, given, why) => {
  expect(whyOver({ cookie, notes, expires }, NOW, given)).toBe(why);
});

test.each<[number | null, number | null, boolean]>([
  [null, null, true],
  [null, NOW, true],
  [NOW, null, true],
  [NOW + HOUR, NOW + HOUR - 1, true],
  [NOW + HOUR, NOW + HOUR, false],
  [NOW + HOUR - MINUTE, NOW + HOUR, false],
  [NOW + HOUR - MINUTE - 1, NOW + HOUR, true],
  [NOW + 950, NOW + 1000, false],
  [NOW + 949, NOW + 1000, true],
])("isWorthATouch(): the store has %s, and now it is %s: %s", (stored, end, worth) => {
  expect(isWorthATouch(stored, end, NOW)).toBe(worth);
});

test("a session in its cookie is sealed again for a twentieth of its limit, never for its cookie's own", () => {
  const given = rules(HOUR);
  const due = (stored: number | null, cookie: object = none, by = given) =>
    isWorthSealing(stored, cookie, {}, NOW, by);
  expect([due(NOW + HOUR - 3 * MINUTE), due(NOW + HOUR - 3 * MINUTE - 1)]).toEqual([false, true]);
  expect([due(null), due(NOW, none, NO_LIMITS), due(NOW, lives(HOUR), web)]).toEqual(
    [false, false, false],
  );
  expect(due(NOW, lives(HOUR))).toBe(true);
});

test("a store may extend by a lifetime that no silence cuts short", () => {
  expect([mayBeExtended(HOUR, rules(HOUR)), mayBeExtended(HOUR + 1, rules(HOUR))]).toEqual([
    true,
    false,
  ]);
  expect(mayBeExtended(1e12, web)).toBe(true);
  expect(idleLimit(lives(HOUR), web)).toBe(Infinity);
});

describe("when it was last seen", () => {
  test.each<[string, object, Notes, number | null, LifecycleRules, number | undefined]>([
    ["by its silence", none, began(HOUR), NOW + MINUTE, rules(2 * MINUTE), NOW - MINUTE],
    ["by its cookie", lives(HOUR), {}, NOW + MINUTE, NO_LIMITS, NOW - 59 * MINUTE],
    ["never before it began", none, began(MINUTE), NOW, rules(HOUR), NOW - MINUTE],
    ["without an end", none, began(MINUTE), null, NO_LIMITS, NOW - MINUTE],
    [
      "when somebody logged in, not when it began",
      none,
      {
        createdAt: NOW - HOUR,
        authenticatedAt: NOW - MINUTE,
      },
      null,
      NO_LIMITS,
      NOW - MINUTE,
    ],
    ["nobody knows", none, {}, null, NO_LIMITS, undefined],
    ["nobody knows without an end, whatever the limit", none, {}, null, rules(HOUR), undefined],
    ["nobody knows without a limit, whatever the end", none, {}, NOW, NO_LIMITS, undefined],
  ])("%s", (_what, cookie, notes, expires, given, seen) => {
    expect(lastVisit(cookie, notes, expires, given)).toBe(seen);
  });
});

test("a beginning is noted once, with its purpose", () => {
  const notes = begun({ subject: "ada" }, NOW, web);
  expect(notes).toEqual({ subject: "ada", createdAt: NOW, name: "sid" });
  expect(begun(notes, NOW + 1, { ...web, name: "other" })).toBe(notes);
  expect(NO_LIMITS.notesBeginning).toBe(false);
});

test("who is of unknown age has a limit, and no note", () => {
  const of = (notes: Notes, given: LifecycleRules) => isOfUnknownAge(none, notes, given);
  expect([of({}, web), of(began(1), web), of({ authenticatedAt: 1 }, web), of({}, NO_LIMITS)])
    .toEqual([true, false, false, false]);
});

test("S15 a purpose that was noted is the only one", () => {
  expect([isForeign({ name: "sid" }, web), isForeign({ name: "admin" }, web), isForeign({}, web)])
    .toEqual([false, true, false]);
  expect(isForeign({ name: "admin" }, NO_LIMITS)).toBe(false);
});

test.each<[string, LifecycleRules, boolean]>([
  ["where sessions end when their cookies do, each", NO_LIMITS, false],
  ["where an option limits silence, not each", rules(HOUR), true],
  ["where an option says that nothing does, not each", rules(Infinity), true],
  ["where a default does, not each", web, true],
  ["where age alone ends them, each", rules(undefined, HOUR), false],
])("a store is told of visits: %s", (_what, given, throttled) => {
  expect(isThrottled(given)).toBe(throttled);
});
