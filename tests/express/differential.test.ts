/** Thousands of random scripts, run against express-session 1.19.0 and against ours. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { difference, withoutBugs } from "./support/compare.ts";
import { DIFFERENCES, toleratedSoFar, tolerates } from "./support/differences.ts";
import { Driver } from "./support/drive.ts";
import { ours, theirs } from "./support/libraries.ts";
import { randomCase } from "./support/random_case.ts";
import { type Case, runCase } from "./support/run_case.ts";

let driver: Driver;
beforeAll(async () => {
  driver = await Driver.start();
});
afterAll(() => driver.stop());

const FIRST = Number(process.env["SEED"] ?? 1);
const CASES = Number(process.env["CASES"] ?? 3000);

const INCOMPARABLE = "incomparable";

async function differenceOf(one: Case): Promise<string | undefined> {
  const expected = withoutBugs(one, await runCase(one, theirs, driver, theirs));
  // Where they store an orphan and that write fails, the failures fall elsewhere from there on.
  if (!isComparable(one, expected.dropped.some(Boolean))) return INCOMPARABLE;
  return difference(one, expected, await runCase(one, ours, driver, theirs));
}

/** Whether what was corrected in their outcome can have no further consequences. */
function isComparable(one: Case, isCorrected: boolean): boolean {
  const requestsThat = (step: string) =>
    one.requests.filter(({ steps }) => steps.some(([name]) => name === step));
  const does = (step: string) => requestsThat(step).length > 0;
  // With one call more or less, the planned failures fall elsewhere.
  if (one.store.startsWith("failing") && (isCorrected || does("saveAnyway"))) return false;
  if (does("saveAnyway")) {
    const isOften = one.requests.some(({ steps }) =>
      steps.filter(([name]) => name === "saveAnyway").length > 1
    );
    // The second of two saves finds the first one's cookie; a live object shows what came after it.
    const meets = does("save") || does("saveTwice") || does("id") || one.store === "live";
    if ((meets || isOften) && tolerates("saves-in-order")) return false;
  }
  const confuses = requestsThat("id").length > 1 ||
    requestsThat("id").some(({ steps }) => steps.some(([name]) => name === "regenerate"));
  if (confuses && tolerates("assigned-ids")) return false;
  // What is an orphan cannot be told where the application gives itself an id.
  return !(isCorrected && does("id"));
}

/** Leaves out requests and steps for as long as the libraries still differ. */
async function shortened(one: Case): Promise<Case> {
  for (;;) {
    let shorter: Case | undefined;
    for (const candidate of shorterOnes(one)) {
      const differs = await differenceOf(candidate);
      if (differs === undefined || differs === INCOMPARABLE) continue;
      shorter = candidate;
      break;
    }
    if (shorter === undefined) return one;
    one = shorter;
  }
}

function* shorterOnes(one: Case): Generator<Case> {
  const { requests } = one;
  for (const index of requests.keys()) {
    if (requests.length > 1) yield { ...one, requests: requests.toSpliced(index, 1) };
  }
  for (const [index, request] of requests.entries()) {
    for (const step of request.steps.slice(0, -1).keys()) {
      const steps = request.steps.toSpliced(step, 1);
      yield { ...one, requests: requests.with(index, { ...request, steps }) };
    }
  }
  for (const name of Object.keys(one.options)) {
    if (["secret", "resave", "saveUninitialized"].includes(name)) continue;
    const { [name]: _, ...options } = one.options;
    yield { ...one, options };
  }
  for (const flag of ["twice", "foreign", "trustProxy", "cookieFunction"] as const) {
    if (one[flag]) yield { ...one, [flag]: false };
  }
}

test(`${CASES} random scripts agree with express-session 1.19.0`, async () => {
  const found: string[] = [];
  let requests = 0;
  let compared = 0;
  for (let seed = FIRST; seed < FIRST + CASES && found.length < 3; seed++) {
    const one = randomCase(seed);
    requests += one.requests.length;
    const differs = await differenceOf(one);
    if (differs !== INCOMPARABLE) compared++;
    if (differs === undefined || differs === INCOMPARABLE) continue;
    const short = await shortened(one);
    found.push(`SEED=${seed} ${JSON.stringify(short, null, 1)}\n${await differenceOf(short)}`);
  }
  console.log(`${compared} of ${CASES} cases compared, ${requests} requests to each library`);
  expect(found.join("\n\n")).toBe("");
  expect(compared).toBeGreaterThan(CASES * 0.7);
  // An exception that no script needs any more is none. Some are rare: the usual seeds meet them.
  const exceptions = Object.keys(DIFFERENCES).filter((name) => DIFFERENCES[name]!.tolerated).sort();
  if (FIRST === 1 && CASES >= 3000) expect(toleratedSoFar()).toEqual(exceptions);
}, 300_000);
