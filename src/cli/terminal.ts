/** What the tool says and asks: answers on stdout, everything for people on stderr. */
import { cancel, confirm, isCancel, select, text } from "@clack/prompts";
import process from "node:process";
import { EXIT } from "./exit_codes.ts";
import { Failure } from "./failure.ts";

/** One of several answers to choose from. */
export interface Choice<Value extends string> {
  readonly value: Value;
  readonly label: string;
}

/** The person, or the script, at the other end. */
export interface Terminal {
  /** Whether somebody is there to ask. */
  readonly isInteractive: boolean;
  /** A line of the answer. */
  print(line: string): void;
  /** A line beside it, for people. */
  note(line: string): void;
  /** Yes or no; a refusal is an end of its own. */
  confirm(question: string): Promise<boolean>;
  /** One of several. */
  choose<Value extends string>(question: string, choices: readonly Choice<Value>[]): Promise<Value>;
  /** A line of text. */
  ask(question: string, placeholder: string): Promise<string>;
  /** The first line of what is piped in: for what should not stand in a shell's history. */
  readLine(): Promise<string>;
}

/** Where the prompts are: stdout is for answers alone. */
const PROMPTS = { output: process.stderr };

/** The terminal of this process. */
export const processTerminal: Terminal = {
  isInteractive: process.stdin.isTTY === true && process.stderr.isTTY === true,
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  confirm: async (message) => answered(await confirm({ message, initialValue: false, ...PROMPTS })),
  choose: async (message, choices) => {
    const options = choices.map(({ value, label }) => ({ value: value as string, label }));
    return answered(await select({ message, options, ...PROMPTS })) as never;
  },
  ask: async (message, placeholder) =>
    answered(await text({ message, placeholder, defaultValue: placeholder, ...PROMPTS })),
  async readLine() {
    let piped = "";
    for await (const chunk of process.stdin.setEncoding("utf8")) {
      piped += chunk;
      if (piped.includes("\n")) break;
    }
    return piped.split("\n")[0]!.trim();
  },
};

function answered<Answer>(answer: Answer): Exclude<Answer, symbol> {
  if (!isCancel(answer)) return answer as Exclude<Answer, symbol>;
  cancel("Nothing was changed", PROMPTS);
  throw new Failure("Cancelled", EXIT.unconfirmed);
}

/**
 * Lets only those pass who said yes, at the prompt or by `--yes`.
 *
 * @throws {Failure} If nobody did, or nobody is there to ask.
 */
export async function mustConfirm(
  terminal: Terminal,
  question: string,
  isSaid: boolean | undefined,
): Promise<void> {
  if (isSaid === true) return;
  if (!terminal.isInteractive) {
    throw new Failure(
      `${question} Nobody is here to ask, so nothing was changed; --yes says yes`,
      EXIT.unconfirmed,
    );
  }
  if (await terminal.confirm(question)) return;
  throw new Failure("Nothing was changed", EXIT.unconfirmed);
}
