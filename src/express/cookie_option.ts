/** The option `cookie` of the Express entry: attributes, or a function of the request that gives them. */
import { checkCookie } from "../cookie/cookie_options.ts";
import type { Warn } from "../warnings.ts";
import { isPromise } from "../maybe_promise.ts";
import { checkOptions } from "../option_checks.ts";
import { attributesIn, type CookieOptions } from "../cookie/cookie_attributes.ts";
import { Cookie } from "./cookie.ts";
import type { SessionRequest } from "./types.ts";

// deno-lint-ignore no-explicit-any
type CookieOption = CookieOptions | ((req: any) => CookieOptions) | undefined;

/** The option as a function of the request. */
export function resolveCookie(
  name: string,
  cookie: CookieOption,
  warn: Warn<"express">,
): (req: SessionRequest) => CookieOptions {
  if (typeof cookie === "function") {
    return (req) => {
      const options = cookie(req) ?? {};
      if (isPromise(options)) checkOptions(options, 'Option "cookie"');
      if (typeof options === "object") warnIfRefused(name, options, warn);
      return options;
    };
  }
  const options = cookie || {};
  if (typeof options !== "object") throw new TypeError("argument options must be a object");
  warnIfRefused(name, options, warn);
  return () => options;
}

/** express-session takes anything, and the browser drops the cookie. */
function warnIfRefused(name: string, cookie: CookieOptions, warn: Warn<"express">): void {
  try {
    checkCookie(name, cookie);
  } catch (error) {
    warn("cookie", (error as Error).message);
  }
}

const ATTRIBUTES = { ...attributesIn({}), maxAge: 0, expires: 0, originalMaxAge: 0 };

/** Attributes that no cookie has, as `samesite`; of a function nobody knows before it is called. */
export function unknownAttributes(cookie: CookieOption): string[] {
  if (typeof cookie !== "object" || cookie === null) return [];
  return Object.keys(cookie).filter((name) => !(name in ATTRIBUTES)).map((name) =>
    `cookie.${name}`
  );
}

/** Whether making a cookie calls nothing of the application's, and cannot fail. */
export function isPlainCookie(cookie: CookieOption): boolean {
  try {
    new Cookie(cookie as CookieOptions);
    return true;
  } catch {
    // It is a function, or no cookie can be made of it: as express-session, each request says so.
    return false;
  }
}
