/** The program `websession`. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { run } from "./run.ts";
import { processTerminal } from "./terminal.ts";

// The source and the built file are as deep in the package.
const manifest = new URL("../../package.json", import.meta.url);

// Whoever reads the answer may have seen enough of it: `websession inspect | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit();
});

const code = await run(process.argv.slice(2), {
  terminal: processTerminal,
  folder: process.cwd(),
  version: JSON.parse(readFileSync(manifest, "utf8")).version,
});

// What a module of the project has opened, as a connection, nobody closes.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
