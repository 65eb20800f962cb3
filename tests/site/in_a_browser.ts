/** The site as somebody sees it: search, light and dark, without JavaScript, and by axe. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, skipBrowser } from "../browser/chromium.ts";
import type { BuiltSite } from "./built_site.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The tests of a site that the file which calls this has built. */
export function siteInABrowser(built: () => BuiltSite): void {
  describe.skipIf(skipBrowser)("in a browser", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(() => browser?.close());

    /** A page of the site as somebody sees it whose browser asks no other host. */
    async function open(
      path: string,
      options: BrowserContextOptions = {},
    ): Promise<Page> {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      const asked: string[] = [];
      page.on("request", (request) => void asked.push(request.url()));
      await page.goto(`${built().url}${path}`, { waitUntil: "networkidle" });
      expect(
        asked.filter((url) => !url.startsWith(built().url) && !url.startsWith("data:")),
      ).toEqual([]);
      return page;
    }
    const background = (page: Page) =>
      page.evaluate(() => getComputedStyle(document.body).backgroundColor);

    test('search finds "rotate" by keyboard, and leads to where it stands', async () => {
      const page = await open("/");
      await page.keyboard.press("Control+k");
      await page.locator(".VPLocalSearchBox input").fill("rotate");
      const results = page.locator(".VPLocalSearchBox .result");
      await results.first().waitFor();
      expect(await results.count()).toBeGreaterThan(2);
      const links = await results.evaluateAll((all) =>
        all.map((each) => each.getAttribute("href")!)
      );
      for (const link of links) {
        const page = link.split("#")[0]!.replace(/\/$/, "/index.html");
        expect(built().read(page), link).toMatch(/rotat/i);
      }
      await page.keyboard.press("Enter");
      await page.waitForURL(/\.html/);
      await page.locator(".vp-doc").getByText(/rotate/i).first().waitFor();
      await page.context().close();
    });

    test("light and dark go by what the system says, and by the switch", async () => {
      const light = await open("/docs/stores.html", { colorScheme: "light" });
      const dark = await open("/docs/stores.html", { colorScheme: "dark" });
      expect(await background(light)).toBe("rgb(255, 255, 255)");
      const night = await background(dark);
      expect(night).not.toBe("rgb(255, 255, 255)");
      await light.locator(".VPNavBar .VPSwitchAppearance").first().click();
      await expect.poll(() => background(light)).toBe(night);
      await Promise.all([light.context().close(), dark.context().close()]);
    });

    test("without JavaScript everything but search is there", async () => {
      const page = await open("/stores/redis.html", { javaScriptEnabled: false });
      expect(await page.locator("h1").innerText()).toContain("Redis");
      await page.locator(".vp-doc").getByText("Works with node-redis").waitFor();
      await page.context().close();
    });

    test("a page leads to the reference, and the reference back", async () => {
      const page = await open("/stores/redis.html");
      await page.getByRole("link", { name: "All of its options and types" })
        .click();
      await page.waitForURL(/\/reference\/stores\/redis\/index\.html$/);
      await page.getByText("RedisStoreOptions").first().waitFor();
      await page.getByRole("link", { name: "documentation", exact: true })
        .click();
      await page.getByRole("heading", { name: "websession", level: 1 }).waitFor();
      await page.context().close();
    });

    test("at 320 pixels no page of the reference is wider than the screen, and each has the icon", async () => {
      const viewport = { width: 320, height: 640 };
      for (const path of ["index", "all_symbols", "~/Clock.now", "stores/sqlite/~/D1Client"]) {
        const page = await open(`/reference/${path}.html`, { viewport });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect([path, width]).toEqual([path, 320]);
        expect(await page.locator("link[rel=icon]").getAttribute("href")).toMatch(/^data:image/);
        await page.context().close();
      }
    });

    test.each(
      [
        ["the home page", "/", "light"],
        ["the home page", "/", "dark"],
        ["a page", "/docs/troubleshooting.html", "light"],
        ["a page", "/docs/troubleshooting.html", "dark"],
      ] as const,
    )("axe finds nothing on %s (%s), %s", async (_, path, colorScheme) => {
      const page = await open(path, { colorScheme, reducedMotion: "reduce" });
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate("axe.run()") as {
        violations: {
          id: string;
          nodes: { html: string; failureSummary?: string }[];
        }[];
        passes: unknown[];
      };
      expect(passes.length).toBeGreaterThan(20);
      expect(
        violations.map(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`)
        ).flat(),
      ).toEqual([]);
      await page.context().close();
    });
  });
}
