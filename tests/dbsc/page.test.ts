/** The snippets of docs/device-bound-sessions.md, run together as an application would have them. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { openssl } from "../browser/trusted_chromium.ts";
import { skipWithout } from "../servers/process.ts";
import { writeSnippets } from "../testing/page_snippets.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

const page = writeSnippets("device-bound-sessions.md");
afterAll(() => page.remove());

const root = join(import.meta.dirname, "../..");

const MAIN = `
import { makeBrowser } from "${root}/tests/dbsc/browser.ts";
import { fetch } from "./app.ts";
import { fetch as fetchBound } from "./bound_only.ts";
import { fetch as fetchHono } from "./hono_app.ts";
import { counts } from "./metrics.ts";

const browser = await makeBrowser((request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/vault") return fetchBound(request);
  return pathname === "/account/hono"
    ? fetchHono(new Request(new URL("/account", request.url), request))
    : fetch(request);
});
const told: unknown[] = [];
told.push(await (await browser.get("/account")).json());
await browser.get("/login");
told.push((await browser.get("/vault")).status);
await browser.register();
told.push((await (await browser.get("/account")).json()).status);
told.push((await (await browser.get("/account/hono")).json()).fresh);
told.push((await browser.get("/vault")).status);
await browser.refresh();
await browser.refresh("x.y.z");
console.log(JSON.stringify({ told, counts }));
`;

test.for([
  ["Node", "node", "main.ts"],
  ["Deno", "deno", "run", "--check", "--quiet", "--no-lock", "-A", "main.ts"],
])("the snippets of the page do what it says, on %s", async ([, command, ...args]) => {
  writeFileSync(join(page.folder, "main.ts"), MAIN);
  const { counts, told } = JSON.parse(await page.run(command!, ...args));
  expect(told).toEqual(["nobody is logged in", 403, "bound", true, 200]);
  expect(counts).toEqual({
    "offered": 1,
    "registered by ES256": 1,
    "refresh: malformed": 1,
  });
});

const SERVED = `
import { createServer } from "node:net";
import { makeBrowser } from "${root}/tests/dbsc/browser.ts";

process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
const free = createServer().listen(0);
const { port } = free.address() as { port: number };
await new Promise((done) => free.close(done));
process.env.PORT = String(port);
await import(process.argv[2]!);
const browser = await makeBrowser(async (request) => {
  const { pathname } = new URL(request.url);
  const method = pathname === "/login" ? "POST" : request.method;
  return await fetch(\`https://localhost:\${port}\${pathname}\`, { method, headers: request.headers });
});
const told = [await (await browser.get("/account")).json()];
told.push((await browser.login())!.status);
told.push(await (await browser.get("/account")).json());
told.push((await browser.refresh()).status);
console.log(JSON.stringify(told));
process.exit();
`;

test.skipIf(skipWithout(openssl, "openssl")).each([
  ["hono_app.ts", "serve.ts"],
  ["express_app.ts", "serve_express.ts"],
])(
  "%s is served over https by %s, where devices register and renew",
  async (app, file) => {
    expect(page.names).toContain(app);
    const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    const files = [
      "-keyout",
      "key.pem",
      "-out",
      "cert.pem",
      "-days",
      "2",
      "-subj",
      "/CN=localhost",
    ];
    execFileSync(openssl!, ["req", "-x509", ...made, ...files], {
      cwd: page.folder,
      stdio: "pipe",
    });
    writeFileSync(join(page.folder, "served.ts"), SERVED);
    const printed = await page.run("node", "--no-warnings", "served.ts", `./${file}`);
    expect(JSON.parse(printed)).toEqual([
      "nobody is logged in",
      200,
      expect.objectContaining({ status: "bound", fresh: true }),
      200,
    ]);
  },
);

test("every option and every event is on the page", () => {
  const text = readFileSync(join(root, "docs/device-bound-sessions.md"), "utf8");
  const source = (file: string) => readFileSync(join(root, "src", file), "utf8");
  const names = (file: string, start: string) => {
    const [, body = ""] = source(file).split(start);
    return [...body.split("\n}")[0]!.matchAll(/^ {2}(\w+)\??: /gm)].map(([, name]) => name!);
  };
  const options = [
    ...names("dbsc/device_options.ts", "export interface DeviceOptions<Request> {"),
    ...names("web/dbsc.ts", "export interface BindOptions extends DeviceOptions<Request> {"),
  ];
  const events = names("dbsc/device_events.ts", "export interface DeviceEvents {");
  expect([options.length, events.length]).toEqual([8, 9]);
  for (const name of [...options, ...events]) expect(text).toContain(`| \`${name}\` |`);
});
