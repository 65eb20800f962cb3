/** The start page in several windows: two apps, one session, other devices, and a kill in between. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { launch, skipBrowser } from "../browser/chromium.ts";
import { openPage, openStartPage, type StartPage } from "./start_page.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

describe.skipIf(skipBrowser)("the start page in several windows", () => {
  let browser: Browser;
  let start: StartPage;
  beforeAll(async () => {
    [browser, start] = await Promise.all([launch(), openStartPage()]);
  });
  afterAll(async () => {
    await browser?.close();
    await start?.end();
  });

  const hasText = (page: Page, selector: string, text: string) => {
    return page.locator(selector).filter({ hasText: text }).waitFor();
  };

  async function logIn(page: Page, name: string): Promise<void> {
    await page.fill("#user", name);
    await page.click("#log-in");
    await hasText(page, "#who", `Logged in as ${name}`);
  }

  test("Express and Hono read one session, and it survives a kill", async () => {
    const context = await browser.newContext();
    const { page, faults } = await openPage(context, start.origin);
    await logIn(page, "Grace");
    await page.click("#count-Express");
    await hasText(page, ".reads:not([data-read]) [data-key=express]", "1");
    // The page of Express has asked Hono.
    await hasText(page, "[data-read='/hono/session.json'] [data-key=express]", "1");
    await hasText(page, "[data-read='/hono/session.json'] [data-key=subject]", "Grace");
    await page.click("#count-Hono");
    // Now Hono has made the page, and asks Express.
    await hasText(page, "nav [aria-current=page]", "Hono");
    expect(page.url()).toBe(`${start.origin}/hono`);
    await hasText(page, "[data-read='/session.json'] [data-key=hono]", "1");
    expect(faults).toEqual([]);

    await start.restart();
    await page.goto(start.origin);
    await hasText(page, "#who", "Logged in as Grace");
    await hasText(page, ".reads:not([data-read]) [data-key=hono]", "1");
    await page.goto(`${start.origin}/hono`);
    await page.click("#log-out");
    await hasText(page, "#who", "Nobody is logged in");
    await page.goto(start.origin);
    await hasText(page, "#who", "Nobody is logged in");
  });

  test("a device that is revoked knows it at once", async () => {
    const [mine, stolen] = [await browser.newContext(), await browser.newContext()];
    const { page: lost } = await openPage(stolen, start.origin);
    const listens = lost.waitForRequest((request) => request.url().endsWith("/live"));
    await logIn(lost, "Mary");
    await (await listens).response();
    const { page } = await openPage(mine, start.origin);
    await logIn(page, "Mary");
    await page.locator(".devices button", { hasText: "Revoke" }).click();
    await hasText(page, "#status", "Logged out: ");
    await hasText(lost, "#status", "This device was logged out from another one.");
    await hasText(lost, "#who", "Nobody is logged in");
    await page.reload();
    await hasText(page, "#who", "Logged in as Mary");
  });

  test("a page whose click met no server listens again once there is one", async () => {
    const [mine, stolen] = [await browser.newContext(), await browser.newContext()];
    const { page: lost } = await openPage(stolen, start.origin);
    await logIn(lost, "Edith");
    await start.kill();
    await lost.click("#phone");
    await hasText(lost, "#status", "The server does not answer.");
    await start.restart();
    await hasText(lost, "#status", "The server answers again.");
    const { page } = await openPage(mine, start.origin);
    await logIn(page, "Edith");
    await page.locator(".devices button", { hasText: "Revoke" }).click();
    await hasText(lost, "#who", "Nobody is logged in");
  });

  test("a page that hears of a server again keeps what is being typed", async () => {
    const { page } = await openPage(await browser.newContext(), start.origin);
    await logIn(page, "Emmy");
    await page.fill("#message", "Half a sent");
    await start.kill();
    await page.click("#leave");
    await hasText(page, "#status", "The server does not answer.");
    await start.restart();
    await hasText(page, "#status", "The server answers again.");
    expect(await page.inputValue("#message")).toBe("Half a sent");
    await page.click("#leave");
    await hasText(page, "#status", "Half a sent");
  });

  test("a message that is too large is refused on the page, which goes on", async () => {
    const { page } = await openPage(await browser.newContext(), start.origin);
    for (const path of ["/", "/hono"]) {
      await page.goto(start.origin + path);
      await page.locator("#message").evaluate((field: HTMLInputElement) => field.maxLength = 1e6);
      await page.fill("#message", "x".repeat(200_000));
      await page.click("#leave");
      await hasText(page, "#status", "This form is too large: send less.");
      await page.fill("#message", "Milk");
      await page.click("#leave");
      await hasText(page, "#status", "Milk");
    }
  });

  test("a message is shown once", async () => {
    const { page } = await openPage(await browser.newContext(), start.origin);
    await page.fill("#message", "Bring <b>milk</b>");
    await page.click("#leave");
    await hasText(page, "#status", "Bring <b>milk</b>");
    await page.reload();
    expect(await page.locator("#status").innerText()).toBe("");
  });

  test("the times count down, by the clock of the server", async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    // A browser whose clock is a day behind: the times are right all the same.
    await page.clock.install({ time: Date.now() - 86_400_000 });
    await page.goto(start.origin);
    await logIn(page, "Joan");
    await page.clock.pauseAt(await page.evaluate(() => Date.now()) + 120_000);
    const seconds = async () => {
      const texts = await page.locator("[role=timer]").allInnerTexts();
      return texts.map((text) => text.split(":").map(Number)).map(([m, s]) => m! * 60 + s!);
    };
    const before = await seconds();
    const [idle, absolute] = before as [number, number];
    expect(idle > 5 && idle <= 10 * 60).toBe(true);
    expect(absolute > idle && absolute <= 60 * 60).toBe(true);
    await page.clock.runFor(5_000);
    expect(await seconds()).toEqual(before.map((each) => each - 5));
  });

  test("without JavaScript people log in, count, race and log out all the same", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const { page } = await openPage(context, start.origin);
    await hasText(page, "noscript p", "without JavaScript, except what is live");
    await logIn(page, "Ada");
    await hasText(page, "#status", "Hello, Ada.");
    await page.click("#count-Hono");
    await hasText(page, ".reads:not([data-read]) [data-key=hono]", "1");
    await page.click("#run-basket");
    await hasText(page, "#basket-ours .number", "20 of 20");
    await page.click("#log-out");
    await hasText(page, "#who", "Nobody is logged in");
  });
});
