/** `websession secret`: a secret for signing cookies. */
import { Buffer } from "node:buffer";
import { EXIT } from "../exit_codes.ts";
import { badUsage } from "../failure.ts";
import { type AddCommand, wholeNumber } from "../tool.ts";

/** Bytes, of which each is one of 256: as many as SHA-256 has. */
const BYTES = 32;

interface Options {
  readonly bytes: number;
  readonly name?: string;
}

/** A text of so many random bytes that needs no quotes in a shell, a URL or an .env file. */
export function newSecret(bytes: number = BYTES): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");
}

/** Adds `secret`. */
export const addSecret: AddCommand = (program, tool) => {
  program.command("secret")
    .description("print a new random secret")
    .option("-b, --bytes <number>", "random bytes in it", wholeNumber(BYTES, 1024), BYTES)
    .option("-n, --name <name>", "print it as a line of an .env file, NAME=secret")
    .action(({ bytes, name }: Options) => {
      if (name !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
        throw badUsage("--name must be letters, digits and _, as the names of variables are");
      }
      tool.terminal.print(name === undefined ? newSecret(bytes) : `${name}=${newSecret(bytes)}`);
      tool.end(EXIT.done);
    });
};
