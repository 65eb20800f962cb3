/** One case of the kit on one store. */
import type { Clock } from "../clock.ts";
import type { MaybePromise } from "../store.ts";
import type { AnyStore, StoreCapabilities, StoreTestContext, StoreUnderTest } from "./types.ts";
import { systemClock } from "../clock.ts";
import { checkMade } from "./checked_store.ts";
import { type Effort, Kit, type StoreCase } from "./kit.ts";
import { seeded } from "./random.ts";
import { Recorder } from "./recorder.ts";

/** The longest a notice may be on its way. */
const PATIENCE = 10_000;

/** What stays the same from case to case. */
export interface Bench {
  readonly name: string;
  readonly create: (context: StoreTestContext) => MaybePromise<StoreUnderTest>;
  readonly capabilities: StoreCapabilities;
  readonly effort: Effort;
  /** The most milliseconds of one call. */
  readonly answerWithin: number;
}

/**
 * Runs a case on a fresh store, which is closed afterwards.
 *
 * @throws {Error} If the store fails it: with the last calls and the seed.
 */
export async function runCase(one: StoreCase, bench: Bench): Promise<void> {
  const { name, create, capabilities, effort, answerWithin } = bench;
  const { seed } = effort;
  const injected = capabilities.clock === "injected";
  let time = Date.now();
  const subject = await create({ now: () => time, case: one.name, seed });
  checkMade(name, subject);
  const recorder = new Recorder();
  const advance = async (ms: number): Promise<void> => {
    if (!injected) return await waitUntil(now, await now() + ms);
    time += ms;
    await subject.advance?.(ms);
  };
  const now = subject.now ?? (injected ? () => time : systemClock.now);
  try {
    const start = await now();
    const began = time;
    const clock: Clock = {
      ...systemClock,
      // A server's clock is asked by a call; an application on it has its own, which runs as fast.
      now: injected ? () => start + time - began : systemClock.now,
    };
    const store = recorder.watch(subject.store, "store");
    const peer = peerOf(subject, recorder, store);
    const random = seeded(seed);
    const parts = {
      subject,
      store,
      peer,
      capabilities,
      effort,
      random,
      now,
      start,
      advance,
      clock,
      patience: Math.min(PATIENCE, answerWithin),
    };
    const kit = new Kit(parts);
    await recorder.unlessHanging(() => one.run(kit), answerWithin);
  } catch (error) {
    const calls = recorder.calls();
    throw new Error(
      `${recorder.explain(error)} [store "${name}", seed ${seed}; ` +
        `WEBSESSION_SEED=${seed} repeats it]${calls && `\n  last calls: ${calls}`}`,
      { cause: error },
    );
  } finally {
    await subject.close?.();
  }
}

function peerOf({ peer }: StoreUnderTest, recorder: Recorder, store: AnyStore): AnyStore {
  return peer === undefined ? store : recorder.watch(peer, "peer");
}

async function waitUntil(now: () => MaybePromise<number>, end: number): Promise<void> {
  for (let left = end - await now(); left > 0; left = end - await now()) {
    await new Promise((resolve) => setTimeout(resolve, left));
  }
}

/** Passes where `run` fails: an exception must not outlive its reason. */
export async function mustFail(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new Error("The store passes this case: remove the exception");
}
