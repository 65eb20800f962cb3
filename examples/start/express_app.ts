/** The Express half of `npm start`. */
import express from "express";
import session, { type SessionOptions } from "../../src/express/mod.ts";
import type { Session } from "../../src/express/mod.ts";
import { page, type Visitor } from "./page.ts";

export function expressApp(options: SessionOptions): express.Express {
  const app = express();
  app.use(session({ ...options, resave: false, saveUninitialized: false, clearCookie: true }));
  app.use(express.urlencoded({ extended: false }));
  const sessionOf = (req: express.Request) => req.session as unknown as Session & Visitor;

  app.get("/", (req, res) => {
    const visitor = sessionOf(req);
    visitor.views = (visitor.views ?? 0) + 1;
    res.send(page("Express", visitor));
  });
  app.post("/login", async (req, res) => {
    await sessionOf(req).login("demo");
    sessionOf(req).user = String(req.body.user);
    res.redirect(303, "/");
  });
  app.post("/click", async (req, res) => {
    const clicks = await sessionOf(req).update((visitor) => {
      return visitor.clicks = (visitor.clicks ?? 0) + 1;
    });
    res.json({ clicks });
  });
  app.post("/logout", async (req, res) => {
    await sessionOf(req).destroy();
    res.redirect(303, "/");
  });
  return app;
}
