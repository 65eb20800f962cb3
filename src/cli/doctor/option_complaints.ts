/** What is wrong with the options that an application gives to the middleware. */
import { Buffer } from "node:buffer";
import { cookieComplaints } from "./cookie_complaints.ts";
import { type Complaint, complaints, error, warning } from "./finding.ts";
import { KNOWN_SECRETS } from "./known_secrets.ts";
import { type Entry, unknownNames } from "./option_names.ts";
import type { SeenCookie } from "./seen_cookie.ts";

type Options = Readonly<Record<string, unknown>>;

const DAY = 86_400_000;
const MINUTE = 60_000;
/** Bytes; as many as SHA-256 has. */
const SECRET_BYTES = 32;

/** Everything that is. */
export function optionComplaints(options: Options, entry: Entry): Complaint[] {
  const isExpress = entry === "express";
  const cookie = Object(options.cookie) as Options;
  return [
    ...unknownNames(options, entry).map(([name, meant]) => unknownOption(name, meant, entry)),
    ...secretComplaints(options.secret),
    ...cookieComplaints(toSeenCookie(options, cookie, isExpress)),
    ...complaints(
      [
        isExpress && (cookie.secure ?? false) === false,
        error(
          "not-secure",
          "The cookie is never Secure: the first request over plain http shows it to the network",
          'cookie: { secure: "auto" }, and app.set("trust proxy", 1) behind a proxy',
        ),
      ],
      [
        options.resave === true,
        warning(
          "resave",
          "resave: true writes every session on every request, over what others have just written " +
            "where a store cannot compare",
          "resave: false",
        ),
      ],
      [
        options.saveUninitialized === true,
        warning(
          "anonymous",
          "saveUninitialized: true stores a session for every visitor, robots included",
          "saveUninitialized: false",
        ),
      ],
      [
        options.store === undefined,
        warning(
          "memory",
          "There is no store: sessions are kept in memory, gone with the process and unknown to others",
          "store: one of a database, such as redisStore({ client })",
        ),
      ],
      [
        typeof cookie.maxAge === "number" && cookie.maxAge > 0 && cookie.maxAge < MINUTE,
        warning(
          "milliseconds",
          `cookie.maxAge is ${cookie.maxAge} milliseconds: sessions end while they are used`,
          "cookie: { maxAge } is in milliseconds: an hour is 3_600_000",
        ),
      ],
      [
        options.rolling === true && (cookie.maxAge ?? null) === null,
        warning(
          "rolling",
          "rolling: true without cookie.maxAge sends the cookie anew each time, and prolongs nothing",
          "cookie: { maxAge }, or rolling: false",
        ),
      ],
    ),
  ];
}

/** On the Web entries it is refused at start-up, on Express it is ignored with a warning. */
function unknownOption(name: string, meant: string | undefined, entry: Entry): Complaint {
  const outcome = entry === "web" ? "the application does not start" : "it does nothing";
  return error(
    "unknown-option",
    `There is no option "${name}": ${outcome}`,
    meant === undefined ? "Leave it out" : `${meant}, if that was meant`,
  );
}

function secretComplaints(secret: unknown): Complaint[] {
  const secrets = (Array.isArray(secret) ? secret : [secret]).filter((each) => each !== undefined);
  const texts = secrets.filter((each) => typeof each === "string");
  const draw = "npx websession secret draws one";
  return complaints(
    [
      secrets.length === 0,
      error("no-secret", "There is no secret: nothing can be signed", draw),
    ],
    [
      texts.some((each) => KNOWN_SECRETS.includes(each)),
      error(
        "known-secret",
        "The secret stands in documentation: anybody can sign a cookie of any session",
        draw,
      ),
    ],
    [
      texts.some((each) => Buffer.byteLength(each) < SECRET_BYTES && !KNOWN_SECRETS.includes(each)),
      warning(
        "short-secret",
        `A secret has fewer than ${SECRET_BYTES} bytes: it can be tried`,
        draw,
      ),
    ],
  );
}

/** The cookie that these options would write. */
function toSeenCookie(options: Options, cookie: Options, isExpress: boolean): SeenCookie {
  const { path, domain, sameSite, maxAge, expires } = cookie;
  const end = expires instanceof Date ? expires.getTime() - Date.now() : undefined;
  const lifetime = typeof maxAge === "number" ? maxAge : end;
  const name = options.name ?? options.key;
  return {
    name: typeof name === "string" ? name : isExpress ? "connect.sid" : "__Host-session",
    value: undefined,
    path: typeof path === "string" ? path : undefined,
    domain: typeof domain === "string" ? domain : undefined,
    httpOnly: cookie.httpOnly !== false,
    secure: secureIn(cookie.secure, isExpress),
    sameSite: sameSiteIn(sameSite, isExpress),
    partitioned: cookie.partitioned === true,
    maxAgeSeconds: lifetime === undefined ? undefined : Math.min(lifetime, 1e6 * DAY) / 1000,
  };
}

function secureIn(secure: unknown, isExpress: boolean): boolean | "auto" {
  if (secure === "auto") return "auto";
  return typeof secure === "boolean" ? secure : !isExpress;
}

function sameSiteIn(sameSite: unknown, isExpress: boolean): string | undefined {
  if (sameSite === true) return "strict";
  if (typeof sameSite === "string") return sameSite.toLowerCase();
  return isExpress || sameSite === false ? undefined : "lax";
}
