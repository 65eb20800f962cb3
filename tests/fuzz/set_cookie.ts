/** The writer of Set-Cookie headers, beside a parser that reads as RFC 6265bis 5.6 tells it. */
import fc from "fast-check";
import { Cookie as ToughCookie } from "tough-cookie";
import type { CookieData } from "../../src/cookie/cookie_attributes.ts";
import { serializeCookie, serializeRemoval } from "../../src/cookie/set_cookie_header.ts";
import { broken, type Property, property, sameJson } from "./property.ts";

const hostile = fc.oneof(
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("; Domain=b.test", "\r\nSet-Cookie: b=1", "\0", "é", ",", "a=b", "/", ".a.test"),
);
const text = (...good: readonly string[]) =>
  fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...good) }, {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...good), hostile).map(([one, other]) => one + other),
  });
const flag = fc.constantFrom(undefined, true, false);

const data: fc.Arbitrary<CookieData> = fc.record({
  originalMaxAge: fc.constantFrom(null, 1000),
  expires: fc.oneof(
    fc.constant(null),
    fc.date({ min: new Date(0), max: new Date("9999-12-31T23:59:59Z"), noInvalidDate: true }),
  ),
  path: fc.option(text("/", "/app", "/a/b"), { nil: undefined }),
  domain: fc.option(text("app.test", "sub.app.test"), { nil: undefined }),
  httpOnly: flag,
  secure: flag,
  partitioned: flag,
  sameSite: fc.oneof(flag, text("lax", "strict", "none") as fc.Arbitrary<never>),
  priority: fc.option(text("low", "medium", "high") as fc.Arbitrary<never>, { nil: undefined }),
}) as fc.Arbitrary<CookieData>;

/** Name, value and attributes, lower case: as a browser splits them. */
function parsed(header: string): { pair: [string, string]; attributes: Record<string, string> } {
  const [first = "", ...others] = header.split(";");
  const at = first.indexOf("=");
  const attributes = others.map((each): [string, string] => {
    const [name = "", ...value] = each.trim().split("=");
    return [name.toLowerCase(), value.join("=")];
  });
  if (new Set(attributes.map(([name]) => name)).size !== attributes.length) {
    broken("an attribute twice", header);
  }
  return {
    pair: [first.slice(0, at), decodeURIComponent(first.slice(at + 1))],
    attributes: Object.fromEntries(attributes),
  };
}

function expectedOf(asked: CookieData): Record<string, string> {
  const { path, domain, expires, httpOnly, secure, partitioned, sameSite, priority } = asked;
  const word = (one: string) => one[0]!.toUpperCase() + one.slice(1).toLowerCase();
  return {
    ...path ? { path } : {},
    ...domain ? { domain } : {},
    ...expires ? { expires: expires.toUTCString() } : {},
    ...httpOnly ? { httponly: "" } : {},
    ...secure ? { secure: "" } : {},
    ...partitioned ? { partitioned: "" } : {},
    ...priority ? { priority: word(priority) } : {},
    ...sameSite ? { samesite: sameSite === true ? "Strict" : word(sameSite) } : {},
  };
}

export const SET_COOKIE: readonly Property[] = [
  property(
    "the Set-Cookie header: what was asked for and nothing else, or an error",
    5_000,
    fc.tuple(text("sid", "__Host-session"), fc.string({ unit: "binary", maxLength: 40 }), data),
    ([name, value, asked]) => {
      let header: string;
      try {
        // What has half a character has no UTF-8.
        header = serializeCookie(name, value, asked);
      } catch (error) {
        if (/^(TypeError|RangeError|URIError)$/.test((error as Error).name)) return;
        throw error;
      }
      if (/[^\x20-\x7e]/.test(header)) broken("more than printable ASCII", header);
      const { pair, attributes } = parsed(header);
      if (!sameJson(pair, [name, value])) broken("another pair", header, [name, value]);
      const expected = expectedOf(asked);
      if (!sameJson(attributes, expected)) broken("other attributes", header, expected);
      const read = ToughCookie.parse(header);
      if (read?.key !== name || read.httpOnly !== Boolean(asked.httpOnly)) {
        broken("read otherwise", header);
      }
    },
  ),
  property(
    "the Set-Cookie header: a removal differs in its value and its end alone",
    2_000,
    data,
    (asked) => {
      let header: string;
      try {
        header = serializeCookie("sid", "value", { ...asked, expires: null });
      } catch {
        return;
      }
      const { attributes } = parsed(header);
      const removal = parsed(serializeRemoval("sid", asked));
      const { expires, "max-age": maxAge, ...others } = removal.attributes;
      if (!sameJson(others, attributes)) broken("other attributes", header, others);
      if (Date.parse(expires!) !== 0 || maxAge !== "0") broken("not over", expires, maxAge);
      if (!sameJson(removal.pair, ["sid", ""])) broken("another pair", removal.pair);
    },
  ),
];
