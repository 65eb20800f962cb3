/** One store under one fault: visitors are served while it happens, and then everything is looked at. */
import { seeded } from "../../src/testing/random.ts";
import { type Failure, verdict } from "../model/verdict.ts";
import { Client } from "./client.ts";
import { type Fault, pause } from "./faults.ts";
import { Fleet } from "./fleet.ts";
import type { Plan, Told } from "./protocol.ts";
import { Recorder } from "./recorder.ts";
import type { Site } from "./servers.ts";
import { Traffic } from "./traffic.ts";

/** For how long visitors are served; or until so many requests went well, and so much harm was done. */
export type Until =
  | { readonly seconds: number }
  | { readonly acknowledged: number; readonly harms: number };

export interface Given {
  readonly site: Site;
  readonly fault: Fault;
  readonly seed: number;
  readonly until: Until;
  readonly who?: Plan["who"];
  readonly plant?: NonNullable<Plan["plant"]>;
}

export interface Outcome {
  readonly seed: number;
  readonly sessions: number;
  /** How often the fault was done. */
  readonly harms: number;
  readonly acknowledged: number;
  readonly refused: number;
  /** The answer never came, or the store does not know either. */
  readonly unknown: number;
  readonly reasons: ReadonlyMap<string, number>;
  /** Sessions the server dropped, as it was told to. */
  readonly evicted: number;
  /** Logouts that another process's rotation has overtaken: a limit that ARCHITECTURE.md tells. */
  readonly overtaken: number;
  readonly failures: readonly Failure[];
  /** Each request with its answer. */
  readonly log: readonly object[];
}

const PROCESSES = 3;
/** How long a store may take: some stops are longer, and no busy machine is as slow. */
const SHORT = 1_000;
const LONG = 20_000;
/** Between one fault and the next as many requests go well, at most, within as many milliseconds. */
const MOST_BETWEEN = 100;
const LONGEST_PEACE = 2_000;
/** So long servers and pools may take to recover. */
const RECOVERY = 60_000;
/** What the store's failing is called. */
const STORE_FAILURES = /^(STORE_FAILED|STORE_TIMEOUT)$/;

export async function trial(given: Given): Promise<Outcome> {
  const { site, fault, seed, until, who = "websession", plant } = given;
  const place = fault.place?.(site) ?? site.place;
  const ioTimeout = fault.isLong ? SHORT : LONG;
  const isFast = fault.isFast === true;
  const fastSince = isFast ? Date.now() : undefined;
  const plan: Plan = {
    ...{ place, who, ioTimeout },
    ...plant && { plant },
    ...fastSince && { fastSince },
  };
  const fleet = await Fleet.start(plan, PROCESSES);
  const client = new Client();
  const recorder = new Recorder((told) => isExplained(fault, told), isFast);
  const traffic = new Traffic({ fleet, client, recorder, seed, isWhole: who === "websession" });
  const random = seeded(seed + 1);
  let harms = 0;
  try {
    traffic.start();
    const began = performance.now();
    const isOver = () =>
      "seconds" in until
        ? performance.now() > began + Math.max(until.seconds, fault.leastSeconds ?? 0) * 1000
        : recorder.counts.acked >= until.acknowledged && harms >= until.harms;
    while (!isOver()) {
      // Visitors are to have something that can be lost.
      const enough = recorder.counts.acked + random.below(MOST_BETWEEN);
      const latest = performance.now() + LONGEST_PEACE;
      while (recorder.counts.acked < enough && performance.now() < latest) await pause(5);
      await fault.harm({ site, fleet, random });
      harms++;
    }
    await traffic.stop();
    const isWhole = await traffic.lookAtAll(performance.now() + RECOVERY);
    if (!isWhole) recorder.history.failures.push("no recovery: a session cannot be looked at");
    for (const text of fleet.fallen) recorder.history.failures.push(`nobody caught: ${text}`);
  } finally {
    await traffic.stop();
    client.stop();
    await fleet.stop();
    await fault.end?.(site);
  }
  recorder.conclude();
  const { counts, reasons, history } = recorder;
  const failures = verdict(history);
  const evicted = failures.filter((failure) => fault.mayLose && isGone(failure)).length;
  return {
    ...{
      seed,
      harms: isFast ? recorder.replaced : harms,
      reasons,
      evicted,
      overtaken: recorder.overtaken,
      sessions: history.sessions.length,
    },
    ...{ acknowledged: counts.acked, refused: counts.refused, unknown: counts.doubt },
    failures: failures.filter((failure) => !fault.mayLose || !isGone(failure)),
    log: recorder.log,
  };
}

function isExplained({ breaksStore, mayLose }: Fault, { error }: Told): boolean {
  const { code } = error!;
  return breaksStore && STORE_FAILURES.test(code) || Boolean(mayLose) && code === "SESSION_GONE";
}

/** A session that is not there at all. */
function isGone({ kind, text }: Failure): boolean {
  return kind === "lost" && text.endsWith("did not find its session");
}
