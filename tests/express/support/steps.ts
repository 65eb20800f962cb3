/** What `DEBUG=express-session` says, in this process. */
import process from "node:process";
import { vi } from "vitest";
import type { Any } from "./libraries.ts";
import type { makeVisits } from "./visits.ts";

/** Runs a story with a library of its own, which says its steps; returns them without ids and times. */
export async function stepsOf(
  story: (make: typeof makeVisits) => Promise<unknown>,
): Promise<string[]> {
  const lines: string[] = [];
  vi.stubEnv("DEBUG", "express-session");
  vi.resetModules();
  const write = vi.spyOn(process.stderr, "write").mockImplementation((line: Any) => {
    const step = /^ {2}express-session (.*) \+\d+ms\n$/.exec(String(line));
    if (step !== null) lines.push(step[1]!);
    return true;
  });
  try {
    const { makeVisits: make } = await import("./visits.ts");
    await story(make);
  } finally {
    write.mockRestore();
    vi.unstubAllEnvs();
    vi.resetModules();
  }
  return lines.map((line) => line.replace(/ \S{4}…$/, " id"));
}
