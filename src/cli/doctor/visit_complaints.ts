/** What is wrong with how a server gives its cookie, by what a few visits showed. */
import { isIP } from "node:net";
import { idIn } from "../find_session.ts";
import { cookieComplaints } from "./cookie_complaints.ts";
import { type Complaint, complaints, error, warning } from "./finding.ts";
import { hasKnownSecret } from "./known_secrets.ts";
import type { SeenCookie } from "./seen_cookie.ts";
import type { Visit, Visits } from "./visits.ts";

/** Everything that is. `startsSession`: whether a visitor of this page is to get a session. */
export function visitComplaints(visits: Visits, startsSession: boolean): Complaint[] {
  const { plain, proxied, url } = visits;
  const cookie = plain.cookies[0] ?? proxied.cookies[0];
  if (cookie === undefined) return startsSession ? [noCookie(url)] : [];
  return [
    ...cookieComplaints(asSent(cookie, proxied.cookies[0])),
    ...placeComplaints(cookie, url),
    ...secureComplaints(visits),
    ...valueComplaints(cookie),
    ...answerComplaints(visits, startsSession),
  ];
}

/** Whether a visitor by https would have it Secure decides over what Secure is asked for. */
function asSent(cookie: SeenCookie, proxied: SeenCookie | undefined): SeenCookie {
  return { ...cookie, secure: cookie.secure || proxied?.secure === true };
}

function noCookie({ protocol }: URL): Complaint {
  const why = protocol === "http:"
    ? ", nor where a proxy says that the visitor came by https. With cookie: { secure: true } " +
      "none is sent over plain http, unless the proxy is trusted"
    : "";
  return error(
    "no-cookie",
    `This page sets no cookie of a session${why}`,
    'On Express: app.set("trust proxy", 1) behind a proxy that ends TLS; else see the warnings of ' +
      "the process, which say why no cookie was sent",
  );
}

function placeComplaints({ name, path, domain }: SeenCookie, url: URL): Complaint[] {
  const host = url.hostname.toLowerCase();
  const covers = domain === undefined || host === domain || host.endsWith(`.${domain}`);
  // On the machine it is developed on an application has another name.
  const isNamed = host !== "localhost" && isIP(host.replace(/[[\]]/g, "")) === 0;
  return complaints(
    [
      path !== undefined && path !== "" && !isUnder(url.pathname, path),
      warning(
        "path",
        `The cookie "${name}" has Path=${path}: the browser does not send it back to ` +
          `${url.pathname}, so that each visit there begins another session`,
        'cookie: { path: "/" }',
      ),
    ],
    [
      isNamed && !covers,
      error(
        "domain",
        `The cookie "${name}" has Domain=${domain}, which ${host} is no part of: browsers drop it`,
        "cookie: without domain, which is this host alone",
      ),
    ],
  );
}

/** RFC 6265bis 5.1.4. */
function isUnder(pathname: string, path: string): boolean {
  if (!pathname.startsWith(path)) return false;
  return pathname.length === path.length || path.endsWith("/") || pathname[path.length] === "/";
}

function secureComplaints({ url, plain, proxied }: Visits): Complaint[] {
  const [own, other] = [plain.cookies[0], proxied.cookies[0]];
  const isTls = url.protocol === "https:";
  const name = (own ?? other)!.name;
  return complaints(
    [
      isTls && own?.secure === false,
      error(
        "not-secure",
        `The cookie "${name}" has no Secure on https: the first request over plain http shows it ` +
          "to the network",
        "cookie: { secure: true }",
      ),
    ],
    [
      !isTls && other?.secure === false,
      error(
        "not-secure",
        `The cookie "${name}" has no Secure, not even where a proxy says that the visitor came by ` +
          "https: either nobody asks for it, or the proxy is not trusted",
        'cookie: { secure: "auto" }, and on Express app.set("trust proxy", 1) behind one proxy',
      ),
    ],
  );
}

function valueComplaints({ name, value = "" }: SeenCookie): Complaint[] {
  const id = idIn(value);
  const signature = /^s:.*\.([^.]*)$/s.exec(decoded(value))?.[1];
  if (signature === undefined) return [];
  return complaints(
    [
      hasKnownSecret(id, signature),
      error(
        "known-secret",
        `The cookie "${name}" is signed with a secret that stands in documentation: anybody can sign`,
        "npx websession secret draws one",
      ),
    ],
    [
      id.length < 16,
      error(
        "short-id",
        `The id in the cookie "${name}" has ${id.length} characters: it can be found by trying`,
        "Leave genid out: ids are then 192 random bits",
      ),
    ],
  );
}

function answerComplaints(
  { plain, proxied, again }: Visits,
  startsSession: boolean,
): Complaint[] {
  const first = plain.cookies[0] ?? proxied.cookies[0]!;
  const name = first.name;
  const values = [plain, proxied].map(({ cookies }) => cookies[0]?.value);
  const next = again?.cookies[0];
  return complaints(
    [
      !startsSession,
      warning(
        "anonymous",
        `Whoever visits this page is given a session ("${name}") without having done anything: ` +
          "robots fill the store, and consent is asked for too late",
        "saveUninitialized: false; if this page is to begin one, say --starts-session",
      ),
    ],
    [
      [plain, proxied].some(isCacheable),
      error(
        "cacheable",
        `An answer that sets "${name}" may be kept by caches that many share: they hand one ` +
          "visitor's session to the next",
        "Cache-Control: private, or no-store, on answers that set a cookie",
      ),
    ],
    [
      values[0] !== undefined && values[0] === values[1],
      error(
        "shared",
        `Two visitors were given the same session in "${name}"`,
        "Look for a cache in front of the application, and for a genid that draws no id",
      ),
    ],
    [
      next !== undefined && idIn(next.value ?? "") !== idIn(first.value ?? ""),
      error(
        "not-kept",
        `The session in "${name}" was not found again: whoever comes back with it gets another`,
        "One store and one secret for every process; memory is for one process alone",
      ),
    ],
    [
      [plain, proxied].some(({ cookies }) =>
        cookies.filter((each) => each.name === name).length > 1
      ),
      error(
        "twice",
        `One answer sets "${name}" twice: two session middlewares are at work, or something else ` +
          "sets a cookie of that name. Browsers keep one, or send both back",
        "app.use(session(…)) once, or a name of its own for each",
      ),
    ],
  );
}

/** Whether caches between may keep an answer that sets a cookie. */
function isCacheable({ cookies, cacheControl }: Visit): boolean {
  if (cookies.length === 0 || /private|no-store|no-cache/i.test(cacheControl)) return false;
  return /public|s-maxage=[1-9]|max-age=[1-9]/i.test(cacheControl);
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
