/** The site, built by its command into a folder of its own, and served as any static host does. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

/** What the site's command printed, and how it ended. */
export interface Run {
  readonly code: number | null;
  readonly printed: string;
}

/** `npm run site`, by the Node that runs the tests: its script is this line. */
export function runSite(...options: readonly string[]): Promise<Run> {
  const child = spawn(process.execPath, ["site/main.ts", ...options]);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => void (printed += chunk));
  }
  return new Promise((done, failed) => {
    child.once("error", failed);
    child.once("close", (code) => done({ code, printed }));
  });
}

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

export interface BuiltSite {
  readonly folder: string;
  readonly url: string;
  readonly read: (path: string) => string;
  readonly end: () => Promise<void>;
}

export async function buildSite(): Promise<BuiltSite> {
  const folder = mkdtempSync(join(tmpdir(), "websession-site-"));
  const { code, printed } = await runSite("--out", folder);
  if (code !== 0) throw new Error(`The site was not built:\n${printed}`);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, "http://localhost");
    const path = decodeURIComponent(pathname);
    const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
    if (
      !file.startsWith(folder) || !existsSync(file) || !statSync(file).isFile()
    ) {
      return void response.writeHead(404).end();
    }
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    });
    response.end(readFileSync(file));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    folder,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read: (path) => readFileSync(join(folder, path), "utf8"),
    async end() {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
