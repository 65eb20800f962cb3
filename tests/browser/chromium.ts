/** A headless Chromium with a fresh profile. */
import { type Browser, chromium } from "playwright-core";
import { findBinary, skipWithout } from "../servers/process.ts";

const executablePath = findBinary("chromium", ["/usr/bin"]);

/** Whether the tests that need a browser have to be skipped. */
export const skipBrowser: boolean = skipWithout(executablePath, "chromium");

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      // Hosts that are not this machine's, as far as the browser can tell.
      "--host-resolver-rules=MAP *.test 127.0.0.1",
    ],
  });
}
