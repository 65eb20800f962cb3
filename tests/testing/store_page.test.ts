/** The store of docs/writing-a-store.md passes the kit, as the page shows it. */
import { afterAll, expect, test, vi } from "vitest";
import { writeSnippets } from "./page_snippets.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

const page = writeSnippets("writing-a-store.md");
afterAll(() => page.remove());

test("the store of the page passes the kit under node:test", async () => {
  expect(page.names).toEqual(["map_store.test.ts", "map_store.ts"]);
  const printed = await page.run("node", "--test", "map_store.test.ts");
  expect(printed).toMatch(/pass [56]\d\b/);
  expect(printed).toMatch(/fail 0\b/);
});
