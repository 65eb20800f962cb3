/** Runs one case on one library and writes down everything that can be compared. */
import type { Answer, Driver } from "./drive.ts";
import { cookieOf } from "./drive.ts";
import { tolerates } from "./differences.ts";
import { type Any, express4, express5, type Library, signature, signed } from "./libraries.ts";
import { play, type Seen, type Step } from "./script.ts";
import { type Asked, makeStore, type StoreKind } from "./stores.ts";

export interface RequestSpec {
  readonly method: string;
  readonly path: string;
  /** Which cookie is sent: see `cookieHeader()`. */
  readonly cookie: string;
  readonly proto?: string | undefined;
  /** Milliseconds the clock moves before it. */
  readonly later: number;
  readonly steps: readonly Step[];
}

export interface Case {
  readonly seed: number;
  readonly app: "express4" | "express5" | "http";
  readonly store: StoreKind;
  /** The store extends express-session's own class, whichever library runs. */
  readonly foreign: boolean;
  /** The middleware stands there twice. */
  readonly twice: boolean;
  readonly trustProxy: boolean;
  readonly cookieFunction: boolean;
  readonly options: Record<string, Any>;
  readonly requests: readonly RequestSpec[];
}

export interface Outcome {
  readonly answers: Answer[];
  readonly seen: Seen[];
  readonly asked: Asked[][];
  readonly errors: string[][];
  readonly content: Record<string, string>;
}

/** Midnight of a day long gone: nothing may depend on today. */
const START = Date.UTC(2020, 0, 1);
const SECRETS: Record<string, Any> = {
  text: "keyboard cat",
  many: ["keyboard cat", "old cat"],
  bytes: Buffer.from("keyboard cat"),
};

export async function runCase(
  one: Case,
  library: Library,
  driver: Driver,
  base: Library,
): Promise<Outcome> {
  const realNow = Date.now;
  let now = START;
  Date.now = () => now;
  try {
    const watched = makeStore(one.store, one.foreign ? base : library);
    let drawn = 0;
    const { secret, cookie, ...rest } = one.options;
    const options: Any = {
      ...rest,
      secret: SECRETS[secret],
      store: watched.store,
      genid: () => `id-${one.seed}-${++drawn}`,
      cookie: one.cookieFunction ? () => cookie ?? {} : cookie,
    };
    const middleware = library.session(options);
    const outcome: Outcome = { answers: [], seen: [], asked: [], errors: [], content: {} };
    const name = one.options["name"] ?? one.options["key"] ?? "connect.sid";
    let steps: readonly Step[] = [];
    let seen: Seen = [];
    let errors: string[] = [];
    const handler = (req: Any, res: Any, next: Any) => {
      if (req.session === undefined) seen.push("no session", req.sessionStore === undefined);
      void play(steps, { req, res, next, watched, seen });
    };
    const failed = (error: Error, res: Any) => {
      errors.push(error.message);
      if (res.headersSent) return;
      res.statusCode = 500;
      res.end(`failed: ${error.message}`);
    };
    driver.handler = makeApp(one, middleware, handler, failed);
    const jar: { value?: string | undefined; older?: string | undefined } = {};
    for (const spec of one.requests) {
      now += spec.later;
      steps = spec.steps;
      outcome.seen.push(seen = []);
      outcome.errors.push(errors = []);
      watched.during = "handler";
      const headers: Record<string, string> = {};
      const sent = cookieHeader(spec.cookie, name, jar);
      if (sent !== undefined) headers["Cookie"] = sent;
      if (spec.proto !== undefined) headers["X-Forwarded-Proto"] = spec.proto;
      const from = watched.log.length;
      const answer = await driver.call({ ...spec, headers, patience: 1500 });
      // What is put off by a turn happens before the next request.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      outcome.answers.push(answer);
      outcome.asked.push(watched.log.slice(from));
      const value = cookieOf(answer, name);
      if (value !== undefined && value !== jar.value) {
        Object.assign(jar, { value, older: jar.value });
      }
    }
    for (const [id, text] of Object.entries(watched.content())) {
      const { expires } = JSON.parse(text).cookie;
      const isOver = one.store.includes("memory") && expires && Date.parse(expires) <= now;
      if (!isOver || !tolerates("swept-memory")) outcome.content[id] = text;
    }
    return outcome;
  } finally {
    Date.now = realNow;
  }
}

type Failed = (error: Error, res: Any) => void;

function makeApp(one: Case, middleware: Any, handler: Any, failed: Failed): Any {
  if (one.app === "http") {
    return (req: Any, res: Any) => {
      const next = (error?: Error) => error ? failed(error, res) : handler(req, res, next);
      const first = (error?: Error) => {
        if (error || !one.twice) return next(error);
        middleware(req, res, next);
      };
      middleware(req, res, first);
    };
  }
  const app = one.app === "express4" ? express4() : express5();
  if (one.trustProxy) app.enable("trust proxy");
  app.use(middleware);
  if (one.twice) app.use(middleware);
  app.use(handler);
  app.use((error: Error, _req: Any, res: Any, _next: Any) => failed(error, res));
  return app;
}

/** The Cookie header a word stands for. */
function cookieHeader(
  word: string,
  name: string,
  jar: { value?: string | undefined; older?: string | undefined },
): string | undefined {
  const { value, older } = jar;
  const pair = (text: string | undefined) => text === undefined ? undefined : `${name}=${text}`;
  switch (word) {
    case "jar":
      return pair(value);
    case "older":
      return pair(older ?? value);
    case "among":
      return ["a=1", pair(value), "b=%zz", "c"].filter(Boolean).join("; ");
    case "quoted":
      return value && pair(`"${value}"`);
    case "tampered":
      return pair(value && value.slice(0, -1) + (value.endsWith("A") ? "E" : "A"));
    case "truncated":
      return pair(value?.slice(0, -3));
    case "unsigned":
      return pair("some-id");
    case "unknown":
      return pair(signed("nobody"));
    case "old-key":
      return pair(value && signed(idOf(value), "old cat"));
    case "wrong-key":
      return pair(value && signed(idOf(value), "dog"));
    case "empty-id":
      return pair(encodeURIComponent(`s:${signature.sign("", "keyboard cat")}`));
    case "garbage":
      return "=;;; =x; " + pair("s%3A") + "; %";
    default:
      return undefined;
  }
}

function idOf(value: string): string {
  const text = decodeURIComponent(value);
  return text.slice(2, text.lastIndexOf("."));
}
