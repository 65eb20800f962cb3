/** The snippets of docs/observability.md, run together as an application would have them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { EVENT_NAMES } from "../../src/events.ts";
import { writeSnippets } from "../testing/page_snippets.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000 });

const page = writeSnippets("observability.md");
afterAll(() => page.remove());

/** As much of OpenTelemetry as the page uses, by the names and shapes of its API. */
const OTEL = `
export interface Span {
  addEvent(name: string, attributes?: Record<string, string>): void;
  recordException(error: Error): void;
}
export interface Counter {
  add(value: number, attributes?: Record<string, string>): void;
}
export const told: string[] = [];
const span: Span = {
  addEvent: (name, attributes) => told.push(name + " " + JSON.stringify(attributes)),
  recordException: (error) => told.push("exception " + error.message),
};
const counter = (name: string, _options: { description: string }): Counter => ({
  add: (value, attributes) => told.push(name + " " + value + " " + JSON.stringify(attributes)),
});
export const trace = { getActiveSpan: (): Span | undefined => span };
export const metrics = { getMeter: (_name: string) => ({ createCounter: counter }) };
`;

const MAIN = `
import "./telemetry.ts";
import { counts } from "./channel.ts";
import { log, sessions } from "./log.ts";
import { told } from "./otel.ts";

const handler = sessions.wrap(async (request, session) => {
  if (request.url.endsWith("/login")) await session.login("ada");
  else session.n = 1;
  return new Response();
});
const visit = async (path: string, cookie: string) => {
  const response = await handler(new Request("https://app.test" + path, { headers: { cookie } }));
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
};
const cookie = await visit("/", "");
await visit("/login", cookie);
await visit("/", cookie);
await visit("/", "__Host-session=junk");
// Handles come a little later.
while (log.length < 3) await new Promise((done) => setImmediate(done));
console.log(JSON.stringify({ counts, log, told }));
`;

test.for([
  ["Node", "node", "main.ts"],
  [
    "Deno, with its types checked",
    "deno",
    "run",
    "--check",
    "--quiet",
    "--no-lock",
    "-A",
    "main.ts",
  ],
])("the snippets of the page tell what happened, on %s", async ([, command, ...args]) => {
  writeFileSync(join(page.folder, "otel.ts"), OTEL);
  writeFileSync(join(page.folder, "main.ts"), MAIN);
  const telemetry = join(page.folder, "telemetry.ts");
  const text = readFileSync(telemetry, "utf8");
  writeFileSync(telemetry, text.replace('"@opentelemetry/api"', '"./otel.ts"'));
  const { counts, log, told } = JSON.parse(await page.run(command!, ...args));
  expect(counts).toEqual({ created: 3, rotated: 1, rejected: 2 });
  const [rotated] = log.filter((line: string) => line.startsWith("rotated"));
  const [, before, after] = /^rotated ([\w-]{16}) ([\w-]{16})$/.exec(rotated)!;
  expect(after).not.toBe(before);
  expect(log).toContain(`rejected unknown ${before}`);
  expect(log).toContain("rejected unsigned -");
  const attributes = '{"websession.event":"rejected","websession.reason":"unsigned"}';
  expect(told).toContain(`websession.events 1 ${attributes}`);
  expect(told).toContain(`websession.rejected ${attributes}`);
  expect(told).toHaveLength(12);
});

test("every snippet and every event is on the page", () => {
  expect(page.names).toEqual(["channel.ts", "log.ts", "telemetry.ts"]);
  const text = readFileSync(join(import.meta.dirname, "../../docs/observability.md"), "utf8");
  for (const name of EVENT_NAMES) expect(text).toContain(`| \`${name}\` |`);
});
