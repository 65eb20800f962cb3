/** The kit without a runner: which case ended how. */
import { type AnyStore, testStore, type TestStoreOptions } from "../../src/testing/mod.ts";
import { EVERYTHING } from "./wrong/wrong_store.ts";

export interface Outcome {
  readonly name: string;
  readonly error: Error | undefined;
}

/** Runs the cases of the kit, or those that `only` names, one after the other. */
export async function outcomes(
  options: Partial<TestStoreOptions>,
  only: (name: string) => boolean = () => true,
): Promise<Outcome[]> {
  const cases: [name: string, run: () => Promise<void>][] = [];
  testStore({
    name: "x",
    create: () => {
      throw new Error("no store was made");
    },
    capabilities: EVERYTHING,
    test: (name, run) => cases.push([name.slice("x: ".length), run]),
    interleavings: 300,
    revivals: 200,
    ...options,
  });
  const found: Outcome[] = [];
  for (const [name, run] of cases) {
    if (!only(name)) continue;
    found.push({ name, error: await run().then(() => undefined, (error: Error) => error) });
  }
  return found;
}

/** The same for a store of nothing but the kit's clock. */
export function outcomesOf(
  make: (now: () => number) => AnyStore,
  options: Partial<TestStoreOptions> = {},
): Promise<Outcome[]> {
  return outcomes({ create: ({ now }) => ({ store: make(now) }), ...options });
}

/** The sentences of the cases that failed. */
export const red = (all: readonly Outcome[]): string[] =>
  all.filter(({ error }) => error !== undefined).map(({ name }) => name);
