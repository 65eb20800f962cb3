/** What an application may ask of a cookie: checked, and made into one. */
import type { Clock } from "../clock.ts";
import { amount } from "../option_checks.ts";
import { Cookie } from "./cookie.ts";
import { attributesIn, type CookieData, type CookieOptions } from "./cookie_attributes.ts";
import { serializeCookie } from "./set_cookie_header.ts";

/** RFC 6265bis 5.5: no cookie lives longer. */
const MAX_AGE = 400 * 24 * 60 * 60 * 1000;

/** Refuses what a browser would refuse, or should. */
export function checkCookie(name: string, cookie: CookieOptions): void {
  // `maxAge` is ours, in milliseconds and with null; the cookie package means seconds by it.
  const { maxAge, ...attributes } = cookie;
  const { secure, sameSite, partitioned, domain, path, httpOnly, expires } = attributes;
  if (maxAge !== undefined && maxAge !== null) amount("cookie.maxAge", maxAge, 0, MAX_AGE);
  if (typeof (domain ?? "") !== "string") refuse("domain", "must be a string");
  // Any invalid character or word throws here, in the words of the cookie package.
  serializeCookie(name, "", {
    ...attributes,
    expires: expires ?? null,
    secure: secure === "auto" || secure,
    sameSite: sameSite === "auto" ? "lax" : toWord(sameSite),
    domain: toWord(domain),
  });
  if (path !== undefined && path[0] !== "/") refuse("path", 'must start with "/"');
  if (!secure && sameSite === "none") refuse("sameSite", '"none" needs "secure"');
  if (!secure && partitioned) refuse("partitioned", 'needs "secure"');
  const prefix = /^__(?:host-http|http|host|secure)-/i.exec(name)?.[0];
  if (prefix === undefined) return;
  const named = `for a name that starts with "${prefix}"`;
  const needed = `must be true ${named}`;
  if (secure !== true) refuse("secure", needed);
  if (/http/i.test(prefix) && !httpOnly) refuse("httpOnly", needed);
  if (/host/i.test(prefix) && (domain !== undefined || path !== "/")) {
    refuse("path", `must be "/", and no domain, ${named}`);
  }
}

/** The same of what a handler has made of its cookie; an end in the past removes it from the browser. */
export function checkEditedCookie(name: string, cookie: CookieData): void {
  const { originalMaxAge, expires } = cookie;
  const maxAge = typeof originalMaxAge === "number" ? Math.max(originalMaxAge, 0) : null;
  checkCookie(name, { ...attributesIn(cookie), expires, maxAge });
}

function refuse(option: string, why: string): never {
  throw new TypeError(`Option "cookie.${option}" ${why}`);
}

/** The cookie of a new session. */
export function newCookie(options: CookieOptions, isSecure: boolean, clock: Clock): Cookie {
  return resolveAuto(new Cookie(options, clock), options, isSecure);
}

/** Gives `"auto"` the value this very request asks for. */
export function resolveAuto<C extends Cookie>(
  cookie: C,
  { secure, sameSite }: CookieOptions,
  isSecure: boolean,
): C {
  if (secure === "auto") cookie.secure = isSecure;
  if (sameSite === "auto") cookie.sameSite = isSecure ? "none" : "lax";
  return cookie;
}

/** What is empty would be left out in silence, as by a variable that is not set: no word is a blank. */
function toWord<Value>(value: Value): Value {
  return (value as unknown) === "" ? " " as Value : value;
}
