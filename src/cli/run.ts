/** One run of the tool: reads the arguments, runs a command, says how it ended. */
import { Command, CommanderError } from "commander";
import { addCopy } from "./commands/copy.ts";
import { addCount } from "./commands/count.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addInit } from "./commands/init.ts";
import { addInspect } from "./commands/inspect.ts";
import { addRevoke } from "./commands/revoke.ts";
import { addSchema } from "./commands/schema.ts";
import { addSecret } from "./commands/secret.ts";
import { addSweep } from "./commands/sweep.ts";
import { nearest } from "../stores/shared/known_options.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import { badUsage, Failure, wordsOf } from "./failure.ts";
import { withoutIds } from "./find_session.ts";
import type { Terminal } from "./terminal.ts";
import type { AddCommand } from "./tool.ts";

const COMMANDS: readonly AddCommand[] = [
  addInit,
  addSecret,
  addDoctor,
  addSchema,
  addInspect,
  addCount,
  addRevoke,
  addSweep,
  addCopy,
];

const STORES = `
A store is named by a URL; what follows # is the prefix of its keys or the name of its table:
  redis://localhost:6379#sess:             rediss: for TLS
  postgres://app@localhost/app#session     or #schema.session
  mysql://app@localhost/app#session        or mariadb:
  sqlite:data/sessions.db#session
Its client is loaded from the project that the tool is run in. WEBSESSION_STORE may hold the URL.

Exit codes: 0 done, 1 failed, 2 bad usage, 3 doctor found mistakes, 4 not confirmed,
5 no such session, 130 interrupted.`;

/** Runs the command that the arguments name. Never throws. */
export async function run(
  args: readonly string[],
  surroundings: {
    readonly terminal: Terminal;
    readonly folder: string;
    readonly version: string;
  },
): Promise<ExitCode> {
  const { terminal, folder, version } = surroundings;
  let code: ExitCode = EXIT.done;
  const program = new Command("websession")
    .description("Sets up, looks after and moves the sessions of an application")
    .version(version)
    .addHelpText("after", STORES)
    .showSuggestionAfterError()
    .exitOverride();
  const tool = { terminal, folder, end: (how: ExitCode) => void (code = how) };
  for (const add of COMMANDS) add(program, tool);
  for (const command of program.commands) {
    command.allowExcessArguments(false).exitOverride()
      .configureOutput({ outputError: (text, write) => write(withVariable(withoutIds(text))) });
  }
  try {
    refuseUnknownHelp(args, ["help", ...program.commands.map((command) => command.name())]);
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    // It has said why, or shown what it was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    terminal.note(`error: ${wordsOf(error)}`);
    return error instanceof Failure ? error.exitCode : EXIT.failed;
  }
}

/** Commander knows the variable of an option, and says nothing of it. */
function withVariable(text: string): string {
  return text.replace(/--store <url>' not specified$/m, "$&, nor the variable WEBSESSION_STORE");
}

/** Of a command that it does not know, commander would show the help of all without a word. */
function refuseUnknownHelp([first, named]: readonly string[], commands: readonly string[]): void {
  if (first !== "help" || named === undefined || named.startsWith("-")) return;
  if (commands.includes(named)) return;
  const meant = nearest(named, commands);
  throw badUsage(
    `unknown command '${named}'${meant === undefined ? "" : ` (Did you mean ${meant}?)`}`,
  );
}
