/** What is wrong with the options that an application gives to the middleware. */
import { Buffer } from "node:buffer";
import { warnOfSeconds } from "../../warnings.ts";
import { cookieComplaints } from "./cookie_complaints.ts";
import { type Complaint, complaints, error, warning } from "./finding.ts";
import { KNOWN_SECRETS } from "./known_secrets.ts";
import { type Entry, unknownNames } from "./option_names.ts";
import { cookieIn } from "./option_cookie.ts";
import { refusalComplaints } from "./refusals.ts";

type Options = Readonly<Record<string, unknown>>;

/** Bytes; as many as SHA-256 has. */
const SECRET_BYTES = 32;

/** Everything that is. */
export function optionComplaints(options: Options, entry: Entry): Complaint[] {
  const seen = cookieIn(options, entry);
  const found = [
    ...unknownNames(options, entry).map(([name, meant]) => unknownOption(name, meant, entry)),
    ...secretComplaints(options, entry),
    ...seen === undefined ? [] : cookieComplaints(seen),
    ...complaints([seen?.secure === false, notSecure(entry)]),
    ...storingComplaints(options, entry),
    ...timeComplaints(options),
  ];
  return [...found, ...refusalComplaints(options, entry, found)];
}

function notSecure(entry: Entry): Complaint {
  return error(
    "not-secure",
    "The cookie is never Secure: the first request over plain http shows it to the network",
    entry === "express"
      ? 'cookie: { secure: "auto" }, and app.set("trust proxy", 1) behind a proxy'
      : 'secure left out, or secure: "auto", and proxy: true behind a proxy that ends TLS',
  );
}

/** What is stored, when, and where. */
function storingComplaints(options: Options, entry: Entry): Complaint[] {
  // As express-session: left out, both are on. Who has misspelt one is told so already.
  const meant = unknownNames(options, entry).map(([, name]) => name);
  const isOn = (name: string) =>
    options[name] === true ||
    entry === "express" && options.compat !== "v2" && options[name] === undefined &&
      !meant.includes(name);
  const how = (name: string) => options[name] === true ? `${name}: true` : `${name} left out`;
  return complaints(
    [
      isOn("resave"),
      warning(
        "resave",
        `${
          how("resave")
        } writes every session on every request, over what others have just written ` +
          "where a store cannot compare",
        "resave: false",
      ),
    ],
    [
      isOn("saveUninitialized"),
      warning(
        "anonymous",
        `${how("saveUninitialized")} stores a session for every visitor, robots included`,
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
  );
}

/** How long sessions last. */
function timeComplaints({ cookie, idleTimeout, absoluteTimeout, rolling }: Options): Complaint[] {
  const { maxAge } = Object(cookie) as Options;
  const inSeconds: string[] = [];
  const isNumber = (value: unknown) => typeof value === "number" ? value : undefined;
  for (
    const [option, ms] of Object.entries({ "cookie.maxAge": maxAge, idleTimeout, absoluteTimeout })
  ) {
    warnOfSeconds((_reason, time) => inSeconds.push(String(time)), { [option]: isNumber(ms) });
  }
  return [
    ...inSeconds.map((time) =>
      warning(
        "milliseconds",
        `${time} are milliseconds: sessions end while they are used`,
        "Milliseconds: an hour is 3_600_000",
      )
    ),
    ...complaints([
      rolling === true && (maxAge ?? null) === null,
      warning(
        "rolling",
        "rolling: true without cookie.maxAge sends the cookie anew each time, and prolongs nothing",
        "cookie: { maxAge }, or rolling: false",
      ),
    ]),
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

function secretComplaints({ secret, store }: Options, entry: Entry): Complaint[] {
  // A sealed store has its own.
  if (secret === undefined && Object(store).sealed === true) return [];
  const secrets: readonly unknown[] = Array.isArray(secret) ? secret : [secret];
  const texts = secrets.map((each) => typeof each === "string" ? each : undefined);
  const isKnown = (text: string | undefined) => text !== undefined && KNOWN_SECRETS.includes(text);
  const isShort = (text: string | undefined) =>
    text !== undefined && Buffer.byteLength(text) < SECRET_BYTES;
  const [first, ...old] = texts;
  const isWeb = entry === "web";
  const draw = "npx websession secret draws one";
  return complaints(
    [
      secrets.every((each) => each === undefined),
      error("no-secret", "There is no secret: nothing can be signed", draw),
    ],
    [
      isKnown(first),
      error(
        "known-secret",
        "The secret stands in documentation: anybody can sign a cookie of any session",
        draw,
      ),
    ],
    [
      !isWeb && !isKnown(first) && old.some(isKnown),
      warning(
        "old-secret",
        "An old secret, behind the one that signs, stands in documentation: as long as it is there " +
          "anybody can still sign a cookie of any session",
        "Drop it when the old cookies are over",
      ),
    ],
    [
      isWeb && !isKnown(first) && texts.some(isShort),
      error(
        "short-secret",
        `A secret has fewer than ${SECRET_BYTES} bytes: the application does not start`,
        draw,
      ),
    ],
    [
      !isWeb && texts.some((each) => isShort(each) && !isKnown(each)),
      warning(
        "short-secret",
        `A secret has fewer than ${SECRET_BYTES} bytes: it can be tried`,
        draw,
      ),
    ],
  );
}
