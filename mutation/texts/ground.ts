/** A server on which the kit is run, and what its cases have in common. */
import { testStore, type TestStoreOptions } from "../../src/testing/mod.ts";

/** A case of the kit on one store. */
export interface Case {
  readonly name: string;
  run(): Promise<void>;
}

/** A server, and the kit on a store that `make` of a module makes. */
export interface Ground {
  readonly name: string;
  /** The entry of the stores. */
  readonly entry: string;
  /** The kit's cases, on the exports of that entry. */
  cases(module: never): Case[];
  /** After a call that did not come back: whatever it is at, it ends. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

/** Races enough to be noticed, few enough to be run a thousand times. */
const EFFORT = {
  seed: 7,
  interleavings: 40,
  revivals: 40,
  increments: 10,
  takes: 10,
  workers: 4,
};
export const WEEK = 7 * 86_400;
export const HOUR = 3_600_000;
export const POWERS = {
  atomic: true,
  clock: "injected",
  iterate: true,
  subject: true,
} as const;

let serial = 0;

/** A name that no other case has. */
export const nextName = (): number => ++serial;

export function casesOf(options: Omit<TestStoreOptions, "test">): Case[] {
  const cases: Case[] = [];
  testStore({
    ...EFFORT,
    ...options,
    test: (name, run) => cases.push({ name, run }),
  });
  return cases;
}
