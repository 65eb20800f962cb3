/** Runs one group of in-process scenarios and prints its rows as JSON: on Node, Deno and Bun alike. */
import process from "node:process";
import { alternate, type Measured, type Plan } from "../lib/rounds.ts";
import { SCENARIOS } from "../scenarios.ts";

export interface GroupRow {
  readonly scenario: string;
  readonly results: readonly Measured[];
}

/** `connect`, `clocked`, `express`, `fastify` or `web`. */
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
  const { checkExpressDoor, clockedDoor, expressDoor, RUNNERS } = await import(
    "./express_door.ts"
  );
  const runner = RUNNERS[group === "express" ? "Express 5" : "connect style"]!;
  await checkExpressDoor(runner);
  const door = group === "clocked" ? clockedDoor : expressDoor;
  return (scenario: typeof SCENARIOS[number]) => door(scenario, runner);
}

const REHEARSAL: Plan = { rounds: 1, slice: 10, most: 1000 };

export async function runGroup(
  group: string,
  plan: Plan,
  only: readonly string[] = [],
): Promise<GroupRow[]> {
  const contestants = await contestantsOf(group);
  const scenarios = SCENARIOS.filter(({ name, visitors }) => {
    // A cold signature is a matter of the Express entry's in-process rows alone.
    if (visitors > 1000 && group !== "connect") return false;
    return only.length === 0 || only.includes(name);
  });
  // A server answers all kinds of requests: nobody is measured with code compiled for one kind alone.
  for (const scenario of scenarios) await alternate(contestants(scenario), REHEARSAL);
  const rows: GroupRow[] = [];
  for (const scenario of scenarios) {
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
