/**
 * The regression gate: a ratio against express-session, measured in the same
 * run, so that the machine cancels out. The limits are loose on purpose; a
 * scenario that misses its limit is measured again, longer, before it counts.
 */
import { runGroup } from "./in_process/run.ts";
import type { Plan } from "./lib/rounds.ts";
import { ratioOf } from "./targets.ts";

/** Overhead above the floor, ours ÷ express-session's. */
const LIMITS: Readonly<Record<string, number>> = {
  "anonymous": 0.3,
  "read 200 B": 0.4,
  "read 8 KB": 0.35,
  "write 200 B": 0.5,
  "write 8 KB": 0.4,
  "login": 0.8,
};

const PLAN: Plan = { rounds: 9, slice: 25, most: 3000 };
const LONGER: Plan = { rounds: 31, slice: 40, most: 5000 };

async function ratioFor(scenario: string, plan: Plan): Promise<number> {
  return ratioOf(
    await runGroup("connect", plan, [scenario]),
    scenario,
    "websession",
    "express-session",
  );
}

/** Whether everything stayed within its limit. */
export async function gate(say: (text: string) => void): Promise<boolean> {
  let isGood = true;
  for (const [scenario, limit] of Object.entries(LIMITS)) {
    let ratio = await ratioFor(scenario, PLAN);
    // Below nothing is noise as well.
    if (!(ratio > 0 && ratio <= limit)) {
      say(`${scenario}: ${ratio.toFixed(2)}, measured again`);
      ratio = await ratioFor(scenario, LONGER);
    }
    const passed = ratio <= limit;
    isGood &&= passed;
    say(
      `${passed ? "pass" : "FAIL"}  ${scenario.padEnd(12)} ${
        ratio.toFixed(2)
      } of express-session, limit ${limit}`,
    );
  }
  return isGood;
}
