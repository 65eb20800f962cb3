/** The options of device bound sessions: every default and every refusal, once. */
import { checkNames } from "../core/known_options.ts";
import { kindOf } from "../errors.ts";
import { amount, flag } from "../option_checks.ts";
import { boundName } from "./bound_cookie.ts";
import { type Algorithm, ALGORITHMS } from "./public_key.ts";

/**
 * What a route asks of devices.
 *
 * - `"off"`: nothing is asked for and nothing is looked at.
 * - `"prefer"`: a login asks the browser for a key; whether it shows a fresh cookie later is told by
 *   `deviceOf()` and the event `stale`, and refuses nobody.
 * - `"require"`: the same, and a session that has registered a key is refused without a fresh
 *   cookie. One that never registered, as its browser knows nothing of it, passes: a handler
 *   that wants none of those asks `deviceOf()`.
 */
export type DevicePolicy = "off" | "prefer" | "require";

/** Options of device bound sessions. Times are milliseconds. */
export interface DeviceOptions<Request> {
  /** What is asked of devices: always, or by the request. @default {"prefer"} */
  policy?: DevicePolicy | ((request: Request) => DevicePolicy) | undefined;
  /**
   * Where the browser registers and refreshes: two paths below this one, `/register` and
   * `/refresh`. The session's cookie must be sent there.
   *
   * @default {"/.well-known/websession"} below the path of the session's cookie
   */
  path?: string | undefined;
  /** The name of the cookie that is renewed. @default the session's, and `-bound` */
  cookieName?: string | undefined;
  /**
   * How long that cookie is good for, and so how long a stolen one is: from 1,000 to 86,400,000.
   * What is on its way while it ends counts for five seconds more.
   *
   * Real browsers need 240,000 or more, or a `grace` with which it makes 540,000: Chromium signs six
   * times in nine minutes, and renews with each request in a cookie's last two.
   *
   * @default {600_000}
   */
  maxAge?: number | undefined;
  /**
   * How long after the cookie's end a browser is believed that says it could not refresh
   * (`Secure-Session-Skipped`). The header proves nothing: whoever has stolen the session's cookie
   * can send it too, for as long as the device itself shows nothing of itself.
   *
   * @default {0}
   */
  grace?: number | undefined;
  /**
   * Whether the browser renews for requests to every host of the site, where the session's cookie
   * has a `domain` and devices register on the host of that name. It must be the site's own name
   * (`example.com` or `example.co.uk`, of `app.example.com` the last two parts): browsers register
   * nothing for a whole site from another host, and such a session counts as bound all the same.
   *
   * @default {false}: for the host that registered alone
   */
  includeSite?: boolean | undefined;
  /** How devices may sign. @default {["ES256", "RS256"]} */
  algorithms?: readonly Algorithm[] | undefined;
}

/** What the session's own options decide. */
export interface SessionFacts {
  /** The name of its cookie. */
  readonly name: string;
  /** The path of its cookie, where that is the same for every request. */
  readonly path: string;
}

export interface ResolvedDeviceOptions<Request> {
  readonly policyOf: (request: Request) => DevicePolicy;
  readonly registerPath: string;
  readonly refreshPath: string;
  readonly cookieName: string;
  readonly maxAge: number;
  readonly grace: number;
  readonly includeSite: boolean;
  readonly algorithms: readonly Algorithm[];
}

const KNOWN = {
  ...{ policy: 0, path: 0, cookieName: 0, maxAge: 0, grace: 0, includeSite: 0, algorithms: 0 },
  // The entries' own.
  refuse: 0,
};
const POLICIES: readonly unknown[] = ["off", "prefer", "require"];
const DAY = 24 * 60 * 60 * 1000;

/**
 * Gives every option its value.
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If a number is outside its range.
 */
export function resolveDeviceOptions<Request>(
  options: DeviceOptions<Request>,
  session: SessionFacts,
): ResolvedDeviceOptions<Request> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Device options must be an object, not ${kindOf(options)}`);
  }
  checkNames(options, KNOWN);
  const { policy = "prefer", cookieName = boundName(session.name) } = options;
  const maxAge = amount("maxAge", options.maxAge, 600_000, DAY);
  if (maxAge < 1000) {
    throw new RangeError(`Option "maxAge" must be at least 1000 milliseconds, not ${maxAge}`);
  }
  if (typeof cookieName !== "string" || cookieName === "" || cookieName === session.name) {
    throw new TypeError('Option "cookieName" must be a name other than the session cookie\'s');
  }
  const path = pathOf(options.path ?? `${session.path.replace(/\/$/, "")}/.well-known/websession`);
  return {
    policyOf: typeof policy === "function"
      ? (request) => checkedPolicy(policy(request))
      : always(checkedPolicy(policy)),
    registerPath: `${path}/register`,
    refreshPath: `${path}/refresh`,
    cookieName,
    maxAge,
    grace: amount("grace", options.grace, 0, DAY),
    includeSite: flag("includeSite", options.includeSite),
    algorithms: algorithmsIn(options.algorithms ?? ALGORITHMS),
  };
}

function always(policy: DevicePolicy): () => DevicePolicy {
  return () => policy;
}

function checkedPolicy(policy: unknown): DevicePolicy {
  if (POLICIES.includes(policy)) return policy as DevicePolicy;
  const kind = typeof policy === "string" ? `"${policy}"` : kindOf(policy);
  throw new TypeError(`Option "policy" must be "off", "prefer" or "require", not ${kind}`);
}

// 1*( "/" segment ) [ "/" ], where a segment is neither "." nor "..": no URL keeps those.
const PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+\/?$/;

/** It stands in a header and is compared with what a URL has: nothing in it may be written in two ways. */
function pathOf(path: unknown): string {
  if (typeof path === "string" && PATH.test(path)) return path.replace(/\/$/, "");
  throw new TypeError(
    'Option "path" must begin with "/" and consist of A-Z a-z 0-9 - . _ ~ and slashes, without "." and ".." between them',
  );
}

function algorithmsIn(given: unknown): readonly Algorithm[] {
  if (Array.isArray(given) && given.length > 0) {
    if (given.every((each) => ALGORITHMS.includes(each))) return [...new Set<Algorithm>(given)];
  }
  throw new TypeError('Option "algorithms" must be an array of "ES256" and "RS256"');
}
