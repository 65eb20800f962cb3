/** A slip in what a test plans is refused: what nobody knows never happens, and the test would show nothing. */
import { expect, test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { faultyStore, gateStore, testStore } from "../../src/testing/mod.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const store = memoryStore();

test.each<[text: RegExp, verb: string, options?: object]>([
  [/hold\(\) must be one of create, .* not "nope"/, "nope"],
  [/hold\(\) has no "withn", only at, id, within/, "commit", { withn: 1 }],
  [/Option "at" must be one of call, answer, not "answr"/, "commit", { at: "answr" }],
])("hold(): %s", (text, verb, options) => {
  expect(() => gateStore(store).hold(verb as Any, options)).toThrow(text);
});

test.each<[text: RegExp, fault: object]>([
  [/"verb" of a fault must be one of create, .* not "comit"/, { verb: "comit", fault: "reject" }],
  [/has no "cal", only verb, id, call, /, { verb: "commit", cal: 1, fault: "reject" }],
  [/"fault" of a fault must be one of delay, .* not "rejct"/, { verb: "commit", fault: "rejct" }],
  [/"fault" of a fault must be one of delay, .* not "undefined"/, { verb: "commit" }],
  [/"call" of a fault must be .* not 0/, { verb: "commit", call: 0, fault: "reject" }],
  [/Option "ms" must be .* not -1/, { verb: "commit", fault: "delay", ms: -1 }],
])("faultyStore(): %s", (text, fault) => {
  expect(() => faultyStore(store, [fault as Any])).toThrow(text);
});

test.each<[text: RegExp, options: object]>([
  [/testStore\(\) has no "sed", only name, /, { sed: 1 }],
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
