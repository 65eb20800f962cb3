/** Some rounds of every law that is fuzzed; more by `npm run fuzz`. */
import { expect, test } from "vitest";
import { PROPERTIES } from "./properties.ts";

/** The seed: another one by `WEBSESSION_SEED`. */
const SEED = Number(process.env["WEBSESSION_SEED"] ?? 1);
/** So many rounds of each: a minute for all of them, on one core. */
const ROUNDS = 8;
/** What fails is made small before it is shown, and that takes time. */
const TIMEOUT = 600_000;

test.each(PROPERTIES.map((each) => [each.name, each] as const))(
  "%s",
  { timeout: TIMEOUT },
  async (name, { run, runs }) => {
    const failure = await run(SEED, runs * ROUNDS);
    if (failure === undefined) return;
    const again = `npm run fuzz -- --seed ${SEED} --only ${JSON.stringify(name)}`;
    expect.fail(`${failure}\n\nOnce more: ${again} (WEBSESSION_SEED=${SEED})`);
  },
);
