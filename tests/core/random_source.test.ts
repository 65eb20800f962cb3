/** Where secrets and ids come from: the platform's secure source, or the one a process names. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";

const fill = (value: number) => ({
  getRandomValues: <T>(values: T): T => (values as Uint8Array).fill(value) as T,
});

// What is named is named for good: each test has the module anew.
beforeEach(() => vi.resetModules());
afterEach(() => vi.unstubAllGlobals());
const load = () => import("../../src/core/random_source.ts");

test("a process that hides the global one is served by the one it names", async () => {
  const { provideRandomSource, randomValues } = await load();
  provideRandomSource(fill(5) as never);
  vi.stubGlobal("crypto", undefined);
  expect([...randomValues(new Uint8Array(3))]).toEqual([5, 5, 5]);
});

test("the global one goes first", async () => {
  const { provideRandomSource, randomValues } = await load();
  provideRandomSource(fill(5) as never);
  vi.stubGlobal("crypto", fill(7));
  expect([...randomValues(new Uint8Array(3))]).toEqual([7, 7, 7]);
});
