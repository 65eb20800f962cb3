/** The applications of a worker: Express and fetch on one store, or express-session. */
import { getRequestListener } from "@hono/node-server";
import express, { type Express } from "express";
import expressSession from "express-session";
import type { RequestListener } from "node:http";
import { createSessions } from "../../mod.ts";
import * as websession from "../../src/express/mod.ts";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { SessionStore } from "../../src/store.ts";
import { FoundIds } from "./found_ids.ts";
import type { Scene } from "../model/entries.ts";
import { actOf, failed, found, perform } from "./perform.ts";
import { LIFE, NAME, type Plan, SECRET, type Told } from "./protocol.ts";

// deno-lint-ignore no-explicit-any
type Any = any;

const OPTIONS = { secret: SECRET, name: NAME } as const;
const EXPRESS_OPTIONS = {
  ...OPTIONS,
  resave: false,
  saveUninitialized: false,
  cookie: { maxAge: LIFE },
} as const;

/** Both entries on one store, with the same cookie: `/express` and `/web`. */
export function ours(
  behind: SessionStore,
  { ioTimeout, fastSince }: Pick<Plan, "ioTimeout" | "fastSince">,
): RequestListener {
  const limits = {
    ioTimeout,
    ...fastSince && { rotateAfter: 60_000, clock: fastClock(fastSince) },
  };
  const ids = new FoundIds();
  const store = ids.watch(behind);
  const middleware = websession.session({ ...EXPRESS_OPTIONS, ...limits, store: store as Any });
  const onExpress = application(
    middleware,
    (req) => ({
      get session() {
        return req.session;
      },
      get id() {
        return ids.has(req.sessionID) ? req.sessionID : undefined;
      },
      get subject() {
        return websession.subjectOf(req);
      },
      own: (name) => (...args) => (websession[name] as Any)(req, ...args),
      leave: () => {},
    }),
    (subject) => middleware.revokeAll(subject),
  );
  const sessions = createSessions({
    ...OPTIONS,
    ...limits,
    store,
    cookie: { maxAge: LIFE, secure: false },
    idleTimeout: Infinity,
    absoluteTimeout: Infinity,
  });
  const onWeb = getRequestListener(async (request) => {
    let told: Told | undefined;
    const serve = sessions.wrap(async (_: Request, session: Any) => {
      const scene: Scene = {
        session,
        id: session.isNew ? undefined : session.id,
        subject: session.subject,
        own: (name) => (...args) => session[name](...args),
        leave: () => {},
      };
      told = found(scene);
      await perform(scene, actOf(request.url), told, (subject) => sessions.revokeAll(subject));
      return Response.json(told);
    });
    try {
      return await serve(request);
    } catch (error) {
      return Response.json(failed(error, told), { status: 500 });
    }
  });
  return (req, res) => req.url!.startsWith("/web") ? onWeb(req, res) : onExpress(req, res);
}

/** Ten seconds of it pass in one; every process has the same. */
function fastClock(since: number): Clock {
  return { ...systemClock, now: () => since + 10 * (Date.now() - since) };
}

/** express-session, with what it has: no `update()`, no subjects, no list of them. */
export function theirs(store: expressSession.Store): RequestListener {
  return application(expressSession({ ...EXPRESS_OPTIONS, store }), sceneOfTheirs, () => {
    throw new Error("express-session ends one session at a time");
  });
}

/** Keys that are data of the application there, and no data with us. */
const NOT_DATA = ["user", "messages"];

function sceneOfTheirs(req: Any): Scene {
  const own: Record<string, (...args: Any[]) => Any> = {
    update: (change) => change(session),
    take(key) {
      const value = req.session[key];
      delete req.session[key];
      return value;
    },
    flash(_type, message) {
      const messages = req.session.messages ?? [];
      if (message !== undefined) req.session.messages = [...messages, message];
      else delete req.session.messages;
      return messages;
    },
    login: async (subject) => {
      const { user, ...data } = JSON.parse(JSON.stringify(req.session));
      delete data.cookie;
      await new Promise<void>((resolve, reject) => {
        req.session.regenerate((error: unknown) => error ? reject(error) : resolve());
      });
      if (user === undefined || user === subject) Object.assign(req.session, data);
      req.session.user = subject;
    },
    logout: () =>
      new Promise<void>((resolve, reject) => {
        req.session.destroy((error: unknown) => error ? reject(error) : resolve());
      }),
  };
  const plain = (): Any => {
    const data = JSON.parse(JSON.stringify(req.session));
    for (const key of NOT_DATA) delete data[key];
    return data;
  };
  const session = new Proxy({} as Any, {
    get(_, name) {
      if (name === "toJSON") return plain;
      if (name !== "regenerate") return req.session[name];
      return ({ keep }: { keep: unknown }) => keep ? own.login!(req.session.user) : regenerate(req);
    },
    set: (_, name, value) => Reflect.set(req.session, name, value),
    deleteProperty: (_, name) => Reflect.deleteProperty(req.session, name),
  });
  return {
    session,
    id: req.sessionID,
    subject: req.session.user,
    own: (name) => own[name],
    leave: () => {},
  };
}

function regenerate(req: Any): Promise<void> {
  return new Promise((resolve, reject) => {
    req.session.regenerate((error: unknown) => error ? reject(error) : resolve());
  });
}

function application(
  middleware: Any,
  sceneOf: (req: Any) => Scene,
  revokeAll: (subject: string) => Promise<unknown>,
): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");
  app.use(middleware);
  app.use(async (req: Any, res: Any) => {
    const scene = sceneOf(req);
    const told = res.locals.told = found(scene);
    await perform(scene, actOf(req.url), told, revokeAll);
    res.json(told);
  });
  app.use((error: unknown, _req: Any, res: Any, next: (error: unknown) => void) => {
    if (res.headersSent) return next(error);
    res.status(500).json(failed(error, res.locals.told));
  });
  return app;
}
