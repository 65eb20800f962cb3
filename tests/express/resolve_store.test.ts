/** The option `store`: a callback store is taken as it is, a native one behind callbacks, anything else is refused. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { toExpressStore } from "../../src/express/mod.ts";
import { resolveStore } from "../../src/express/resolve_store.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { type Any, ours, theirs } from "./support/libraries.ts";

const NO_STORE = new TypeError("store.on is not a function");
const nothing = () => {};

describe("what is given", () => {
  test("a store with events is taken as it is", () => {
    const stores: Any[] = [
      ...[new ours.Store(), new theirs.MemoryStore(), new ours.MemoryStore()],
      ...[toExpressStore(memoryStore()), { on: nothing, get: nothing, set: nothing }],
    ];
    for (const store of stores) expect(resolveStore(store, nothing)).toBe(store);
  });

  test("a native one gets the callbacks", () => {
    const native = memoryStore();
    const store: Any = resolveStore(native, nothing);
    expect(store).toBeInstanceOf(ours.Store);
    native.create("a", { json: '{"cookie":{},"n":1}', expires: null });
    return expect(store.get("a")).resolves.toMatchObject({ n: 1 });
  });

  test.each<[string, Any]>([
    ["an empty object", {}],
    ["what can create alone", { create: nothing }],
    ["what can commit alone", { commit: nothing }],
    ["words", { create: "a", commit: "b" }],
    ["what can commit, and has a word of the other", { create: "a", commit: nothing }],
    ["what can create, and has a word of the other", { create: nothing, commit: "b" }],
  ])("%s is no store", (_kind, store) => {
    expect(() => resolveStore(store, nothing)).toThrow(NO_STORE);
  });

  test("what is nearly one is told what it lacks, a sealed one where it belongs", () => {
    expect(() => resolveStore({ create: nothing, commit: nothing }, nothing)).toThrow(
      new TypeError('Option "store" must be a session store: it has no method "read"'),
    );
    expect(() => resolveStore({ sealed: true }, nothing)).toThrow(
      new TypeError('Option "store" must keep the sessions: a sealed store needs a Web entry'),
    );
  });
});

describe("of memory in production is warned", () => {
  let resolve: typeof resolveStore;
  let MemoryStore: new () => Any;
  beforeEach(async () => {
    vi.stubEnv("NODE_ENV", "production");
    vi.resetModules();
    ({ resolveStore: resolve } = await import("../../src/express/resolve_store.ts"));
    ({ MemoryStore } = await import("../../src/express/memory_store.ts"));
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });
  const saidOf = (store: unknown) => {
    const said: string[] = [];
    const resolved: Any = resolve(store, (reason) => void said.push(reason));
    expect(typeof resolved.get).toBe("function");
    return said;
  };

  test("where it is given, and where nothing is", () => {
    expect([saidOf(undefined), saidOf(new MemoryStore())]).toEqual([["memory"], ["memory"]]);
  });

  test("and of no other store", () => {
    expect([saidOf(new theirs.MemoryStore()), saidOf(memoryStore())]).toEqual([[], []]);
  });
});

test("of memory elsewhere nobody is warned", () => {
  const said: string[] = [];
  for (const store of [undefined, new ours.MemoryStore()]) {
    resolveStore(store, (reason) => void said.push(reason));
  }
  expect(said).toEqual([]);
});
