/** A slip in what a test plans is refused: what nobody knows never happens, and the test would show nothing. */
import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore, gateStore, testStore } from "../../src/testing/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const store = memoryStore();
/** One without powers. */
const six = {
  atomic: true,
  create: () => true,
  read: () => undefined,
  commit: () => ({ status: "gone" as const }),
  touch: () => false,
  rotate: () => ({ status: "gone" as const }),
  destroy: () => {},
};

test.each<[text: RegExp, verb: string, options?: object]>([
  [/hold\(\) must be one of create, .* not "nope"/, "nope"],
  [/hold\(\) waits for list\(\), which the store has not/, "list"],
  [/hold\(\) has no "withn", only at, id, within/, "commit", { withn: 1 }],
  [/Option "at" must be one of call, answer, not "answr"/, "commit", { at: "answr" }],
])("hold(): %s", (text, verb, options) => {
  expect(() => gateStore(six).hold(verb as Any, options)).toThrow(text);
});

test.each<[text: RegExp, fault: object]>([
  [/"verb" of a fault must be one of create, .* not "comit"/, { verb: "comit", fault: "reject" }],
  [/has no "cal", only verb, id, call, /, { verb: "commit", cal: 1, fault: "reject" }],
  [/"fault" of a fault must be one of delay, .* not "rejct"/, { verb: "commit", fault: "rejct" }],
  [/"fault" of a fault must be one of delay, .* not "undefined"/, { verb: "commit" }],
  [/"ms" of a fault is the time of a "delay", not of a "reject"/, {
    verb: "commit",
    fault: "reject",
    ms: 5,
  }],
  [/"error" of a fault is met by nobody in a "hang"/, { verb: "read", fault: "hang", error: 1 }],
  [/A fault of "plan" waits for list\(\), which the store has not/, {
    verb: "list",
    fault: "hang",
  }],
  [/"call" of a fault must be .* not 0/, { verb: "commit", call: 0, fault: "reject" }],
  [/Option "ms" must be .* not -1/, { verb: "commit", fault: "delay", ms: -1 }],
])("faultyStore(): %s", (text, fault) => {
  expect(() => faultyStore(six, [fault as Any])).toThrow(text);
});

test.each<[text: RegExp, options: object]>([
  [/testStore\(\) has no "sed", only name, /, { sed: 1 }],
  ...["interleavings", "workers", "increments", "takes", "revivals"].flatMap((count) =>
    [0, 1.5, NaN, Infinity, -1].map((times): [RegExp, object] => [
      new RegExp(`Option "${count}" must be a whole number of at least 1, not ${times}$`),
      { [count]: times },
    ])
  ),
  [/Option "takes" must be a whole number of at least 1, not a value of type string/, {
    takes: "5",
  }],
  [/Option "capabilities" has no "slidng", only atomic, /, {
    capabilities: { atomic: "one process", clock: "server", slidng: true },
  }],
])("testStore(): %s", (text, options) => {
  const right = {
    name: "memory",
    create: () => ({ store }),
    capabilities: { atomic: "one process", clock: "server" },
    test: () => {},
  };
  expect(() => testStore({ ...right, ...options } as Any)).toThrow(text);
});

const NOT_STORES: [text: RegExp, made: unknown][] = [
  [/must be a session store, not undefined/, undefined],
  [/must be a session store, not null/, null],
  [/must be a session store, not a value of type string/, "redis"],
  [/must be a session store, not a promise of one: await it/, Promise.resolve(store)],
  [/but it has no create\(\), read\(\), commit\(\), touch\(\), rotate\(\), destroy\(\)$/, {}],
  [/but it has no rotate\(\)$/, { ...six, rotate: undefined }],
];

test.each(NOT_STORES)("no store: %s", async (text, made) => {
  expect(() => gateStore(made as Any)).toThrow(text);
  expect(() => faultyStore(made as Any, [])).toThrow(text);
  await expect(firstCase({ store: made })).rejects.toThrow(text);
  if (made === undefined) return;
  await expect(firstCase({ store, peer: made })).rejects.toThrow(/^The peer of create\(\) of "x"/);
});

test("create() of the kit hands over an object with the store in it", async () => {
  await expect(firstCase(undefined)).rejects.toThrow(
    'create() of "x" must answer { store }, not undefined',
  );
  await expect(firstCase(store)).rejects.toThrow(
    'create() of "x" must answer { store }, not the store itself',
  );
});

/** The kit's first case on what `create()` answers. */
async function firstCase(made: unknown): Promise<void> {
  const cases: (() => Promise<void>)[] = [];
  testStore({
    name: "x",
    create: () => made as Any,
    capabilities: { atomic: "one process", clock: "server" },
    test: (_, run) => cases.push(run),
  });
  await cases[0]!();
}
