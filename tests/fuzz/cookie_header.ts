/** The parser of Cookie headers, beside one that splits as the RFC tells it. */
import fc from "fast-check";
import { readCookies, readPrefixed } from "../../src/cookie/cookie_header.ts";
import { mutated } from "./mutate.ts";
import { broken, type Property, property, sameJson } from "./property.ts";

const NAMES = ["sid", "__Host-session", "a", "s.1", "$", "%"];
const HEADERS = [
  "sid=s%3Aid.mac; other=1; sid=two",
  'a=1;  sid = "quoted" ;sid2=x; xsid=y',
  "__Host-session=v; __host-session=w; a=b=c",
  "s.1=1; s.10=2; s.1.0=3; sid.0=2~abc; sid.1=def",
  "sid; =sid; sid==; ;;; %=%; $=$",
  "sid=%E0%A4%A; sid=%; sid=%20%41",
];

const header = fc.oneof(
  mutated(HEADERS),
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.array(fc.constantFrom(...NAMES, "=", ";", " ", "\t", '"', "%41", "%", "x"), { maxLength: 40 })
    .map((parts) => parts.join("")),
);

/** Pairs as RFC 6265 5.4 writes and a server splits them: at semicolons, then at the first "=". */
function pairsOf(text: string): [string, string][] {
  return text.split(";").flatMap((piece): [string, string][] => {
    const at = piece.indexOf("=");
    if (at < 0) return [];
    const name = blankless(piece.slice(0, at));
    let value = blankless(piece.slice(at + 1));
    if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) {
      value = value.slice(1, -1);
    }
    return [[name, decoded(value)]];
  });
}

function blankless(text: string): string {
  return text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export const COOKIE_HEADER: readonly Property[] = [
  property(
    "the Cookie header: each value of a name, and nothing else",
    6_000,
    fc.tuple(header, fc.constantFrom(...NAMES)),
    ([text, name]) => {
      const expected = pairsOf(text).filter(([each]) => each === name).map(([, value]) => value);
      const found = readCookies(text, name);
      if (!sameJson(found, expected)) broken("other values", text, name, found, expected);
    },
  ),
  property(
    "the Cookie header: each name that begins so",
    4_000,
    fc.tuple(header, fc.constantFrom("sid", "s.", "__Host-session", "a")),
    ([text, prefix]) => {
      const expected = pairsOf(text).filter(([each]) => each.startsWith(prefix));
      const found = readPrefixed(text, prefix);
      if (!sameJson(found, expected)) broken("other pairs", text, prefix, found, expected);
    },
  ),
];
