/** What is wrong with a cookie by itself: rules of browsers, whoever sends it. */
import { type Complaint, complaints, error, warning } from "./finding.ts";
import type { SeenCookie } from "./seen_cookie.ts";

const DAY = 86_400;
/** Browsers keep no cookie longer (RFC 6265bis 5.5). */
const LONGEST = 400 * DAY;
/** Browsers drop one whose name and value are longer, in bytes (the same). */
const LARGEST = 4096;

/** What a browser, or somebody at the other end, would make of it. */
export function cookieComplaints(cookie: SeenCookie): Complaint[] {
  const { name, path, domain, httpOnly, secure, sameSite, partitioned, maxAgeSeconds } = cookie;
  const prefix = /^__(host|secure)-/i.exec(name)?.[1]?.toLowerCase();
  const size = name.length + (cookie.value ?? "").length;
  return complaints(
    [
      !httpOnly,
      error(
        "not-http-only",
        `The cookie "${name}" has no HttpOnly: any script on the page can read it and send it away`,
        "cookie: { httpOnly: true }, which is the default",
      ),
    ],
    [
      sameSite === undefined,
      warning(
        "no-same-site",
        `The cookie "${name}" has no SameSite: browsers differ in when they send it with requests ` +
          "that other sites make",
        'cookie: { sameSite: "lax" }',
      ),
    ],
    [
      sameSite === "none" && secure === false,
      error(
        "same-site-none",
        `The cookie "${name}" has SameSite=None without Secure: browsers drop it`,
        'cookie: { sameSite: "lax" }, or secure: true where other sites really embed this one',
      ),
    ],
    [
      prefix !== undefined && secure === false,
      error(
        "prefix",
        `The name "${name}" promises Secure, which the cookie has not: browsers drop it`,
        "cookie: { secure: true }, or a name without the prefix",
      ),
    ],
    [
      prefix === "host" && (domain !== undefined || (path ?? "/") !== "/"),
      error(
        "prefix",
        `The name "${name}" promises Path=/ and no Domain: browsers drop the cookie as it is`,
        'cookie: { path: "/" } without domain, or a name that begins with __Secure-',
      ),
    ],
    [
      partitioned && secure === false,
      error(
        "partitioned",
        `The cookie "${name}" is Partitioned without Secure: browsers drop it`,
        "cookie: { secure: true }",
      ),
    ],
    [
      (maxAgeSeconds ?? 0) > LONGEST,
      warning(
        "too-long",
        `The cookie "${name}" is to last ${Math.round((maxAgeSeconds ?? 0) / DAY)} days: ` +
          "browsers cut that to 400, and the session outlives its cookie in the store",
        "cookie: { maxAge } in milliseconds, of 400 days at most",
      ),
    ],
    [
      size > LARGEST,
      error(
        "too-large",
        `Name and value of the cookie "${name}" have ${size} bytes: browsers drop what exceeds ${LARGEST}`,
        "Keep the data in a store, or less of them",
      ),
    ],
  );
}
