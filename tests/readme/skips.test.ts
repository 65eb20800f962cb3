/** A test that needs a program says which Debian package brings it: where it skips, and where it may not. */
import { afterEach, expect, test, vi } from "vitest";
import { skipWithout } from "../servers/process.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test("where it skips, the package is named", () => {
  vi.stubEnv("WEBSESSION_NO_SKIP", undefined);
  const info = vi.spyOn(console, "info").mockImplementation(() => {});
  expect(skipWithout(undefined, "redis-server")).toBe(true);
  expect(info.mock.calls).toEqual([[expect.stringContaining("apt-get install redis-server")]]);
});

test("in CI it fails, and names it too", () => {
  vi.stubEnv("WEBSESSION_NO_SKIP", "1");
  expect(() => skipWithout(undefined, "chromium")).toThrow("apt-get install chromium");
});

test("with the program nothing is said", () => {
  const info = vi.spyOn(console, "info").mockImplementation(() => {});
  expect(skipWithout("/usr/bin/true", "redis-server")).toBe(false);
  expect(info).not.toHaveBeenCalled();
});
