/** An end with a reason that the person at the terminal is told in one line. */
import { EXIT, type ExitCode } from "./exit_codes.ts";

/** What makes the tables that are missing; the store is the one that was named. */
export const SCHEMA_COMMAND = "npx websession schema --store … --apply";

/** Its message never holds an id, a secret or a password. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What was asked for makes no sense. */
export function badUsage(message: string): Failure {
  return new Failure(message, EXIT.usage);
}

/**
 * What a driver or the system threw, in a line: its code where the text says nothing (a refused
 * connection to a name with two addresses), and never the URL, which may hold a password.
 */
export function wordsOf(error: unknown): string {
  const { code, message, errors } = Object(error) as Record<string, unknown>;
  const text = typeof message === "string" && message !== "" ? message : undefined;
  const inner = Array.isArray(errors) && text === undefined ? wordsOf(errors[0]) : undefined;
  const words = text ?? inner ?? (typeof code === "string" ? code : String(error));
  return inWordsOfTheTool(words.replace(/\/\/[^@\s/]*@/g, "//…@").split("\n")[0]!);
}

/** What to do, said by stores to those who program, for those who have a shell. */
export function inWordsOfTheTool(text: string): string {
  return text.replace(' in option "table"', " behind a # in --store")
    .replace("run createSchema()", `run ${SCHEMA_COMMAND}`);
}
