/**
 * For those who write a session store: a kit that proves the contract.
 *
 * With it come a gate that scripts races, and a store that fails on demand.
 * Depends on no test runner and no runtime.
 *
 * @example
 * ```ts
 * import { memoryStore } from "@websession/websession/stores/memory";
 * import { testStore } from "@websession/websession/testing";
 *
 * const tests: (() => Promise<void>)[] = [];
 * testStore({
 *   name: "memory",
 *   create: ({ now }) => ({ store: memoryStore({ now }) }),
 *   capabilities: {
 *     atomic: "one process",
 *     clock: "injected",
 *     sliding: true,
 *     iterate: true,
 *     sweep: true,
 *     subject: true,
 *   },
 *   test: (_name, run) => tests.push(run), // or the `test` of your runner
 * });
 * for (const run of tests) await run();
 * ```
 *
 * @module
 */
export { testStore } from "./test_store.ts";
export type { TestStoreOptions } from "./options.ts";
export type {
  AdditionalCase,
  AnyStore,
  RecordOptions,
  StoreCapabilities,
  StoreCaseContext,
  StoreTestContext,
  StoreUnderTest,
} from "./types.ts";
export { gateStore, type HeldCall, type HoldOptions, type StoreGate } from "./gate_store.ts";
export { type Fault, type FaultControl, faultyStore } from "./faulty_store.ts";
export type { StoreCall, StoreVerb } from "./intercept.ts";
export { remoteStore, serveStore, type StoreChannel } from "./remote_store.ts";
