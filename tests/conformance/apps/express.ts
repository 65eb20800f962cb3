/** The conformance app behind the Express middleware, for Express 4 and 5. */
import type { Express, NextFunction, Request, Response } from "express";
import session, { login, logout, take, update } from "../../../src/express/mod.ts";
import { act, type AnySession } from "./actions.ts";
import { type AppOptions, COOKIE, SECRET } from "./options.ts";

export function expressApp(express: () => Express, { store }: AppOptions = {}): Express {
  const app = express();
  app.use(session({
    secret: SECRET,
    name: COOKIE,
    store,
    resave: false,
    saveUninitialized: false,
    clearCookie: true,
    cookie: { httpOnly: true, sameSite: "lax" },
  }));
  app.use(async (req: Request, res: Response, next: NextFunction) => {
    try {
      const { pathname, searchParams } = new URL(req.url, "http://app.test");
      const answer = await act(
        { path: pathname, query: searchParams },
        () => req.session as unknown as AnySession,
        {
          login: (subject, options) => login(req, subject, options),
          logout: () => logout(req),
          update: (change) => update(req, change),
          take: (key) => take(req, key),
        },
      );
      for (const [name, value] of answer.headers ?? []) res.append(name, value);
      res.status(answer.status ?? 200);
      if (answer.chunks === undefined) return void res.end(answer.body);
      res.type("text/plain").write(answer.chunks.first);
      await answer.chunks.after();
      res.end(answer.chunks.last);
    } catch (error) {
      next(error);
    }
  });
  app.use((_error: unknown, _req: Request, res: Response, _next: NextFunction) => {
    res.status(500).end("failed");
  });
  return app;
}
