/** The kit on the memory store, without a runner: prints how many cases passed. */
import { memoryStore } from "../../src/stores/memory.ts";
import { testStore } from "../../src/testing/mod.ts";

export async function passed(): Promise<string> {
  const cases: [name: string, run: () => Promise<void>][] = [];
  testStore({
    name: "memory",
    create: ({ now }) => ({ store: memoryStore({ now, sweepInterval: 0 }) }),
    capabilities: {
      atomic: "one process",
      clock: "injected",
      sliding: true,
      iterate: true,
      sweep: true,
      subject: true,
    },
    test: (name, run) => cases.push([name, run]),
  });
  for (const [, run] of cases) await run();
  return `${cases.length} passed`;
}
