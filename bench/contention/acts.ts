/** What every contestant's handler does: the same code on every entry. */
import { dataOf } from "../lib/payload.ts";
import type { Change } from "./plan.ts";

/** A session as the handlers here see it. */
export type Data = Record<string, unknown>;

/** A request's session, and the way its entry changes the newest data in one step. */
export interface Opened {
  readonly session: Data;
  update(change: (data: Data) => void): unknown;
}

export interface Asked {
  readonly path: string;
  /** The writer's own key. */
  readonly key: string;
}

export const PATHS: Readonly<Record<Change, string>> = {
  "a key each": "/own",
  "one counter": "/counter",
};

export const COUNTER = "counter";

export function askedOf(url: string): Asked {
  const { pathname, searchParams } = new URL(url, "http://bench.test");
  return { path: pathname, key: searchParams.get("key") ?? COUNTER };
}

export async function act(
  { path, key }: Asked,
  { session, update }: Opened,
): Promise<string> {
  switch (path) {
    case "/begin":
      Object.assign(session, dataOf(200));
      return "ok";
    // Its own key counts what its writer was told was stored: a lost write is missing for ever.
    case "/own":
      add(session, key);
      return "ok";
    case "/counter":
      await update((data) => add(data, COUNTER));
      return "ok";
    case "/counts":
      return JSON.stringify(countsIn(session));
    default:
      return "ok";
  }
}

function add(data: Data, key: string): void {
  data[key] = Number(data[key] ?? 0) + 1;
}

function countsIn(session: Data): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [key, value] of Object.entries(session)) {
    if (typeof value === "number") counts[key] = value;
  }
  return counts;
}
