/** Reading the Cookie header. Nothing here ever throws, and all of it is linear. */

/**
 * How many bytes of cookies of our name are looked at. By their number, few would
 * hide ours; this is as much as a server takes of a whole header.
 */
const MAX_BYTES = 16_384;

/**
 * Every value the header gives for `name`, first to last, decoded: a cookie
 * tossed in by a sibling host must not hide ours. Never throws; linear time.
 */
export function readCookies(header: string, name: string): string[] {
  const values: string[] = [];
  let bytes = 0;
  let from = header.indexOf(name);
  while (from >= 0 && bytes < MAX_BYTES) {
    const value = startsPair(header, from) ? valueAt(header, from + name.length) : undefined;
    if (value !== undefined) {
      values.push(value);
      bytes += name.length + value.length;
    }
    from = header.indexOf(name, from + name.length);
  }
  return values;
}

/**
 * Every cookie whose name begins with `prefix`, first to last: what a session
 * over several cookies is put together from. Never throws; linear time.
 */
export function readPrefixed(header: string, prefix: string): [name: string, value: string][] {
  const pairs: [string, string][] = [];
  let from = header.indexOf(prefix);
  while (from >= 0) {
    const semicolon = header.indexOf(";", from);
    const end = semicolon < 0 ? header.length : semicolon;
    const name = startsPair(header, from) ? header.slice(from, end).split("=", 1)[0]! : "";
    const value = name === "" ? undefined : valueAt(header, from + name.length);
    if (value !== undefined) pairs.push([name.trimEnd(), value]);
    from = header.indexOf(prefix, end);
  }
  return pairs;
}

function startsPair(header: string, index: number): boolean {
  let before = index - 1;
  while (before >= 0 && isBlank(header, before)) before--;
  return before < 0 || header.charCodeAt(before) === SEMICOLON;
}

function valueAt(header: string, index: number): string | undefined {
  while (isBlank(header, index)) index++;
  if (header.charCodeAt(index) !== EQUALS) return undefined;
  let start = index + 1;
  const semicolon = header.indexOf(";", start);
  let end = semicolon < 0 ? header.length : semicolon;
  while (start < end && isBlank(header, start)) start++;
  while (end > start && isBlank(header, end - 1)) end--;
  if (
    end - start > 1 && header.charCodeAt(start) === QUOTE && header.charCodeAt(end - 1) === QUOTE
  ) {
    start++;
    end--;
  }
  const value = header.slice(start, end);
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;

function isBlank(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code === 0x20 || code === 0x09;
}
