/** `websession init`: writes the ten lines that an application needs, and its secret. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { Option } from "commander";
import { EXIT } from "../exit_codes.ts";
import { badUsage, Failure } from "../failure.ts";
import { type Runtime, RUNTIMES, type StoreChoice, storesOf } from "../init/choices.ts";
import type { FoundNode } from "../init/next_steps.ts";
import { type Answers, planInit, type Writing } from "../init/plan.ts";
import { loadBuiltin } from "../project_modules.ts";
import type { Choice, Terminal } from "../terminal.ts";
import type { AddCommand } from "../tool.ts";
import { newSecret } from "./secret.ts";

interface Options {
  readonly runtime?: Runtime;
  readonly store?: StoreChoice;
  readonly file?: string;
}

const names = (choices: readonly Choice<string>[]) => choices.map(({ value }) => value);

/** Adds `init`. */
export const addInit: AddCommand = (program, tool) => {
  const { terminal, folder } = tool;
  program.command("init")
    .description("write the lines that an application needs, and a secret")
    .addOption(new Option("-r, --runtime <name>", "where it runs").choices(names(RUNTIMES)))
    .option(
      "-s, --store <name>",
      "where its sessions are kept; which there are goes by the runtime",
    )
    .option("-f, --file <path>", "the file to write; session.ts, session.js or session.mjs")
    .action(async (options: Options) => {
      const answers = await askFor(options, terminal, folder);
      if (existsSync(join(folder, answers.file))) {
        throw new Failure(`${answers.file} is there already; --file names another`);
      }
      const read = (name: string) => {
        const file = join(folder, name);
        return existsSync(file) ? readFileSync(file, "utf8") : undefined;
      };
      const found = {
        env: read(".env"),
        gitignore: read(".gitignore"),
        node: thisNode(folder, answers.file),
      };
      const { writings, next } = planInit(answers, found, newSecret());
      for (const writing of writings) {
        write(folder, writing);
        terminal.print(`${writing.how === "create" ? "wrote" : "added to"} ${writing.path}`);
      }
      terminal.note(["", "Next:", ...next.map((line) => `  ${line}`)].join("\n"));
      tool.end(EXIT.done);
    });
};

async function askFor(options: Options, terminal: Terminal, folder: string): Promise<Answers> {
  const { isInteractive } = terminal;
  if (!isInteractive && (options.runtime === undefined || options.store === undefined)) {
    throw badUsage("Nobody is here to ask: --runtime and --store say it");
  }
  const runtime = options.runtime ?? await terminal.choose("Where does it run?", RUNTIMES);
  const stores = storesOf(runtime);
  if (options.store !== undefined && !names(stores).includes(options.store)) {
    throw badUsage(`--store of ${runtime} is one of ${names(stores).join(", ")}`);
  }
  const store = options.store ?? await terminal.choose("Where are sessions kept?", stores);
  const usual = usualFile(runtime, folder);
  const file = options.file ??
    (options.runtime === undefined ? await terminal.ask("Which file is written?", usual) : usual);
  if (!/\.m?[jt]s$/.test(file)) {
    throw badUsage("The file is a module, with a name in .js, .mjs, .ts or .mts");
  }
  return { runtime, store, file };
}

function thisNode(folder: string, file: string): FoundNode {
  const { version, features } = process;
  return {
    version,
    hasSqlite: loadBuiltin("node:sqlite") !== undefined,
    // Not the imports of a file that the project says is none of a module.
    runsTypes: Boolean((features as { typescript?: unknown }).typescript) &&
      (file.endsWith(".mts") || kindOfPackage(folder) !== "commonjs"),
  };
}

/** In the language of the project, and of the kind that Node takes for a module. */
function usualFile(runtime: Runtime, folder: string): string {
  const has = (name: string) => existsSync(join(folder, name));
  if (runtime === "deno" || runtime === "bun" || has("tsconfig.json")) return "session.ts";
  return kindOfPackage(folder) === "module" ? "session.js" : "session.mjs";
}

function kindOfPackage(folder: string): unknown {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).type;
  } catch {
    return undefined;
  }
}

function write(folder: string, { path, how, text, isSecret }: Writing): void {
  const file = join(folder, path);
  try {
    if (how === "append") appendFileSync(file, text);
    // Never over what somebody has put there meanwhile.
    else writeFileSync(file, text, { flag: "wx", ...isSecret && { mode: 0o600 } });
  } catch (error) {
    throw new Failure(`${path} could not be written: ${(error as Error).message}`);
  }
}
