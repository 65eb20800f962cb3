/** Deprecation notes go where express-session's go: to who listens, else once to stderr, unless silenced. */
import process from "node:process";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

let written: string[];
let deprecate: (message: string) => void;
beforeEach(async () => {
  written = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  vi.stubEnv("NO_DEPRECATION", undefined);
  // What was said is remembered for as long as the process lives.
  vi.resetModules();
  ({ deprecate } = await import("../../src/express/deprecate.ts"));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

/** What a listener hears of an act. */
function heardOf(act: () => void): Error[] {
  const heard: Error[] = [];
  const listener = (error: Error) => void heard.push(error);
  process.on("deprecation" as "warning", listener);
  try {
    act();
  } finally {
    process.off("deprecation" as "warning", listener);
  }
  return heard;
}

test("where nobody listens each is written to stderr once", () => {
  for (const message of ["req.secret", "maxAge as Date", "req.secret"]) deprecate(message);
  expect(written).toEqual([
    "websession deprecated req.secret\n",
    "websession deprecated maxAge as Date\n",
  ]);
});

test("who listens is told each time, by an error in express-session's name, and stderr is not", () => {
  const heard = heardOf(() => {
    for (const message of ["req.secret", "req.secret"]) deprecate(message);
  });
  const told = { name: "DeprecationError", message: "req.secret", namespace: "express-session" };
  expect(heard.map(({ name, message, ...rest }) => ({ name, message, ...rest })))
    .toEqual([told, told]);
  expect(heard.every((error) => error instanceof Error)).toBe(true);
  expect(written).toEqual([]);
});

describe("NO_DEPRECATION", () => {
  test.each([
    ["express-session", true],
    ["websession", true],
    ["*", true],
    ["Express-Session", true],
    ["other,websession", true],
    ["other express-session", true],
    ["websession, other", true],
    ["other, *", true],
    ["", false],
    ["other", false],
    ["express", false],
    ["express-sessions", false],
    ["other,another", false],
  ])("%j silences it: %j", (value, isSilent) => {
    vi.stubEnv("NO_DEPRECATION", value);
    deprecate("req.secret");
    expect(written).toHaveLength(isSilent ? 0 : 1);
  });

  test("is for stderr alone: who listens is told all the same", () => {
    vi.stubEnv("NO_DEPRECATION", "*");
    const [heard] = heardOf(() => deprecate("req.secret"));
    expect([heard?.message, written]).toEqual(["req.secret", []]);
  });
});

test.each([[true, 0], [false, 1]])("node --no-deprecation: %j", (given, lines) => {
  const { noDeprecation } = process;
  process.noDeprecation = given;
  try {
    deprecate("req.secret");
  } finally {
    Object.assign(process, { noDeprecation });
  }
  expect(written).toHaveLength(lines);
});
