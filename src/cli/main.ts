/** The program `websession`. */
import { readFileSync } from "node:fs";
import process from "node:process";
import { EXIT } from "./exit_codes.ts";
import { wordsOf } from "./failure.ts";
import { run } from "./run.ts";
import { processTerminal } from "./terminal.ts";

// The source and the built file are as deep in the package.
const manifest = new URL("../../package.json", import.meta.url);

process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  // Whoever reads the answer may have seen enough of it: `websession inspect | head`.
  if (error.code === "EPIPE") process.exit();
  const text = `error: The answer could not be written: ${wordsOf(error)}\n`;
  process.stderr.write(text, () => process.exit(EXIT.failed));
});
// Where nobody can be told anything, the exit code still says how it ended.
process.stderr.on("error", () => {});

const code = await run(process.argv.slice(2), {
  terminal: processTerminal,
  folder: process.cwd(),
  version: JSON.parse(readFileSync(manifest, "utf8")).version,
});

// What a module of the project has opened, as a connection, nobody closes.
process.stdout.write("", (error) => {
  // An answer that did not arrive is the end above, whichever of the two is first.
  if (!error) process.stderr.write("", () => process.exit(code));
});
