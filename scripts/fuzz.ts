/**
 * Draws input for every law that is fuzzed, for as long as asked.
 *
 *     npm run fuzz -- --seconds 3600          an hour, from a seed of the moment
 *     npm run fuzz -- --seed 7 --seconds 60   the same once more
 *     npm run fuzz -- --only "Cookie header"  the laws whose name has these words
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { PROPERTIES } from "../tests/fuzz/properties.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    /** The first of the seeds; each round has the next one. */
    seed: { type: "string" },
    /** The laws whose name has these words. */
    only: { type: "string", default: "" },
  },
});

const first = Number(values.seed ?? Date.now() % 2 ** 31);
const chosen = PROPERTIES.filter(({ name }) => name.includes(values.only));
console.log(`seed ${first}, ${values.seconds} seconds, ${chosen.length} laws`);

const end = performance.now() + Number(values.seconds) * 1000;
const tally = new Map(chosen.map(({ name }) => [name, { runs: 0, failures: 0 }]));
let seed = first;
for (; performance.now() < end; seed++) {
  for (const { name, run, runs } of chosen) {
    if (performance.now() >= end) break;
    const counted = tally.get(name)!;
    // Each law is shown once: the first failure of it is as good as the next.
    if (counted.failures > 0) continue;
    const failure = await run(seed, runs);
    counted.runs += runs;
    if (failure === undefined) continue;
    counted.failures++;
    console.error(`\nFAILED ${name}\n${failure}\n\nOnce more: --seed ${seed} --only "${name}"\n`);
  }
}

let failed = 0;
for (const [name, { runs, failures }] of tally) {
  failed += failures;
  console.log(`${failures === 0 ? "ok    " : "FAILED"} ${String(runs).padStart(9)}  ${name}`);
}
console.log(`${seed - first} rounds, ${failed} laws broken`);
process.exitCode = failed > 0 ? 1 : 0;
