/** The start page for everybody: axe finds nothing, in any scheme and state, and nothing is cut off. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launch, skipBrowser } from "../browser/chromium.ts";
import { openPage, openStartPage, type StartPage } from "./start_page.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** What axe finds: each rule with the first place that breaks it. */
async function violationsOn(page: Page): Promise<string[]> {
  // As the browser's tools do it: the page's own policy lets no script in.
  await page.evaluate(axe);
  const { violations, passes } = await page.evaluate("axe.run()") as {
    violations: Violation[];
    passes: unknown[];
  };
  expect(passes.length).toBeGreaterThan(20);
  return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary}`);
}

const LOOKS = [
  ["light", { colorScheme: "light" }],
  ["dark", { colorScheme: "dark" }],
  ["forced colours", { forcedColors: "active" }],
] as const;

describe.skipIf(skipBrowser)("the start page for everybody", () => {
  let browser: Browser;
  let start: StartPage;
  beforeAll(async () => {
    [browser, start] = await Promise.all([launch(), openStartPage()]);
  });
  afterAll(async () => {
    await browser?.close();
    await start?.end();
  });

  /** Somebody with two devices who has run both races. */
  async function useEverything(page: Page): Promise<void> {
    const says = (text: string) => page.locator("#status").filter({ hasText: text }).waitFor();
    await page.fill("#user", "Ada");
    await page.click("#log-in");
    await says("Hello, Ada.");
    await page.click("#phone");
    await says("pretend phone");
    await page.click("#run-basket");
    await says("20 of 20");
    await page.click("#run-logout");
    await says("logged in again");
  }

  test.each(LOOKS)("axe finds nothing in %s, logged out and in", async (_name, look) => {
    for (const path of ["/", "/hono"]) {
      const context = await browser.newContext(look);
      const { page } = await openPage(context, start.origin + path);
      expect(await violationsOn(page)).toEqual([]);
      await useEverything(page);
      expect(await violationsOn(page)).toEqual([]);
      await context.close();
    }
  });

  test("at 320 pixels nothing is wider than the screen, whatever its name", async () => {
    const context = await browser.newContext({ viewport: { width: 320, height: 640 } });
    const { page } = await openPage(context, start.origin);
    const width = () => page.evaluate(() => document.documentElement.scrollWidth);
    expect(await width()).toBe(320);
    await useEverything(page);
    expect(await width()).toBe(320);
    await page.click("#log-out");
    await page.locator("#user").fill("W".repeat(40));
    await page.click("#log-in");
    await page.locator("#status").filter({ hasText: "Hello, W" }).waitFor();
    expect(await width()).toBe(320);
  });
});
