/** The cookie that options would write. */
import { defaultName, withDefaults } from "../../web/cookie_defaults.ts";
import type { Entry } from "./option_names.ts";
import type { SeenCookie } from "./seen_cookie.ts";

type Options = Readonly<Record<string, unknown>>;

/** So many milliseconds are more than any limit that is looked for. */
const ENDLESS = 1e6 * 86_400_000;

/** What is known of it; nothing where a function gives it to each request. */
export function cookieIn(options: Options, entry: Entry): SeenCookie | undefined {
  const { cookie = {} } = options;
  if (typeof cookie === "function") return undefined;
  const attributes = entry === "express" ? Object(cookie) as Options : ofWeb(Object(cookie));
  const { path, domain, sameSite, maxAge, expires, secure, httpOnly, partitioned } = attributes;
  const end = expires instanceof Date ? expires.getTime() - Date.now() : undefined;
  const lifetime = typeof maxAge === "number" ? maxAge : end;
  return {
    name: nameIn(options, attributes, entry),
    value: undefined,
    path: typeof path === "string" ? path : undefined,
    domain: typeof domain === "string" ? domain : undefined,
    httpOnly: httpOnly === undefined || Boolean(httpOnly),
    secure: secure === "auto" ? "auto" : Boolean(secure),
    sameSite: sameSiteIn(sameSite),
    partitioned: Boolean(partitioned),
    maxAgeSeconds: lifetime === undefined ? undefined : Math.min(lifetime, ENDLESS) / 1000,
  };
}

/** As the library fills them up; what is `undefined` was left out. */
function ofWeb(cookie: Options): Options {
  const given = Object.entries(cookie).filter(([, value]) => value !== undefined);
  return { ...withDefaults(undefined), ...Object.fromEntries(given) };
}

function nameIn({ name, key }: Options, attributes: Options, entry: Entry): string {
  // To Hono `key` is the name of a variable.
  const given = entry === "express" ? name || key : name;
  if (typeof given === "string") return given;
  return entry === "express" ? "connect.sid" : defaultName(attributes);
}

function sameSiteIn(sameSite: unknown): string | undefined {
  if (sameSite === true) return "strict";
  return typeof sameSite === "string" ? sameSite.toLowerCase() : undefined;
}
