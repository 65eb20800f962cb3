/** The Express half of `npm start`. */
import express from "express";
import session, { login, logout, type SessionOptions, update } from "../../src/express/mod.ts";
import { page, type Visitor } from "./page.ts";

export function expressApp(options: SessionOptions): express.Express {
  const app = express();
  app.use(session({ ...options, resave: false, saveUninitialized: false }));
  app.use(express.urlencoded({ extended: false }));
  const sessionOf = (req: express.Request) => req.session as unknown as Visitor;

  app.get("/", (req, res) => {
    const visitor = sessionOf(req);
    visitor.views = (visitor.views ?? 0) + 1;
    res.send(page("Express", visitor));
  });
  app.post("/login", async (req, res) => {
    await login(req, "demo");
    sessionOf(req).user = String(req.body.user);
    res.redirect(303, "/");
  });
  app.post("/click", async (req, res) => {
    const clicks = await update(req, (visitor: Visitor) => {
      return visitor.clicks = (visitor.clicks ?? 0) + 1;
    });
    res.json({ clicks });
  });
  app.post("/logout", async (req, res) => {
    await logout(req);
    res.redirect(303, "/");
  });
  return app;
}
