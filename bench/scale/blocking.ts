/**
 * How long one call keeps others waiting where very many sessions are stored:
 * `node --expose-gc blocking.ts <store> <sessions of one subject> <sessions in all>`.
 */
import process from "node:process";
import { Worker } from "node:worker_threads";
import { GROUNDS, INSTALLED, openStore, type StoreName } from "./blocking_stores.ts";

export interface BlockingRow {
  readonly store: StoreName;
  readonly call: string;
  /** How many it went through. */
  readonly sessions: number;
  /** What all of it took, in seconds. */
  readonly seconds: number;
  /** Milliseconds of the longest turn of the caller's event loop: see {@linkcode longestTurn}. */
  readonly turn: number;
  /** How many turns were longer than {@linkcode MOST_BLOCKED}. */
  readonly longTurns: number;
  /** Milliseconds of processor time of each script, where the server runs one at a time. */
  readonly scripts: Spread | undefined;
  /** Milliseconds another visitor waited for a read and a change meanwhile, in another thread. */
  readonly waits: Spread | undefined;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** How many are above {@linkcode MOST_BLOCKED}. */
  readonly long: number;
}

export { INSTALLED };

/** Milliseconds: what no call may take of a server that does one thing at a time, or of an event loop. */
export const MOST_BLOCKED = 10;

const DAY = 86_400_000;
/** What changes nothing is done so often, and the best counts: the machine does other work as well. */
const TIMES = 3;
/** Of so many once: it takes minutes. */
const MANY = 1_000_000;
/** Single reads: at most so many, and so many in one turn of the loop. */
const MOST_READ = 10_000;
const READS = 100;

export async function measureBlocking(
  name: StoreName,
  ofOne: number,
  inAll: number,
): Promise<BlockingRow[]> {
  const rows: BlockingRow[] = [];
  const ground = await GROUNDS[name](() => store);
  const { store, close } = await openStore(name, ground.where);
  const now = Date.now();
  await ground.fill(ofOne, "ada", now + DAY);
  await ground.fill(inAll - ofOne, "others", now + DAY);
  const canSweep = store.sweep !== undefined;
  // Over for the store, which compares; not for the server that would drop it by itself.
  if (canSweep) await ground.fill(ofOne, "over", now - 1000);
  const asked = ground.watched ?? store;
  // What a script keeps others waiting is known without asking them, and they would be counted with it.
  const isQuiet = name === "memory" || ground.watched !== undefined;
  const visitor = isQuiet ? undefined : await startVisitor(name, ground.where);
  let ids: string[] = [];
  const calls: Record<string, () => unknown> = {
    "(none)": () => new Promise((resolve) => setTimeout(resolve, 1000)),
    // What takes longer than the others here, a call on many sessions is not to blame for.
    "read(), each": async () => {
      for (const [at, id] of ids.entries()) {
        await asked.read(id);
        if (at % READS === 0) await new Promise(setImmediate);
      }
      return ids;
    },
    // First: to count them, memory drops those that are over, too.
    ...canSweep ? { "sweep()": () => asked.sweep!() } : {},
    "list()": () => asked.list("ada"),
    "length()": () => asked.length(),
    "all()": async () => {
      let count = 0;
      for await (const _ of asked.all()) count++;
      return count;
    },
    "destroyAll()": () => asked.destroyAll("ada", "somebody"),
    "clear()": () => asked.clear(),
  };
  let left = inAll;
  const measure = async (
    call: string,
    act: () => unknown,
  ): Promise<BlockingRow> => {
    await ground.scripts?.();
    visitor?.start();
    // Nobody pays for the garbage of what filled the store, nor of the call before.
    (globalThis as { gc?: () => void }).gc?.();
    const begun = performance.now();
    const { result, ...turns } = await longestTurn(act);
    const seconds = (performance.now() - begun) / 1000;
    const waits = await visitor?.stop();
    const scripts = await ground.scripts?.();
    const counted = typeof result === "number" ? result : Array.isArray(result) ? result.length : 0;
    const sessions = call === "clear()" ? left : counted;
    if (call === "destroyAll()") left -= counted;
    return {
      ...{ store: name, call, sessions, seconds, ...turns },
      waits: waits && spread(waits),
      scripts: scripts && spread(scripts),
    };
  };
  ids = (await asked.list("ada")).slice(0, MOST_READ);
  for (const [call, act] of Object.entries(calls)) {
    const times = inAll >= MANY || /destroyAll|sweep|clear/.test(call) ? 1 : TIMES;
    const tried: BlockingRow[] = [];
    while (tried.length < times) tried.push(await measure(call, act));
    const rank = ({ turn, scripts }: BlockingRow) => Math.max(turn, scripts?.max ?? 0);
    rows.push(tried.sort((one, other) => rank(one) - rank(other))[0]!);
  }
  visitor?.end();
  await close();
  await ground.stop();
  return rows;
}

/**
 * Milliseconds of the longest turn of this event loop meanwhile: of processor time, for other
 * programs run on this machine as well; but no more than passed, for threads that help count too.
 */
async function longestTurn(
  act: () => unknown,
): Promise<{ result: unknown; turn: number; longTurns: number }> {
  let [turn, longTurns] = [0, 0];
  let isOver = false;
  let [wall, cpu] = [performance.now(), ownTime()];
  const look = (): void => {
    const passed = performance.now() - wall;
    const took = Math.min(passed, ownTime() - cpu);
    turn = Math.max(turn, took);
    if (took > MOST_BLOCKED) longTurns++;
    [wall, cpu] = [performance.now(), ownTime()];
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  const result = await act();
  await new Promise(setImmediate);
  isOver = true;
  look();
  return { result, turn, longTurns };
}

const CELL = new Int32Array(new SharedArrayBuffer(4));

/**
 * Milliseconds of processor time this thread has had. The kernel writes it down when a thread
 * comes to rest, and else only every few milliseconds: so it rests for a moment.
 */
function ownTime(): number {
  Atomics.wait(CELL, 0, 0, 0.01);
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1] ?? 0;
  const long = values.filter((value) => value > MOST_BLOCKED).length;
  return { p50: at(0.5), p99: at(0.99), max: at(1), long };
}

async function startVisitor(name: StoreName, where: string) {
  const url = new URL("./visitor_thread.ts", import.meta.url);
  const worker = new Worker(url, { workerData: { name, where } });
  let fail: (error: Error) => void = () => {};
  worker.on("error", (error) => fail(error));
  const answer = <T>() =>
    new Promise<T>((resolve, reject) => {
      fail = reject;
      worker.once("message", resolve);
    });
  await answer();
  return {
    start: () => worker.postMessage("start"),
    end: () => worker.postMessage("end"),
    async stop() {
      worker.postMessage("stop");
      return await answer<number[]>();
    },
  };
}

if (import.meta.main) {
  const [, , name, ofOne, inAll] = process.argv;
  const rows = await measureBlocking(
    name as StoreName,
    Number(ofOne),
    Number(inAll),
  );
  console.log(JSON.stringify(rows));
  process.exit();
}
