/** The start page as `npm start` serves it, on a port and in a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { freePort, type RunningServer, startServer } from "../servers/process.ts";

const root = join(import.meta.dirname, "../..");
/** As npm has it: the first on the scripts' path. */
const node = join(root, "node_modules/.bin/node");
export const SCRIPT = "examples/start.ts";

export interface StartPage {
  readonly origin: string;
  readonly port: number;
  /** Ends the process as it stands. */
  kill(): Promise<void>;
  /** Kills it, where it is alive, and starts another on the same files. */
  restart(): Promise<void>;
  end(): Promise<void>;
}

export async function openStartPage(): Promise<StartPage> {
  const folder = mkdtempSync(join(tmpdir(), "websession-start-"));
  const port = await freePort();
  const start = (): Promise<RunningServer> => {
    const env = { ...process.env, DATA: folder, PORT: String(port) };
    return startServer(node, [SCRIPT], port, { cwd: root, env });
  };
  let server = await start();
  const kill = () => server.stop("SIGKILL");
  return {
    origin: `http://localhost:${port}`,
    port,
    kill,
    async restart() {
      await kill();
      server = await start();
    },
    async end() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** How to start a second one. */
export function secondStart(folder: string, port: number | string) {
  const env = { ...process.env, DATA: folder, PORT: String(port) };
  return { command: node, args: [SCRIPT], options: { cwd: root, env, encoding: "utf8" } as const };
}

/** A page of a context, and what went wrong on it: nothing may. */
export async function openPage(
  context: BrowserContext,
  address: string,
): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  // On a busy machine everything takes its time, and is still right.
  page.setDefaultTimeout(120_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) faults.push(message.text());
  });
  await page.goto(address);
  return { page, faults };
}

/** Presses Tab until the element of an id has the focus. */
export async function tabTo(page: Page, id: string): Promise<void> {
  const passed: string[] = [];
  for (let presses = 0; presses < 60; presses++) {
    const focused = await page.evaluate(() => document.activeElement?.id ?? "");
    if (focused === id) return;
    passed.push(focused);
    await page.keyboard.press("Tab");
  }
  throw new Error(`The Tab key does not lead to "${id}", but to: ${passed.join(", ")}`);
}
