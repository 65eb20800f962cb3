/** What every command is given: where it runs, who is there, and how to say how it ended. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ExitCode } from "./exit_codes.ts";
import type { Terminal } from "./terminal.ts";

/** The surroundings of one run. */
export interface Tool {
  readonly terminal: Terminal;
  /** The folder of the project: clients are loaded from here, files are written here. */
  readonly folder: string;
  /** Said by a command when it is done. */
  end(code: ExitCode): void;
}

/** Adds a command to the tool. */
export type AddCommand = (program: Command, tool: Tool) => void;

/** How every command that needs one store names it. */
export function storeOption(): Option {
  return new Option("-s, --store <url>", "redis:, postgres:, mysql: or sqlite:, see below")
    .env("WEBSESSION_STORE").makeOptionMandatory();
}

/** How the destructive ones are told that nobody need be asked. */
export function yesOption(): Option {
  return new Option("-y, --yes", "do it without asking");
}

/** A text with something in it: an empty one is a variable of the shell that is not set. */
export function filled(text: string): string {
  if (text === "") throw new InvalidArgumentError("It is empty.");
  return text;
}

/** A whole number between two others. */
export function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}
