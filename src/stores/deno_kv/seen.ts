/** A record of Deno KV as a read found it. */
import type { DenoKvEntry } from "./client.ts";

/** One `getMany()` takes ten keys, one atomic operation 800 KiB. */
export const MAX_PIECES = 10;

/** A record as it was seen at a versionstamp; without its text it is the store's version. */
export class Seen {
  readonly stamp: string;
  readonly write: string;
  readonly expires: number | null;
  readonly subject: string | undefined;
  readonly pieces: number;
  readonly text: string | undefined;

  constructor(
    stamp: string,
    write: string,
    expires: number | null,
    subject: string | undefined,
    pieces: number,
    text?: string,
  ) {
    this.stamp = stamp;
    this.write = write;
    this.expires = expires;
    this.subject = subject;
    this.pieces = pieces;
    this.text = text;
  }

  withoutText(): Seen {
    return new Seen(this.stamp, this.write, this.expires, this.subject, this.pieces);
  }
}

/** What is not ours reads as a record that expired long ago: absent, and free to be replaced. */
export function parse({ value, versionstamp }: DenoKvEntry): Seen | undefined {
  if (versionstamp === null) return undefined;
  const { write, expires, subject, pieces = 0, text } = Object(value) as Record<string, unknown>;
  const isOurs = typeof write === "string" &&
    (typeof expires === "number" || expires === null) &&
    (typeof subject === "string" || subject === undefined) &&
    (Number.isInteger(pieces) && pieces as number >= 0 && pieces as number <= MAX_PIECES) &&
    (typeof text === "string" || (text === undefined && pieces !== 0));
  if (!isOurs) return new Seen(versionstamp, "", -Infinity, undefined, 0, "");
  return new Seen(versionstamp, write, expires, subject, pieces as number, text);
}
