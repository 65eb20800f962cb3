/** Who reads `DEBUG`, and how: whose names count, and what a line shows of an id. */
import process from "node:process";
import { afterEach, expect, test, vi } from "vitest";
import { enabledIn } from "../../src/express/debug.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.useRealTimers();
  vi.resetModules();
});

/** What a process with this variable writes. */
async function linesOf(value: string | undefined, act: (debug: typeof debugOf) => void) {
  const lines: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => lines.push(String(text)) > 0);
  vi.stubEnv("DEBUG", value);
  vi.resetModules();
  const { debug, isDebugging } = await import("../../src/express/debug.ts");
  act(debug);
  return { lines, isDebugging };
}
declare const debugOf: (message: string, id?: unknown) => void;

test("a line has the step, four characters of an id, and how long after the one before it came", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
  const { lines, isDebugging } = await linesOf("express-session", (debug) => {
    debug("fetching", "0123456789");
    vi.advanceTimersByTime(12);
    debug("no SID sent, generating session");
    vi.advanceTimersByTime(5);
    debug("saving", 42);
  });
  expect(lines).toEqual([
    "  express-session fetching 0123… +0ms\n",
    "  express-session no SID sent, generating session +12ms\n",
    "  express-session saving (no id) +5ms\n",
  ]);
  expect(isDebugging).toBe(true);
});

test("each line begins with the name that was asked for", async () => {
  const { lines } = await linesOf("web*", (debug) => debug("saving"));
  expect(lines).toEqual(["  websession saving +0ms\n"]);
});

test.each([undefined, "", "other"])("DEBUG=%s writes nothing", async (value) => {
  const { lines, isDebugging } = await linesOf(value, (debug) => debug("fetching", "0123456789"));
  expect([lines, isDebugging]).toEqual([[], false]);
});

test.each<[string | undefined, string | undefined]>([
  ["express-session", "express-session"],
  ["websession", "websession"],
  ["*", "express-session"],
  ["a b,web*", "websession"],
  ["e*n", "express-session"],
  ["*press*", "express-session"],
  ["xwebsession,websession", "websession"],
  ["*,-express-session", "websession"],
  ["*,-express-session,-other", "websession"],
  ["-other *", "express-session"],
  ["*,-*session", undefined],
  ["express-*,-express-session", undefined],
  ["-express-session", undefined],
  ["express-sessions", undefined],
  ["my-express-session", undefined],
  ["express", undefined],
  ["wn", undefined],
  ["express.session", undefined],
  ["express-session.", undefined],
  ["(*", undefined],
  ["", undefined],
  [undefined, undefined],
])("as the package debug reads them, %j is %j", (value, name) => {
  expect(enabledIn(value)).toBe(name);
});
