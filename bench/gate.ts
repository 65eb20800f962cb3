/**
 * The regression gate: a ratio against express-session, measured in the same
 * run, so that the machine cancels out. The limits are loose on purpose; a
 * scenario that misses its limit is measured again, longer, before it counts.
 */
import { CLOCKED } from "./in_process/express_door.ts";
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

/** A login whose session has an `absoluteTimeout`, against one without: a tenth more is wanted. */
const CLOCKED_LIMIT = 1.2;

interface Check {
  readonly group: string;
  readonly scenario: string;
  readonly ours: string;
  readonly peer: string;
  readonly limit: number;
}

const CHECKS: readonly Check[] = [
  ...Object.entries(LIMITS).map(([scenario, limit]) => ({
    group: "connect",
    scenario,
    ours: "websession",
    peer: "express-session",
    limit,
  })),
  { group: "clocked", scenario: "login", ours: CLOCKED, peer: "websession", limit: CLOCKED_LIMIT },
];

async function ratioFor({ group, scenario, ours, peer }: Check, plan: Plan): Promise<number> {
  return ratioOf(await runGroup(group, plan, [scenario]), scenario, ours, peer);
}

/** Whether everything stayed within its limit. */
export async function gate(say: (text: string) => void): Promise<boolean> {
  let isGood = true;
  for (const check of CHECKS) {
    const { scenario, ours, peer, limit } = check;
    const what = ours === CLOCKED ? `${scenario}, absoluteTimeout` : scenario;
    let ratio = await ratioFor(check, PLAN);
    // Below nothing is noise as well.
    if (!(ratio > 0 && ratio <= limit)) {
      say(`${what}: ${ratio.toFixed(2)}, measured again`);
      ratio = await ratioFor(check, LONGER);
    }
    const passed = ratio <= limit;
    isGood &&= passed;
    say(
      `${passed ? "pass" : "FAIL"}  ${what.padEnd(22)} ${
        ratio.toFixed(2)
      } of ${peer}, limit ${limit}`,
    );
  }
  return isGood;
}
