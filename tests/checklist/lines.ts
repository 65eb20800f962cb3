/** The checklist, line by line. */
import type { Line } from "./line.ts";
import { COOKIES } from "./lines/cookies.ts";
import { DATA } from "./lines/data.ts";
import { IDENTIFIERS } from "./lines/identifiers.ts";
import { LIFECYCLE } from "./lines/lifecycle.ts";
import { OPERATION } from "./lines/operation.ts";
import { SIGNATURES } from "./lines/signatures.ts";

/** Every line, by its number. */
export const LINES: readonly Line[] = [
  ...IDENTIFIERS,
  ...SIGNATURES,
  ...COOKIES,
  ...LIFECYCLE,
  ...DATA,
  ...OPERATION,
];

/** `S07`. */
export function nameOf(number: number): string {
  return `S${String(number).padStart(2, "0")}`;
}
