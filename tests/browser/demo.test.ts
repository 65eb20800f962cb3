/** The page of `npm start`, clicked through: two apps, one session, and a kill in between. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort, type RunningServer, startServer } from "../servers/process.ts";
import { launch, skipBrowser } from "./chromium.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "websession-demo-"));

describe.skipIf(skipBrowser)("npm start", () => {
  let browser: Browser;
  let demo: RunningServer;
  let port: number;
  beforeAll(async () => {
    browser = await launch();
    port = await freePort();
    demo = await startDemo();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Waits for the second app: it listens when the first one does. */
  function startDemo(): Promise<RunningServer> {
    const env = { ...process.env, DATA: folder, PORT: String(port) };
    const node = join(root, "node_modules/.bin/node");
    return startServer(node, ["examples/start.ts"], port + 1, { cwd: root, env });
  }

  test("a login at one app is one at the other, and survives a kill", async () => {
    const context = await browser.newContext();
    const [first, second] = [await context.newPage(), await context.newPage()];
    const user = (page: typeof first) => page.locator("#user").textContent();
    await first.goto(`http://localhost:${port}/`);
    await first.fill("[name=user]", "<Ada>");
    await first.click("text=Log in");
    expect(await user(first)).toBe("<Ada>");
    await first.click("#other");
    expect(new URL(first.url()).port).toBe(String(port + 1));
    expect(await user(first)).toBe("<Ada>");

    const shown = async (page: typeof first) =>
      JSON.parse(await page.locator("#session").innerText()) as Record<string, number>;
    await second.goto(`http://localhost:${port}/`);
    await Promise.all([second.waitForEvent("load"), second.click("#click button")]);
    expect((await shown(second))["clicks"]).toBe(8);
    await Promise.all([first.waitForEvent("load"), first.click("#click button")]);
    expect((await shown(first))["clicks"]).toBe(16);

    await demo.stop("SIGKILL");
    demo = await startDemo();
    await first.reload();
    expect([await user(first), (await shown(first))["clicks"]]).toEqual(["<Ada>", 16]);

    await first.click("text=Log out");
    await second.reload();
    expect(await second.locator("#user").count()).toBe(0);
    expect((await shown(second))["clicks"]).toBe(0);
  });
});
