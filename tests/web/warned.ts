/** What the library has said on the console, for tests that begin with nothing said. */
import { afterEach, beforeEach, vi } from "vitest";

const TOLD = Symbol.for("websession.told.1");

/** Watches the console in each test of a file; the sentences come without their frame. */
export function watchWarnings(): { readonly said: () => Promise<string[]> } {
  let lines: string[] = [];
  beforeEach(() => {
    (globalThis as unknown as Record<symbol, Set<string> | undefined>)[TOLD]?.clear();
    lines = [];
    vi.spyOn(console, "warn").mockImplementation((line: string) => void lines.push(line));
  });
  afterEach(() => vi.restoreAllMocks());
  return {
    async said() {
      // What looks for troubles is loaded beside the requests.
      await import("../../src/web/diagnosis.ts");
      await new Promise((resolve) => setImmediate(resolve));
      return lines.map((line) => {
        return /^websession: (.*) \(said once; "warn: false" silences it\)$/s.exec(line)?.[1] ??
          line;
      });
    },
  };
}
