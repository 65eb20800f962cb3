/** Programs that once broke a promise, as short as the oracle could make them. */
import { describe, test } from "vitest";
import { expectNoFailure } from "./oracle.ts";
import { ENTRIES, type Program, type Request, type Wave } from "./program.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/** Requests that succeed, each with its operations. */
function together(...requests: Request["ops"][]): Wave {
  return { requests: requests.map((ops) => ({ visitor: 0, ops, ends: "ok" })) };
}

const PROGRAMS: Record<string, Omit<Program, "entry" | "schedule"> & Partial<Program>> = {
  "a lifetime that was set after the new session was stored": {
    store: "sliding",
    life: null,
    waves: [together([["update", "sync"], ["maxAge", 5 * MINUTE]])],
  },
  "a login begins the lifetime again": {
    store: "sliding",
    life: null,
    waves: [
      together([["maxAge", 30 * DAY], ["login", "ann"]]),
      { later: DAY, ...together([["login", "ann"]]) },
    ],
  },
};

describe.each(Object.entries(PROGRAMS))("%s", (_name, program) => {
  const entries = program.entry === undefined ? ENTRIES : [program.entry];
  test.each(entries)("%s", async (entry) => {
    await expectNoFailure({ schedule: [], ...program, entry });
  });
});
