/** Runs one group of in-process scenarios and prints its rows as JSON: on Node, Deno and Bun alike. */
import process from "node:process";
import { alternate, type Measured, type Plan } from "../lib/rounds.ts";
import { SCENARIOS } from "../scenarios.ts";

export interface GroupRow {
  readonly scenario: string;
  readonly results: readonly Measured[];
}

/** `connect`, `express`, `fastify` or `web`. */
async function contestantsOf(group: string) {
  if (group === "web") {
    const { checkWebDoors, webDoors } = await import("./web_doors.ts");
    await checkWebDoors();
    return webDoors;
  }
  if (group === "fastify") {
    const { checkFastifyDoor, fastifyDoor } = await import("./fastify_door.ts");
    await checkFastifyDoor();
    return fastifyDoor;
  }
  const { checkExpressDoor, expressDoor, RUNNERS } = await import(
    "./express_door.ts"
  );
  const runner = RUNNERS[group === "connect" ? "connect style" : "Express 5"]!;
  await checkExpressDoor(runner);
  return (scenario: typeof SCENARIOS[number]) => expressDoor(scenario, runner);
}

export async function runGroup(
  group: string,
  plan: Plan,
  only: readonly string[] = [],
): Promise<GroupRow[]> {
  const contestants = await contestantsOf(group);
  const rows: GroupRow[] = [];
  for (const scenario of SCENARIOS) {
    // A cold signature is a matter of the Express door's in-process rows alone.
    if (scenario.visitors > 1000 && group !== "connect") continue;
    if (only.length > 0 && !only.includes(scenario.name)) continue;
    rows.push({
      scenario: scenario.name,
      results: await alternate(contestants(scenario), plan),
    });
  }
  return rows;
}

const [, , group, plan] = process.argv;
if (import.meta.main && group !== undefined && plan !== undefined) {
  console.log(JSON.stringify(await runGroup(group, JSON.parse(plan) as Plan)));
  process.exit();
}
