/** Doors × runtimes × scenarios: real servers, asked over HTTP; the table is printed at the end. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, test, vi } from "vitest";
import { scenarios } from "../conformance/scenarios.ts";
import { skipWithout } from "../servers/process.ts";
import { type AppServer, matrix, node20, startApp } from "./servers.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

type Outcome = "ok" | "FAILED" | "–" | "skipped";
const outcomes = new Map<string, Outcome>();
const columnOf = ({ door, runtime }: { door: string; runtime: string }) => `${door} ${runtime}`;

const upstream = createServer((_request, response) => {
  response.setHeader("set-cookie", "up=1").end("upstream");
});
beforeAll(() => new Promise<void>((done) => upstream.listen(0, "127.0.0.1", done)));
afterAll(() => {
  upstream.close();
  printTable();
});

for (const entry of matrix) {
  const { door, runtime, powers } = entry;
  const skip = runtime === "node20" && skipWithout(node20, "nodejs (major 20)");
  describe.skipIf(skip)(`${door} on ${runtime}`, () => {
    let server: AppServer;
    beforeAll(async () => {
      server = await startApp(runtime, door);
    });
    afterAll(() => server?.stop());

    for (const { name, needs, run } of scenarios) {
      const cell = `${columnOf(entry)} ${name}`;
      if (needs !== undefined && !powers.includes(needs)) {
        outcomes.set(cell, "–");
        continue;
      }
      test(name, async () => {
        outcomes.set(cell, "FAILED");
        const { port } = upstream.address() as AddressInfo;
        await run({ base: server.base, powers, upstream: `http://127.0.0.1:${port}/` });
        outcomes.set(cell, "ok");
      });
    }
  });
}

function printTable(): void {
  const columns = matrix.map(columnOf);
  const widths = columns.map((column) => Math.max(...column.split(" ").map((each) => each.length)));
  const width = Math.max(...scenarios.map(({ name }) => name.length));
  const line = (head: string, cells: string[]) =>
    [head.padEnd(width), ...cells.map((cell, index) => cell.padEnd(widths[index]!))].join(" | ");
  const rows = [
    line("scenario", matrix.map(({ door }) => door)),
    line("", matrix.map(({ runtime }) => runtime)),
    ...scenarios.map(({ name }) =>
      line(name, columns.map((column) => outcomes.get(`${column} ${name}`) ?? "skipped"))
    ),
  ];
  const all = [...outcomes.values()];
  const count = (wanted: Outcome) => all.filter((each) => each === wanted).length;
  const summary = `${count("ok")} ok, ${count("FAILED")} failed, ${count("–")} not of this door`;
  // Straight to the terminal: a table among a runner's log lines cannot be read.
  process.stdout.write(`\n${rows.join("\n")}\n${summary}\n\n`);
}
