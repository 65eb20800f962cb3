/** One row: so many writers of one session, and what became of what they were told. */
import { median, quantile } from "../lib/stats.ts";
import { COUNTER, PATHS } from "./acts.ts";
import type { Client } from "./client.ts";
import type { Bounds, Change, Shape } from "./plan.ts";

export interface Trial {
  /** Requests answered with 200. */
  readonly acknowledged: number;
  /** Of those, changes the next visit does not find. */
  readonly lost: number;
  /** Any other answer, and none. */
  readonly refused: number;
  /** Changes the next visit finds though nobody was told that they are stored. */
  readonly unasked: number;
  /** Milliseconds of an answer, refused ones too. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Writes to a session nobody else knows, and compares what it holds with what was acknowledged. */
export async function trial(
  client: Client,
  change: Change,
  shape: Shape,
  bounds: Bounds,
): Promise<Trial> {
  const sessions = await begin(client, shape.kind === "apart" ? shape.writers : 1);
  await client.connect(shape.writers);
  const times: number[] = [];
  let refused = 0;
  const write = async (writer: number): Promise<void> => {
    const { cookie, acknowledged } = sessions[writer % sessions.length]!;
    const key = change === "one counter" ? COUNTER : `key${writer}`;
    const path = `${PATHS[change]}?key=${key}`;
    const { status, milliseconds } = await client.get(writer, path, cookie);
    times.push(milliseconds);
    if (status === 200) acknowledged.set(key, (acknowledged.get(key) ?? 0) + 1);
    else refused++;
  };
  await (shape.kind === "burst" ? bursts : steadily)(write, shape.writers, bounds);
  let [lost, unasked] = [0, 0];
  for (const { cookie, acknowledged } of sessions) {
    const found = await client.counts(cookie);
    for (const key of new Set([...acknowledged.keys(), ...keysOf(found)])) {
      const missing = (acknowledged.get(key) ?? 0) - (found[key] ?? 0);
      if (missing > 0) lost += missing;
      else unasked -= missing;
    }
  }
  return {
    acknowledged: times.length - refused,
    lost,
    refused,
    unasked,
    p50: median(times),
    p99: quantile(times, 0.99),
    max: Math.max(...times),
  };
}

/** Several rounds as one: medians of times, sums of counts, and the longest anybody waited. */
export function combined(rounds: readonly Trial[]): Trial {
  const sum = (read: (round: Trial) => number) =>
    rounds.reduce((total, round) => total + read(round), 0);
  return {
    acknowledged: sum(({ acknowledged }) => acknowledged),
    lost: sum(({ lost }) => lost),
    refused: sum(({ refused }) => refused),
    unasked: sum(({ unasked }) => unasked),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    max: Math.max(...rounds.map(({ max }) => max)),
  };
}

interface Session {
  readonly cookie: string;
  /** By key: how often its writer was told that its change is stored. */
  readonly acknowledged: Map<string, number>;
}

async function begin(client: Client, count: number): Promise<Session[]> {
  const cookies = await Promise.all(Array.from({ length: count }, () => client.begin()));
  return cookies.map((cookie) => ({ cookie, acknowledged: new Map() }));
}

type Write = (writer: number) => Promise<void>;

function everyone(writers: number, act: Write): Promise<void[]> {
  return Promise.all(Array.from({ length: writers }, (_, writer) => act(writer)));
}

async function bursts(
  write: Write,
  writers: number,
  { milliseconds, requests }: Bounds,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  for (let sent = 0; sent < requests && performance.now() < deadline; sent += writers) {
    await everyone(writers, write);
  }
}

async function steadily(
  write: Write,
  writers: number,
  { milliseconds, each }: Bounds,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  await everyone(writers, async (writer) => {
    for (let sent = 0; sent < each && performance.now() < deadline; sent++) {
      await write(writer);
    }
  });
}

/** What the writers count with: the session has other numbers. */
function keysOf(found: Readonly<Record<string, number>>): string[] {
  return Object.keys(found).filter((key) => key === COUNTER || key.startsWith("key"));
}
