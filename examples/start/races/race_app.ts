/** The app that the races run in: the same code, whichever session middleware it is given. */
import express, { type Request, type RequestHandler } from "express";
import type { Gates } from "./gates.ts";

/** What its sessions hold. */
interface Racer {
  user?: string;
  page?: string;
  [item: `item ${number}`]: true;
  destroy(done: (error?: unknown) => void): void;
}

export function raceApp(session: RequestHandler, gates: Gates): express.Express {
  const app = express();
  app.use(session);
  const sessionOf = (req: Request) => req.session as unknown as Racer;

  app.post("/login", (req, res) => {
    sessionOf(req).user = "ada";
    res.end();
  });
  app.post("/basket/:item", async (req, res) => {
    const basket = sessionOf(req);
    // Each of the requests has its session by now; none has stored anything.
    await gates.all();
    basket[`item ${Number(req.params.item)}`] = true;
    res.end();
  });
  app.post("/slow", async (req, res) => {
    const visitor = sessionOf(req);
    // The work that takes long: meanwhile somebody logs out.
    await gates.slow();
    visitor.page = "/slow";
    res.end();
  });
  app.post("/logout", (req, res, next) => {
    sessionOf(req).destroy((error) => error ? next(error) : res.end());
  });
  app.get("/", (req, res) => {
    const { user = null, ...others } = sessionOf(req);
    const items = Object.keys(others).filter((key) => key.startsWith("item "));
    res.json({ user, items: items.map((key) => Number(key.slice(5))) });
  });
  return app;
}
