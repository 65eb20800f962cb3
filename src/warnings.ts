/** Why sessions do not work: one sentence with its remedy for each reason, said once in a process. */
import type { SessionEvents } from "./events.ts";
import { sharedByBuilds } from "./shared_by_builds.ts";

/** What the Web entries say. One that begins with a blank follows what is known of the case. */
const web = {
  insecure:
    'no session cookie was sent: it is Secure, and the request came over plain http. Open http://localhost (no other name, no 0.0.0.0) or https; without any https, set cookie: { secure: "auto" }',
  proxy:
    'no session cookie was sent: it is Secure, and X-Forwarded-Proto, which says https, is not believed. Set "proxy: true", if your proxy sets that header itself',
  path:
    'the browser will not send the session cookie back to this page: "cookie.path" does not cover it. Leave it "/", or begin sessions on the pages below it',
  sent:
    "a new session was not stored: no response could carry its cookie, because the handler threw a redirect, a WebSocket took over, or a handler within had sent one. Begin the session in a request that returns a Response",
  thrown:
    'a login was dropped: the handler failed after it (it threw, or answered 5xx). Log in last, catch the error, or set "saveOnError: true"',
  late:
    "a session was changed after its response had been made, as in a streaming body: that is not stored. Change it before you return, or call await session.save()",
  memory:
    "sessions are kept in the memory of this process, in production: they end with it, and no other process has them. Pass a store, as those of websession/stores/…",
  units: " are milliseconds. A day is 86_400_000",
  empty:
    "a handler returned nothing: it must return a Response. (Only where a WebSocket took over, nothing is right)",
  unseen:
    'somebody has logged in where bindDevices() does not see it, and no device is asked for a key. Put its wrap() around every handler that logs in (there the policy may be "off"), hand on the very Request it gives, and open no session from a cookie jar to log in to it',
  others:
    "a session cookie was sent, but not by the sessions that bindDevices() was given, and no device is asked for a key. Use one createSessions() for both: in Hono session({ sessions })",
  plainLogin:
    'somebody has logged in over plain http, where browsers make no keys, and no device is asked for one. Open https, also on localhost. Behind a proxy that ends TLS: "proxy: true"',
  plainProxy:
    'somebody has logged in, and no device is asked for a key: X-Forwarded-Proto, which says https, is not believed. Set "proxy: true", if your proxy sets that header itself',
  maxAge:
    " is less than browsers can keep up with: Chromium signs six times in nine minutes, and renews with each request in a cookie's last two. Take 240_000 or more, or add a grace of 540_000",
  devicePath:
    'two bindDevices() register devices at one path, where the outer one answers for both. Give each a "path" of its own',
} as const;

/** The same for Express. */
const express = {
  insecure:
    'no session cookie was sent: cookie.secure is true, and the request came over plain http. Behind a proxy that ends TLS: app.set("trust proxy", 1); without https: cookie: { secure: "auto" }',
  proxy:
    'no session cookie was sent: cookie.secure is true, and X-Forwarded-Proto, which says https, is not believed. If your proxy sets it: app.set("trust proxy", 1), or the option "proxy: true"',
  path:
    'this page has no req.session: the option "cookie.path" does not cover it. Leave it "/", or use the middleware for the pages below it only',
  sent:
    "a new session was not stored, or a new id not sent: the headers had left without its cookie. Change req.session, and log in, before the first res.write(), res.flushHeaders() or res.end()",
  late:
    "a session was changed after its response had ended: that is not stored. Change it before, or call await req.session.save()",
  cookie: "browsers will not accept this session cookie: ",
  memory:
    "the session MemoryStore is not meant for production: its sessions end with the process, are not shared with another, and the least recently used ones make room for new ones. Pass a store",
  units: " are milliseconds. A day is 86_400_000",
  unknown: "session() does nothing with the option ",
  secret:
    "the session secret has fewer than 32 bytes and can be guessed. `openssl rand -hex 32` draws one; in an array, the new one before the old, nobody is logged out",
  genid:
    "genid option returned an id that no cookie can prove later: it is longer than 256 characters, or has slashes or control characters",
  next: "next() could not take an error of the session: ",
  unseen:
    'somebody has logged in where bindDevices() does not see it, and no device is asked for a key. app.use(bindDevices()) comes before the routes that log in; if those are to ask for none, their policy is "off"',
  plainLogin:
    'somebody has logged in over plain http, where browsers make no keys, and no device is asked for one. Open https, also on localhost. Behind a proxy that ends TLS: app.set("trust proxy", 1)',
  plainProxy:
    'somebody has logged in, and no device is asked for a key: X-Forwarded-Proto, which says https, is not believed. If your proxy sets it: app.set("trust proxy", 1), or the option "proxy: true"',
  maxAge:
    " is less than browsers can keep up with: Chromium signs six times in nine minutes, and renews with each request in a cookie's last two. Take 240_000 or more, or add a grace of 540_000",
  mount:
    'no device can register: bindDevices() is mounted below a path that its own "path" does not begin with. Mount it without one, or give it a "path" below ',
  devicePath:
    'two bindDevices() register devices at one path, where the first answers for both. Give each a "path" of its own',
} as const;

const TEXTS = { web, express };
type Entry = keyof typeof TEXTS;

/** What is emitted where a reason is found. Of the others no event tells. */
const EVENTS: Readonly<Record<string, keyof SessionEvents | undefined>> = {
  insecure: "blocked",
  proxy: "blocked",
  sent: "blocked",
  late: "discarded",
};

/**
 * Says the sentence of a reason. `about` is what the entry knows of the case; `which`
 * tells apart what is worth saying of each.
 */
export type Warn<Of extends Entry> = (
  reason: keyof (typeof TEXTS)[Of],
  about?: unknown,
  which?: string,
) => void;

/**
 * Makes what warns an entry's users.
 *
 * @param hears Whether somebody listens to an event, and so knows already.
 */
export function warner<Of extends Entry>(
  entry: Of,
  hears: (event: keyof SessionEvents) => boolean = () => false,
): Warn<Of> {
  const told = sharedByBuilds("told", () => new Set<string>());
  return (reason, about = "", which = "") => {
    const key = `${entry} ${String(reason)} ${which}`;
    const event = EVENTS[String(reason)];
    if (told.has(key) || (event !== undefined && hears(event))) return;
    told.add(key);
    const text = TEXTS[entry][reason] as string;
    const whole = text.startsWith(" ") ? about + text : text + about;
    console.warn(`websession: ${whole} (said once; "warn: false" silences it)`);
  };
}

/** Says which of the times were probably meant in seconds: under a minute, or so many whole days of them. */
export function warnOfSeconds<Of extends Entry>(
  warn: Warn<Of>,
  times: Readonly<Record<string, number | null | undefined>>,
): void {
  const doubtful = Object.entries(times).filter(([, ms]) => {
    return ms != null && ms > 0 && (ms < 60_000 || (ms % 86_400 === 0 && ms % 60_000 !== 0));
  });
  if (doubtful.length === 0) return;
  const which = doubtful.map(([option]) => option).join();
  warn("units", doubtful.map(([option, ms]) => `${option}: ${ms}`).join(", "), which);
}
