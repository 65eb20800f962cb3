/** Stores on real servers that are killed, cut off, stopped or short of memory: `--seconds 5 --seed 1`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { arch, cpus, platform, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { FAULTS } from "../tests/real_servers/faults.ts";
import { KINDS } from "../tests/real_servers/servers.ts";
import { asTable, configurations, details, LEGEND, type Row } from "../tests/real_servers/table.ts";
import { type Given, trial } from "../tests/real_servers/trial.ts";

const { values } = parseArgs({
  options: {
    /** How long visitors are served, for each row. */
    seconds: { type: "string", default: "6" },
    /** What visitors ask for, and when what goes wrong: drawn from this. */
    seed: { type: "string" },
    /** Rows whose "store, fault" contains one of these texts, separated by commas. */
    only: { type: "string", default: "" },
    /** Writes the table there, with machine, versions and date. */
    write: { type: "string" },
    /** A folder for the requests and answers of rows that broke a promise: no second run is the same. */
    log: { type: "string" },
  },
});

const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const seconds = Number(values.seconds);
const wanted = values.only.toLowerCase().split(";");
const rows: Row[] = [];
const versions = new Map<string, string>();
if (values.log !== undefined) mkdirSync(values.log, { recursive: true });
console.log(`seed ${seed}, ${seconds} seconds a row`);

for (const kind of KINDS) {
  const faults = FAULTS.filter(({ name }) => isWanted(kind.name, name));
  const compared = kind.peer !== undefined && isWanted(kind.peer, "none");
  if (faults.length === 0 && !compared) continue;
  if (kind.isMissing()) {
    console.log(`${kind.name}: not installed (apt-get install ${kind.debianPackage})`);
    continue;
  }
  const site = await kind.start();
  versions.set(kind.debianPackage, kind.version());
  try {
    for (const fault of faults) {
      if (fault.fits(site)) await show(kind.name, { site, fault, seed, until: { seconds } });
    }
    const [none] = FAULTS;
    if (compared) {
      await show(kind.peer!, {
        site,
        fault: none!,
        seed,
        until: { seconds },
        who: "express-session",
      });
    }
  } finally {
    await site.stop();
  }
}

const promised = rows.filter(({ isPeer }) => !isPeer);
const broken = promised.flatMap(({ outcome: { failures } }) => failures);
console.log(`\n${asTable(rows)}\n\n${configurations(rows)}`);
if (values.write !== undefined) writeFileSync(values.write, report());
process.exitCode = broken.length === 0 ? 0 : 1;

function isWanted(store: string, fault: string): boolean {
  const name = `${store}, ${fault}`.toLowerCase();
  return wanted.some((text) => name.includes(text.trim()));
}

async function show(store: string, given: Given): Promise<void> {
  const outcome = await trial(given);
  const { configuration } = given.site;
  const isPeer = given.who === "express-session";
  const { fault } = given;
  rows.push({ store, configuration, fault, isPeer, outcome });
  const { failures, acknowledged } = outcome;
  console.log(
    `${store}, ${fault.name}: ${acknowledged} acknowledged, ${failures.length} broken promises`,
  );
  console.log(details(outcome));
  if (values.log === undefined || failures.length === 0) return;
  const file = `${store}-${fault.name}-${seed}.jsonl`.replace(/[^\w.-]+/g, "_");
  writeFileSync(join(values.log, file), outcome.log.map((each) => JSON.stringify(each)).join("\n"));
}

function report(): string {
  const [cpu] = cpus();
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  const machine = `${cpus().length} × ${
    cpu!.model.trim()
  }, ${gigabytes} GB, ${platform()} ${arch()}`;
  const software = [`Node ${process.versions.node}`, ...versions.values()].join(", ");
  const only = values.only === "" ? "" : ` --only "${values.only}"`;
  const command = `npm run servers -- --seconds ${seconds} --seed ${seed}${only}`;
  return [
    "# Real servers",
    `${machine}; ${software}; ${new Date().toISOString()}; \`${command}\``,
    "Three processes of one application (Express and fetch on the same cookie), ten requests at a time of eight browsers, over HTTP.",
    asTable(rows),
    LEGEND,
    "## Configurations",
    configurations(rows),
    "",
  ].join("\n\n");
}
