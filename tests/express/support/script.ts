/** What a handler does, as data: it can be drawn by chance, printed, shortened and run again. */
import type { Any } from "./libraries.ts";
import type { WatchedStore } from "./stores.ts";

export type Step = readonly [name: string, ...args: Any[]];

/** What a handler saw, to be compared. */
export type Seen = unknown[];

interface Scene {
  readonly req: Any;
  readonly res: Any;
  readonly next: (error?: unknown) => void;
  readonly watched: WatchedStore;
  readonly seen: Seen;
}

function wait(act: (done: (error?: Any) => void) => unknown): Promise<string> {
  return new Promise((resolve) => {
    act((error) => resolve(error ? `error ${error.message}` : "done"));
  });
}

type Steps = Record<string, (scene: Scene, ...args: Any[]) => unknown>;

/** Steps on the session; each is left out when there is none. */
const SESSION_STEPS: Steps = {
  write: ({ req }, key, value) => req.session[key] = value,
  nested: ({ req }, key, value) => {
    req.session.nest ??= {};
    req.session.nest[key] = value;
  },
  remove: ({ req }, key) => delete req.session[key],
  // What applications ask before they let somebody in.
  guard: ({ req: { session }, seen }, key) => {
    const value = session[key];
    seen.push(`${key}?`, key in session, typeof value, Boolean(value));
  },
  body: ({ req }, body) => Object.assign(req.session, body),
  touch: ({ req, seen }) => seen.push(req.session.touch() === req.session),
  save: async ({ req, seen }) => seen.push(await wait((done) => req.session.save(done))),
  saveAnyway: ({ req }) => void req.session.save(),
  saveTwice: async ({ req, seen }) => {
    seen.push(await wait((done) => req.session.save(done)));
    seen.push(await wait((done) => req.session.save(done)));
  },
  regenerate: async ({ req, seen }) => {
    const before = req.session;
    seen.push(await wait((done) => req.session.regenerate(done)), before !== req.session);
  },
  destroy: async ({ req, seen }) => {
    const { session } = req;
    seen.push(
      await wait((done) => seen.push(session.destroy(done) === session)),
      typeof req.session,
    );
  },
  destroyAnyway: ({ req }) => void req.session.destroy(),
  destroyAndWrite: async ({ req, seen }) => {
    const { session } = req;
    seen.push(await wait((done) => session.destroy(done)));
    session.late = "write";
  },
  reload: async ({ req, seen }) => {
    const before = req.session;
    seen.push(await wait((done) => req.session.reload(done)), before !== req.session);
  },
  unset: ({ req }) => req.session = null,
  drop: ({ req }) => delete req.session,
  maxAge: ({ req }, ms) => req.session.cookie.maxAge = ms,
  expires: ({ req }, at) => {
    req.session.cookie.expires = typeof at === "number" ? new Date(Date.now() + at) : at;
  },
  attribute: ({ req }, name, value) => req.session.cookie[name] = value,
};

/** Steps on anything else, up to the headers. */
const STEPS: Steps = {
  id: ({ req }, value) => req.sessionID = value,
  ownCookie: ({ res }, value) => res.headersSent || res.setHeader("Set-Cookie", value),
  header: ({ res }, name, value) => res.headersSent || res.setHeader(name, value),
  status: ({ res }, code) => res.statusCode = code,
  part: ({ res }, text) => res.write(text),
  flush: ({ res }) => res.flushHeaders(),
  pause: () => new Promise(setImmediate),
  peek: ({ req, seen }) => {
    const { session } = req;
    seen.push(req.sessionID, session ? JSON.stringify(session) : String(session));
    if (!session) return;
    const keys = [];
    for (const key in session) keys.push(key);
    seen.push(session.id, keys.join(), session.cookie.maxAge, session.cookie.originalMaxAge);
  },
};

/** How a handler ends. */
const ENDINGS: Steps = {
  end: ({ res }, ...args) => void res.end(...args.map(revive)),
  endWithLength: ({ res }, text) => {
    if (!res.headersSent) res.setHeader("Content-Length", Buffer.byteLength(text));
    res.end(text);
  },
  writeHead: ({ res }, args, text) => {
    if (!res.headersSent) res.writeHead(...args);
    res.end(text);
  },
  endTwice: ({ req, res, seen }, text) => {
    res.end(text);
    // Without the middleware it is Node that complains.
    if (req.sessionStore !== undefined) seen.push(res.end("again") === false);
  },
  partAndEnd: ({ res }, first, last) => {
    res.write(first);
    res.end(last);
  },
  send: ({ res }, text) => res.send ? res.send(text) : res.end(text),
  json: ({ req, res }) => {
    const body = { session: req.session ?? null, id: String(req.sessionID) };
    return res.json ? res.json(body) : res.end(JSON.stringify(body));
  },
  redirect: ({ res }, to) => {
    if (res.redirect) return res.redirect(to);
    res.writeHead(302, { Location: to });
    res.end();
  },
  throw: () => {
    throw new Error("the handler broke");
  },
  next: ({ next }) => next(new Error("the handler gave up")),
};

function revive(value: Any): Any {
  return value !== null && typeof value === "object" ? Buffer.from(value.base64, "base64") : value;
}

export const ENDS = Object.keys(ENDINGS);

/** Runs the steps, then the ending. */
export async function play(steps: readonly Step[], scene: Scene): Promise<void> {
  const { req, res, next, watched } = scene;
  for (const [name, ...args] of steps) {
    const ending = ENDINGS[name];
    const ofSession = SESSION_STEPS[name];
    try {
      if (ending !== undefined) {
        watched.during = "end";
        if (res.headersSent && ["send", "json", "redirect", "next", "throw"].includes(name)) {
          res.end();
        } else ending(scene, ...args);
      } else if (ofSession === undefined) await STEPS[name]!(scene, ...args);
      else if (req.session) await ofSession(scene, ...args);
    } catch (error) {
      scene.seen.push(`thrown ${(error as Error).message}`);
      watched.during = "end";
      return next(error);
    }
  }
}
