/** Random programs against every entry and store, for as long as asked: `--seconds 60 --seed 1`. */
import { parseArgs } from "node:util";
import { asCode } from "../tests/model/program.ts";
import { report, runSeed, shortest } from "../tests/model/oracle.ts";
import { generate } from "../tests/model/generate.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    /** The first of the seeds. */
    seed: { type: "string" },
    /** Runs the program of one seed, and shows its steps. */
    only: { type: "string" },
    /** Kinds of failures to leave out, as words separated by commas. */
    skip: { type: "string", default: "" },
  },
});

const skipped = new Set(values.skip.split(","));
const first = Number(values.seed ?? Date.now() % 2 ** 31);

if (values.only !== undefined) {
  const seed = Number(values.only);
  const { run: { trace }, failures } = await runSeed(seed);
  console.log(asCode(generate(seed)));
  console.log(trace.join("\n"));
  console.log(failures);
} else {
  console.log(`seed ${first}, ${values.seconds} seconds`);
  const end = performance.now() + Number(values.seconds) * 1000;
  const counts = new Map<string, number>();
  let [programs, requests, steps, failed] = [0, 0, 0, 0];
  for (let seed = first; performance.now() < end; seed++) {
    const { run, failures } = await runSeed(seed);
    programs++;
    requests += run.history.program.waves.flatMap((wave) => wave.requests).length;
    steps += run.trace.length;
    const left = failures.filter(({ kind }) => !skipped.has(kind));
    if (left.length === 0) continue;
    failed++;
    for (const kind of new Set(left.map((failure) => failure.kind))) {
      const count = (counts.get(kind) ?? 0) + 1;
      counts.set(kind, count);
      if (count > 2) continue;
      console.log(await report(await shortest(seed, kind)));
      console.log();
    }
  }
  console.log(
    `${programs} programs, ${requests} requests, ${steps} steps: ${programs} histories checked, ${failed} failed`,
  );
  for (const [kind, count] of counts) console.log(`${count} × ${kind}`);
  process.exitCode = failed === 0 ? 0 : 1;
}
