/** What `DEBUG=express-session` writes of a session, line by line, within this process. */
import { afterEach, beforeEach, vi } from "vitest";
import type { Any } from "./libraries.ts";

export interface DebugLines {
  /** The middleware's maker, as a process has it that was started with `DEBUG`. */
  session(options?: Any): Any;
  readonly MemoryStore: new () => Any;
  /** The lines since the last look; `#`: it was said of which session. */
  lines(): string[];
}

/** Loads the library with `DEBUG=express-session` for each test of its suite. */
export function watchDebug(): DebugLines {
  let loaded: Any;
  let written: string[] = [];
  beforeEach(async () => {
    vi.stubEnv("DEBUG", "express-session");
    vi.resetModules();
    ({ default: loaded } = await import("../../../src/express/mod.ts"));
    written = [];
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  return {
    session: (options = {}) =>
      loaded({
        ...{ secret: "keyboard cat", resave: false, saveUninitialized: false, warn: false },
        ...options,
      }),
    get MemoryStore() {
      return loaded.MemoryStore;
    },
    lines() {
      const said = written.map((line) => {
        const [, text = line, id] = /^ {2}express-session (.*?)( \S{4}…)? \+\d+ms\n$/.exec(line) ??
          [];
        return id === undefined ? text : `${text} #`;
      });
      written = [];
      return said;
    },
  };
}
