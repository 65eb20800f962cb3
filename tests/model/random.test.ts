/** Random programs on every entry and every store, each history checked against the model. */
import { describe, expect, test } from "vitest";
import { report, runSeed, shortest } from "./oracle.ts";
import { ENTRIES, STORES } from "./program.ts";

/** So many programs for each entry on each store; more run by `scripts/oracle.ts`. */
const PROGRAMS = 55;
/** The first of the seeds: another one by `WEBSESSION_SEED`. */
const FIRST = Number(process.env["WEBSESSION_SEED"] ?? 1);
/** What fails is made short before it is shown, and that takes time. */
const TIMEOUT = 600_000;

describe.each(ENTRIES)("%s", (entry) => {
  test.each(STORES)("%s breaks no promise", { timeout: TIMEOUT }, async (store) => {
    const pair = ENTRIES.indexOf(entry) * STORES.length + STORES.indexOf(store);
    const first = FIRST + pair * PROGRAMS;
    for (let seed = first; seed < first + PROGRAMS; seed++) {
      const given = { entry, store };
      const { failures: [failure] } = await runSeed(seed, given);
      if (failure === undefined) continue;
      const again = `scripts/oracle.ts --only ${seed} --entry ${entry} --store ${store}`;
      const shown = await report(await shortest(seed, failure.kind, given));
      expect.fail(`${shown}\n\nOnce more: ${again} (WEBSESSION_SEED=${FIRST})`);
    }
  });
});
