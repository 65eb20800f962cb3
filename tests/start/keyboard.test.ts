/** The start page by the keyboard alone, and what its races come to. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launch, skipBrowser } from "../browser/chromium.ts";
import { openPage, openStartPage, type StartPage, tabTo } from "./start_page.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipBrowser)("the start page by keyboard", () => {
  let browser: Browser;
  let start: StartPage;
  beforeAll(async () => {
    [browser, start] = await Promise.all([launch(), openStartPage()]);
  });
  afterAll(async () => {
    await browser?.close();
    await start?.end();
  });

  const textOf = (page: Page, selector: string) => page.locator(selector).innerText();
  const says = (page: Page, text: string | RegExp) => {
    return page.locator("#status").filter({ hasText: text }).waitFor();
  };
  const focusedId = (page: Page) => page.evaluate(() => document.activeElement?.id);

  test("somebody logs in, revokes a device, runs both races and logs out", async () => {
    const { page, faults } = await openPage(await browser.newContext(), start.origin);

    await tabTo(page, "user");
    await page.keyboard.type("<Ada>");
    await page.keyboard.press("Enter");
    await says(page, "Hello, <Ada>.");
    expect(await textOf(page, "#who")).toBe("Logged in as <Ada>");
    // Where the form was, something else is: the focus is on what has changed.
    expect(await focusedId(page)).toBe("who");

    await tabTo(page, "phone");
    await page.keyboard.press("Enter");
    await says(page, "A pretend phone is logged in");
    expect(await page.locator(".devices li").count()).toBe(2);
    expect(await focusedId(page)).toBe("phone");
    const phone = page.locator(".devices li", { hasText: "pretend phone" }).locator("button");
    await page.locator("#devices").focus();
    await tabTo(page, (await phone.getAttribute("id"))!);
    await page.keyboard.press("Enter");
    await says(page, "Logged out: A pretend phone.");
    expect(await page.locator(".devices li").count()).toBe(1);
    expect(await focusedId(page)).toBe("devices");

    await tabTo(page, "run-basket");
    await page.keyboard.press("Enter");
    await says(page, "websession kept");
    expect(await textOf(page, "#basket-ours .number")).toBe("20 of 20");
    expect(await page.locator("#basket-ours .kept").count()).toBe(20);
    // All twenty have read the session before one of them stores it: the last one's is left.
    expect(await textOf(page, "#basket-theirs .number")).toBe("1 of 20");
    expect(await page.locator("#basket-theirs .kept").count()).toBe(1);
    expect(await page.locator("#basket-theirs .lost").count()).toBe(19);

    await tabTo(page, "run-logout");
    await page.keyboard.press("Space");
    await says(page, "With websession logged out");
    expect(await textOf(page, "#logout-ours .number")).toBe("Logged out");
    expect(await textOf(page, "#logout-ours li:last-child")).toMatch(/belongs to nobody\.$/);
    expect(await textOf(page, "#logout-theirs .number")).toBe("Logged in again");
    expect(await textOf(page, "#logout-theirs li:last-child")).toMatch(/belongs to ada\.$/);

    await page.locator("body").press("Home");
    await page.locator(".skip").focus();
    await tabTo(page, "log-out");
    await page.keyboard.press("Enter");
    await says(page, "Nobody is logged in");
    expect(await textOf(page, "#who")).toBe("Nobody is logged in");
    expect(faults).toEqual([]);
  });

  test("whatever has the focus shows it", async () => {
    const { page } = await openPage(await browser.newContext(), start.origin);
    for (const id of ["user", "log-in", "leave", "count-Hono", "run-basket"]) {
      await tabTo(page, id);
      const outline = await page.evaluate(() => {
        return getComputedStyle(document.activeElement!).outlineWidth;
      });
      expect([id, outline]).toEqual([id, "3px"]);
    }
  });
});
