/** Runs every row of the contention and prints them as JSON: `node run.ts`. */
import process from "node:process";
import { skipRedis, startRedis } from "../../tests/servers/redis.ts";
import { Client } from "./client.ts";
import {
  type Change,
  CHANGES,
  type Contestant,
  CONTESTANTS,
  LATENCY,
  nameOf,
  type Part,
  PARTS,
  type Place,
  type Shape,
} from "./plan.ts";
import { combined, type Trial, trial } from "./trial.ts";

export interface ContentionRow extends Trial {
  readonly place: Place;
  readonly change: Change;
  readonly shape: string;
  readonly name: string;
  /** p99 in medians of the same contestant's writer alone. */
  readonly timesAlone: number;
}

export interface Contention {
  readonly rows: readonly ContentionRow[];
  /** What was left out, and why. */
  readonly skipped: readonly string[];
}

/** A contestant that makes one kind of change: a row for each shape. */
interface Lane {
  readonly contestant: Contestant;
  readonly client: Client;
  readonly change: Change;
  /** The median of a writer alone. */
  alone: number;
}

/** What is run before the rows. */
const WARMING: Shape = { kind: "burst", writers: 10 };

async function measurePart(part: Part, redisPort: number | undefined): Promise<Contention> {
  const deadline = performance.now() + part.mostSeconds * 1000;
  const rows: ContentionRow[] = [];
  const skipped: string[] = [];
  // Several processes of everybody would be too many for the machine.
  const groups = part.processes === 1 ? [CONTESTANTS] : CONTESTANTS.map((each) => [each]);
  for (const contestants of groups) {
    const names = contestants.map(({ name }) => name).join(", ");
    const skip = (what: string) => skipped.push(`${part.place}, ${what} (${names}): out of time`);
    if (performance.now() >= deadline) {
      skip("all rows");
      continue;
    }
    const clients = await startAll(contestants, part, redisPort);
    try {
      const lanes = contestants.flatMap((contestant, index) =>
        CHANGES.map((change): Lane => ({
          contestant,
          client: clients[index]!,
          change,
          alone: NaN,
        }))
      );
      await eachLane(part, lanes, async ({ client, change }) => {
        const bounds = { milliseconds: part.warm, requests: Infinity, each: Infinity };
        await trial(client, change, WARMING, bounds);
      });
      for (const shape of part.shapes) {
        if (performance.now() < deadline) rows.push(...await measureShape(part, shape, lanes));
        else skip(nameOf(shape));
      }
    } finally {
      await Promise.all(clients.map((client) => client.stop()));
    }
  }
  return { rows, skipped };
}

async function measureShape(
  part: Part,
  shape: Shape,
  lanes: readonly Lane[],
): Promise<ContentionRow[]> {
  const rounds = new Map<Lane, Trial[]>(lanes.map((lane) => [lane, []]));
  for (let round = 0; round < part.rounds; round++) {
    await eachLane(part, lanes, async (lane) => {
      rounds.get(lane)!.push(await trial(lane.client, lane.change, shape, part.bounds));
    });
  }
  return lanes.map((lane) => {
    const found = combined(rounds.get(lane)!);
    if (shape.writers === 1) lane.alone = found.p50;
    const { change, contestant: { name } } = lane;
    const timesAlone = found.p99 / lane.alone;
    return { place: part.place, change, shape: nameOf(shape), name, ...found, timesAlone };
  });
}

async function eachLane(
  { together }: Part,
  lanes: readonly Lane[],
  act: (lane: Lane) => Promise<void>,
): Promise<void> {
  if (together) await Promise.all(lanes.map(act));
  else for (const lane of lanes) await act(lane);
}

async function startAll(
  contestants: readonly Contestant[],
  { processes, place }: Part,
  redisPort: number | undefined,
): Promise<Client[]> {
  const outcomes = await Promise.allSettled(contestants.map(({ name, entry }) => {
    const prefix = `${entry} ${place}:`;
    const plan = { entry, latency: LATENCY, prefix, ...(redisPort && { redisPort }) };
    return Client.start(name, processes, plan);
  }));
  const clients = outcomes.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
  const failed = outcomes.find((each) => each.status === "rejected");
  if (failed === undefined) return clients;
  await Promise.all(clients.map((client) => client.stop()));
  throw failed.reason;
}

export async function measureContention(say: (text: string) => void): Promise<Contention> {
  const rows: ContentionRow[] = [];
  const skipped: string[] = [];
  const redis = skipRedis ? undefined : await startRedis();
  try {
    for (const part of PARTS) {
      const needsRedis = part.place.startsWith("Redis");
      if (needsRedis && redis === undefined) {
        skipped.push(`${part.place}: redis-server is not installed`);
        continue;
      }
      const begun = performance.now();
      const found = await measurePart(part, needsRedis ? redis?.port : undefined);
      rows.push(...found.rows);
      skipped.push(...found.skipped);
      say(`contention, ${part.place}: ${((performance.now() - begun) / 1000).toFixed(0)} s`);
    }
  } finally {
    await redis?.stop();
  }
  for (const each of skipped) say(`skipped: ${each}`);
  return { rows, skipped };
}

if (import.meta.main) {
  const say = (words: string): void => void process.stderr.write(`${words}\n`);
  console.log(JSON.stringify(await measureContention(say)));
  process.exit();
}
