import { test } from "vitest";
import { memoryStore } from "../../src/stores/memory.ts";
import { testStore } from "../../src/testing/mod.ts";

testStore({
  name: "memory",
  create: ({ now }) => ({ store: memoryStore({ now }) }),
  capabilities: {
    atomic: true,
    clock: "injected",
    sliding: true,
    iterate: true,
    sweep: true,
    subject: true,
  },
  test,
});
