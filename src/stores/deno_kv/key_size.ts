/** How long a key of Deno KV is, in the bytes it is stored as. */
import type { DenoKvKeyPart } from "./client.ts";
import { bytesIn } from "../shared/limits.ts";

/** Deno KV writes no longer ones. */
export const MOST_KEY_BYTES = 2_048;

/** The bytes of a key: a mark for each part, an end for each text, and a zero counts twice. */
export function keyBytes(key: readonly DenoKvKeyPart[]): number {
  return key.reduce<number>((sum, part) => sum + partBytes(part), 0);
}

function partBytes(part: DenoKvKeyPart): number {
  if (typeof part === "string") return 2 + bytesIn(part) + part.split("\0").length - 1;
  if (typeof part === "number") return 9;
  if (typeof part === "boolean") return 1;
  if (typeof part === "bigint") return 2 + Math.ceil(part.toString(16).length / 2);
  return 2 + part.length + part.filter((byte) => byte === 0).length;
}
