/** The Express half of `npm start`. */
import express from "express";
import session, {
  flash,
  infoOf,
  login,
  logout,
  signalOf,
  subjectOf,
  update,
} from "../../src/express/mod.ts";
import { deviceLabel } from "./device_label.ts";
import type { Extras } from "./extras.ts";
import { page } from "./page/page.ts";
import { basketText, logoutText } from "./races/results.ts";
import { LARGEST_FORM, refuseOnExpress } from "./refusals.ts";
import { sameOrigin } from "./same_origin.ts";
import type { Setup } from "./setup.ts";
import type { Visitor } from "./visitor.ts";

export function expressApp(setup: Setup, { races, phone, assets }: Extras): express.Express {
  const sessions = session({ ...setup, resave: false, saveUninitialized: false });
  const sessionOf = (req: express.Request) => req.session as unknown as Visitor;
  const app = express();
  app.use("/assets", express.static(assets));
  app.use(sameOrigin, sessions, express.urlencoded({ extended: false, limit: LARGEST_FORM }));

  app.get("/", async (req, res) => {
    const subject = subjectOf(req);
    // Whoever goes back after a logout must not see this again.
    res.set("cache-control", "no-store").send(page({
      app: "Express",
      subject,
      data: sessionOf(req),
      authenticatedAt: infoOf(req).authenticatedAt ?? infoOf(req).createdAt,
      id: req.sessionID,
      row: await setup.store.read(req.sessionID),
      devices: subject ? await sessions.list(subject, { current: req }) : [],
      messages: flash(req, "info"),
    }));
  });
  app.get("/session.json", (req, res) => {
    const { express, hono } = sessionOf(req);
    res.json({ subject: subjectOf(req) ?? null, express, hono });
  });

  app.post("/login", async (req, res) => {
    const user = field(req, "user").slice(0, 40);
    if (user !== "") {
      await login(req, user, { label: deviceLabel(req.get("user-agent")) });
      flash(req, "info", `Hello, ${user}. Your session has moved to a new id.`);
    }
    res.redirect(303, "/");
  });
  app.post("/logout", async (req, res) => {
    await logout(req);
    res.redirect(303, "/");
  });
  app.post("/flash", (req, res) => {
    flash(req, "info", field(req, "message").slice(0, 200));
    res.redirect(303, "/");
  });
  app.post("/count", async (req, res) => {
    await update(req, (data: Visitor) => data.express = (data.express ?? 0) + 1);
    res.redirect(303, "/");
  });

  app.post(
    "/revoke",
    loggedIn(async (user, req, res) => {
      // One of this user's own: a handle that somebody else has learnt ends nothing here.
      const devices = await sessions.list(user);
      const device = devices.find(({ handle }) => handle === field(req, "handle"));
      if (device) await sessions.revoke(device.handle);
      flash(req, "info", device ? `Logged out: ${device.label}.` : "That device is logged out.");
      res.redirect(303, "/");
    }),
  );
  app.post(
    "/revoke-others",
    loggedIn(async (user, req, res) => {
      const ended = await sessions.revokeAll(user, { except: req });
      flash(req, "info", `Other devices logged out: ${ended}.`);
      res.redirect(303, "/");
    }),
  );
  // A page that stays open hears at once that its session is over, wherever that was decided.
  app.get("/live", (req, res) => {
    const signal = signalOf(req);
    const end = (why: string) => res.end(`event: over\ndata: ${why}\n\n`);
    res.type("text/event-stream").write(":\n\n");
    // A page that was out of reach asks again, perhaps for a session that has ended meanwhile.
    if (infoOf(req).createdAt === undefined) end("gone");
    else signal.addEventListener("abort", () => end(signal.reason.why));
  });

  app.post(
    "/phone",
    loggedIn(async (user, req, res) => {
      await phone(user);
      flash(req, "info", "A pretend phone is logged in as you.");
      res.redirect(303, "/");
    }),
  );
  app.post("/races/basket", async (req, res) => {
    const basket = sessionOf(req).basket = await races.basket();
    flash(req, "info", basketText(basket));
    res.redirect(303, "/");
  });
  app.post("/races/logout", async (req, res) => {
    const logoutRace = sessionOf(req).logoutRace = await races.logout();
    flash(req, "info", logoutText(logoutRace));
    res.redirect(303, "/");
  });
  return app.use(refuseOnExpress);
}

/** A route for those who are logged in; others see the page again. */
function loggedIn(
  act: (user: string, req: express.Request, res: express.Response) => Promise<void>,
): express.RequestHandler {
  return (req, res) => {
    const user = subjectOf(req);
    return user === undefined ? res.redirect(303, "/") : act(user, req, res);
  };
}

function field(req: express.Request, name: string): string {
  return String(req.body?.[name] ?? "").trim();
}
