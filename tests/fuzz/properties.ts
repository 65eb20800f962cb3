/** Every law that is fuzzed. */
import { COOKIE_HEADER } from "./cookie_header.ts";
import { DEVICES } from "./devices.ts";
import { HANDLES } from "./handles.ts";
import { MERGING } from "./merging.ts";
import type { Property } from "./property.ts";
import { RECORDS } from "./records.ts";
import { SEALED } from "./sealed.ts";
import { SET_COOKIE } from "./set_cookie.ts";
import { SIGNATURES } from "./signatures.ts";
import { STORES } from "./stores.ts";

export const PROPERTIES: readonly Property[] = [
  ...COOKIE_HEADER,
  ...SIGNATURES,
  ...SET_COOKIE,
  ...MERGING,
  ...RECORDS,
  ...SEALED,
  ...HANDLES,
  ...STORES,
  ...DEVICES,
];
