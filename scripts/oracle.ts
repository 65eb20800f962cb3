/** Random programs against every entry and store, for as long as asked: `--seconds 60 --seed 1`. */
import { parseArgs } from "node:util";
import { generate } from "../tests/model/generate.ts";
import { type Given, report, runSeed, shortest } from "../tests/model/oracle.ts";
import { asCode } from "../tests/model/program.ts";
import { Tally } from "../tests/model/tally.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    /** The first of the seeds. */
    seed: { type: "string" },
    /** Runs the program of one seed, and shows its steps. */
    only: { type: "string" },
    /** With `only`: makes the program short, as long as it fails by this kind. */
    kind: { type: "string" },
    /** One entry only, one store only. */
    entry: { type: "string" },
    store: { type: "string" },
    /** Kinds of failures to leave out, as words separated by commas. */
    skip: { type: "string", default: "" },
    /** Says which seeds fail, and does not make their programs short. */
    list: { type: "boolean", default: false },
  },
});

const skipped = new Set(values.skip.split(","));
const { entry, store } = values;
const given = { ...entry && { entry }, ...store && { store } } as Given;
const first = Number(values.seed ?? Date.now() % 2 ** 31);

if (values.only !== undefined) await showOne(Number(values.only));
else await search();

async function showOne(seed: number): Promise<void> {
  if (values.kind !== undefined) {
    return console.log(await report(await shortest(seed, values.kind, given)));
  }
  const { run: { trace }, failures } = await runSeed(seed, given);
  console.log(asCode(generate(seed, given)));
  console.log(trace.join("\n"));
  console.log(failures);
}

async function search(): Promise<void> {
  console.log(`seed ${first}, ${values.seconds} seconds`);
  const end = performance.now() + Number(values.seconds) * 1000;
  const found = new Map<string, number>();
  const tally = new Tally();
  let [programs, requests, steps, failed] = [0, 0, 0, 0];
  for (let seed = first; performance.now() < end; seed++) {
    const { run: { history, trace }, failures } = await runSeed(seed, given);
    const { program } = history;
    tally.add(history);
    programs++;
    requests += program.waves.flatMap((wave) => wave.requests).length;
    steps += trace.length;
    const left = failures.filter(({ kind }) => !skipped.has(kind));
    if (left.length === 0) continue;
    failed++;
    const kinds = new Set(left.map(({ kind }) => kind));
    if (values.list) console.log(seed, program.entry, program.store, [...kinds].join(" | "));
    for (const kind of kinds) {
      const count = (found.get(kind) ?? 0) + 1;
      found.set(kind, count);
      if (count > 2 || values.list) continue;
      console.log(await report(await shortest(seed, kind, given)));
      console.log();
    }
  }
  console.log(tally.toString());
  console.log(
    `${programs} programs, ${requests} requests, ${steps} steps: ${programs} histories checked, ${failed} failed`,
  );
  for (const [kind, count] of found) console.log(`${count} × ${kind}`);
  process.exitCode = failed === 0 ? 0 : 1;
}
