/** The oracle: random programs, each checked against the model; what fails is made short. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { seeded } from "../../src/testing/random.ts";
import { type Run, run } from "./engine.ts";
import { generate } from "./generate.ts";
import { asCode, type Program } from "./program.ts";
import { shrink } from "./shrink.ts";
import { type Failure, verdict } from "./verdict.ts";

/** A program that broke a promise. */
export interface Broken {
  readonly seed: number;
  readonly failures: readonly Failure[];
  readonly program: Program;
}

/** Collects garbage now: the flag need not be given to the process. */
export function collector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}

const gc = collector();

/** What a program is to run on, if that is not left to chance. */
export type Given = Parameters<typeof generate>[1];

/** Runs the program of a seed; the seed draws its schedule as well. */
export async function runSeed(
  seed: number,
  given?: Given,
): Promise<{ run: Run; failures: Failure[] }> {
  const random = seeded(seed ^ 0x5eed);
  return await check(generate(seed, given), (count) => random.below(count));
}

/** Runs a program and judges it. */
export async function check(
  program: Program,
  draw: (count: number) => number = () => 0,
): Promise<{ run: Run; failures: Failure[] }> {
  const done = await run(program, draw, gc);
  return { run: done, failures: verdict(done.history) };
}

/** So many other schedules are tried where a shorter program does not fail by the same one. */
const OTHER_SCHEDULES = 8;

/** The shortest program that fails in the same way. */
export async function shortest(
  seed: number,
  kind: string,
  given?: Given,
): Promise<Broken> {
  const { run: { history, schedule } } = await runSeed(seed, given);
  const fails = async (candidate: Program, draw?: (count: number) => number) => {
    const { run: again, failures } = await check(candidate, draw);
    return failures.some((failure) => failure.kind === kind) ? again.schedule : undefined;
  };
  const program = await shrink({ ...history.program, schedule }, async (candidate, isSmaller) => {
    let found = await fails(candidate);
    for (let other = 0; isSmaller && found === undefined && other < OTHER_SCHEDULES; other++) {
      const random = seeded(seed + other);
      found = await fails({ ...candidate, schedule: [] }, (count) => random.below(count));
    }
    return found;
  });
  const { failures } = await check(program);
  return { seed, failures: failures.filter((failure) => failure.kind === kind), program };
}

/** For tests: a program that was found once, and must not fail again. */
export async function expectNoFailure(program: Program): Promise<void> {
  const { failures, run: { trace } } = await check(program);
  if (failures.length === 0) return;
  const words = failures.map(({ kind, text }) => `${kind}: ${text}`);
  throw new Error(`${words.join("\n")}\n\n${trace.join("\n")}`);
}

/** A broken promise as it is printed. */
export async function report({ seed, failures, program }: Broken): Promise<string> {
  const { run: { trace } } = await check(program);
  const words = failures.map(({ kind, text }) => `${kind}: ${text}`);
  return `seed ${seed}: ${words.join("\n  ")}\n${asCode(program)}\n// ${trace.join("\n// ")}`;
}
