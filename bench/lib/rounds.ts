/** Measures contestants in alternating rounds, so that a busy moment of the machine hits all alike. */
import process from "node:process";
import { median, quantile } from "./stats.ts";

export interface Contestant {
  readonly name: string;
  /** The contestant it is compared with; the first one if left out. */
  readonly floor?: string;
  /** Prepares `count` requests, untimed: fills stores, draws cookies. */
  prepare?(count: number): void | Promise<void>;
  /** Runs the `index`-th request to its end. */
  request(index: number): void | Promise<unknown>;
}

export interface Plan {
  /** Rounds that count, after one that does not. */
  readonly rounds: number;
  /** About how many milliseconds one contestant runs in one round. */
  readonly slice: number;
  /** The most requests of one slice: logins and logouts fill and empty stores. */
  readonly most: number;
}

export interface Measured {
  readonly name: string;
  /** Microseconds a request, the median of the rounds. */
  readonly micros: number;
  /** Microseconds above the floor: median of the per-round differences. */
  readonly above: number;
  /** The middle half of those differences. */
  readonly spread: readonly [number, number];
}

/**
 * Milliseconds: the wall's, or the processor time of this process with
 * `BENCH_CLOCK=cpu`, which other programs on a busy machine do not disturb.
 */
const now: () => number = process.env["BENCH_CLOCK"] === "cpu"
  ? () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
  : () => performance.now();

/** Clears the young generation, where the engine can be told to; a full collection would drop compiled code. */
function collect(): void {
  (globalThis as { gc?: (options: { type: "minor" }) => void }).gc?.({ type: "minor" });
}

async function slice(
  contestant: Contestant,
  count: number,
): Promise<number> {
  await contestant.prepare?.(count);
  // What the one before left behind is not this one's to clear away.
  collect();
  const start = now();
  for (let index = 0; index < count; index++) {
    const pending = contestant.request(index);
    if (pending !== undefined) await pending;
  }
  return (now() - start) * 1000 / count;
}

/** Milliseconds each contestant runs before anything counts. */
const WARM = 300;

/** Runs everyone in turn, the first one differently in each round. */
export async function alternate(
  contestants: readonly Contestant[],
  plan: Plan,
): Promise<Measured[]> {
  const { rounds, most } = plan;
  const counts = new Map<string, number>();
  // Twice: what the first one's code was compiled for, the others' may have proved wrong.
  for (const part of [0.5, 0.5]) {
    for (const contestant of contestants) {
      const warm = performance.now() + WARM * part;
      let micros = await slice(contestant, Math.min(most, 300));
      while (performance.now() < warm) micros = await slice(contestant, Math.min(most, 1000));
      const fits = Math.round(plan.slice * 1000 / micros);
      counts.set(contestant.name, Math.max(30, Math.min(most, fits)));
    }
  }
  const seen = new Map<string, number[]>(
    contestants.map(({ name }) => [name, []]),
  );
  for (let round = -1; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(turn + round + 1) % contestants.length]!;
      const micros = await slice(
        contestant,
        counts.get(contestant.name)!,
      );
      if (round >= 0) seen.get(contestant.name)!.push(micros);
    }
  }
  return contestants.map(({ name, floor = contestants[0]!.name }) => {
    const micros = seen.get(name)!;
    const below = seen.get(floor)!;
    const above = micros.map((each, round) => each - below[round]!);
    return {
      name,
      micros: median(micros),
      above: median(above),
      spread: [quantile(above, 0.25), quantile(above, 0.75)] as const,
    };
  });
}
