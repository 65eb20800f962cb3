/** The snippets of docs/testing-races.md, each run by the runner it is for. */
import { afterAll, expect, test, vi } from "vitest";
import { writeSnippets } from "./page_snippets.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

const page = writeSnippets("testing-races.md");
afterAll(() => page.remove());

test.for([
  ["vitest.test.ts", "vitest", "run", "--root", page.folder, "vitest.test.ts"],
  ["faults.test.ts", "vitest", "run", "--root", page.folder, "faults.test.ts"],
  ["node.test.ts", "node", "--test", "node.test.ts"],
  ["deno.test.ts", "deno", "test", "--no-check", "--no-lock", "deno.test.ts"],
  ["bun.test.ts", "bun", "test", "./bun.test.ts"],
])("%s", async ([, command, ...args]) => {
  expect(await page.run(command!, ...args)).toMatch(/1 passed|pass 1\b|1 pass\b/);
});

test("every snippet of the page is run", () => {
  expect(page.names).toEqual(
    ["app.ts", "bun.test.ts", "deno.test.ts", "faults.test.ts", "node.test.ts", "vitest.test.ts"],
  );
});
