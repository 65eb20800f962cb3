/** What the Web entries' cookie is by default: its attributes, and its name. */
import type { CookieOptions } from "../cookie/cookie_attributes.ts";
import { checkOptions, flag } from "../option_checks.ts";
import { checkAttributes } from "../core/known_options.ts";

/** An attribute that is `undefined` is one left out: it must not switch a protection off. */
export function withDefaults(cookie: CookieOptions = {}): CookieOptions {
  checkOptions(cookie, 'Option "cookie"');
  const given = Object.entries(cookie).filter(([, value]) => value !== undefined);
  const attributes: CookieOptions = {
    httpOnly: true,
    path: "/",
    sameSite: "lax",
    secure: true,
    ...Object.fromEntries(given),
  };
  checkAttributes(attributes);
  // Text from an environment, such as "false", would switch them on.
  for (const name of ["httpOnly", "secure", "partitioned"] as const) {
    if (name !== "secure" || attributes.secure !== "auto") flag(`cookie.${name}`, attributes[name]);
  }
  return attributes;
}

/** The name, with the prefix that browsers guard where the attributes allow it. */
export function defaultName(cookie: CookieOptions | undefined): string {
  const prefixed = cookie?.secure === true && cookie.path === "/" && cookie.domain === undefined;
  return prefixed ? "__Host-session" : "session";
}
