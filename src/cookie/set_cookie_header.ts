/** Writing the Set-Cookie header. */
import { serialize } from "cookie";
import {
  type Attributes,
  attributesIn,
  type CookieData,
  sameAttributes,
} from "./cookie_attributes.ts";
import { utcText } from "./date_text.ts";

/** Browsers drop a cookie whose name and value exceed this many bytes (RFC 6265bis 5.5). */
const MAX_PAIR = 4096;
/** … and ignore an attribute whose value exceeds this (RFC 6265bis 5.5). */
const MAX_ATTRIBUTE = 1024;

/**
 * Writes a `Set-Cookie` value.
 *
 * @throws {TypeError} If an attribute is invalid, in the words express-session's users match.
 * @throws {RangeError} If a browser would drop the result for its size.
 */
export function serializeCookie(
  name: string,
  value: string,
  data: Omit<CookieData, "originalMaxAge">,
): string {
  const { before, after } = attributesOf(name, data);
  const pair = name + "=" + encodeURIComponent(value);
  if (pair.length > MAX_PAIR) {
    throw new RangeError(`Cookie name and value exceed ${MAX_PAIR} bytes`);
  }
  const { expires } = data;
  if (!expires) return pair + before + after;
  if (!(expires instanceof Date) || Number.isNaN(expires.valueOf())) {
    throw new TypeError("option expires is invalid");
  }
  return pair + before + "; Expires=" + utcText(expires) + after;
}

/**
 * Writes the `Set-Cookie` value that removes a cookie: with the same name, path, domain
 * and flags, or the browser keeps the old one (RFC 6265bis 5.7).
 */
export function serializeRemoval(name: string, data: CookieData): string {
  return serializeCookie(name, "", { ...data, expires: new Date(0) }) + "; Max-Age=0";
}

/** The checked text of a name's attributes, in front of and behind `Expires`. */
interface Written {
  readonly name: string;
  readonly attributes: Attributes;
  readonly before: string;
  readonly after: string;
}

/** Written last: the cookies of an application differ in value and end alone. */
let written: Written | undefined;

function attributesOf(name: string, data: Attributes): Written {
  if (written?.name === name && sameAttributes(written.attributes, data)) return written;
  const attributes = attributesIn(data);
  const text = checkedText(name, attributes);
  const { path, domain } = attributes;
  if ((path?.length ?? 0) > MAX_ATTRIBUTE || (domain?.length ?? 0) > MAX_ATTRIBUTE) {
    throw new RangeError(`Cookie attribute exceeds ${MAX_ATTRIBUTE} bytes`);
  }
  const [before, after] = text.slice(name.length + 1).split(PLACEHOLDER_TEXT);
  return written = { name, attributes, before: before!, after: after! };
}

const PLACEHOLDER = new Date(0);
const PLACEHOLDER_TEXT = `; Expires=${PLACEHOLDER.toUTCString()}`;

function checkedText(name: string, attributes: Attributes): string {
  try {
    const options = { ...attributes, expires: PLACEHOLDER };
    return serialize(name, "", options as Parameters<typeof serialize>[2]);
  } catch (error) {
    // `cookie` 1.x appends the value: other words than callers match, and not ours to repeat.
    const words = /^(argument|option) \w+ is invalid/.exec((error as Error).message);
    throw words === null ? error : new TypeError(words[0]);
  }
}
