/** The Hono half of `npm start`: the same page and the same session, under /hono. */
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { csrf } from "hono/csrf";
import { createSessions } from "../../mod.ts";
import { session, type SessionEnv } from "../../src/web/hono.ts";
import { deviceLabel } from "./device_label.ts";
import type { Extras } from "./extras.ts";
import { page } from "./page/page.ts";
import { basketText, logoutText } from "./races/results.ts";
import { LARGEST_FORM, refuseOnHono, sentenceOf } from "./refusals.ts";
import type { Setup } from "./setup.ts";
import type { Visitor } from "./visitor.ts";

type LoggedIn = { Variables: SessionEnv<Visitor>["Variables"] & { subject: string } };

export function honoApp(setup: Setup, { races, phone }: Extras) {
  const sessions = createSessions<Visitor>(setup);
  const onError = (c: Context) => c.text(sentenceOf(413), 413);
  const app = new Hono().basePath("/hono").onError(refuseOnHono)
    .use(csrf(), bodyLimit({ maxSize: LARGEST_FORM, onError }), session({ sessions }));
  return app
    .get("/", async (c) => {
      const { session } = c.var;
      const { subject, id } = session;
      return c.html(page({
        app: "Hono",
        subject,
        data: session,
        authenticatedAt: session.authenticatedAt ?? session.createdAt,
        id,
        row: await setup.store.read(id),
        devices: subject ? await sessions.list(subject, { current: session }) : [],
        messages: session.flash("info"),
      }));
    })
    .get("/session.json", (c) => {
      const { subject, express, hono } = c.var.session;
      return c.json({ subject: subject ?? null, express, hono });
    })
    .post("/login", async (c) => {
      const user = (await field(c, "user")).slice(0, 40);
      if (user !== "") {
        await c.var.session.login(user, { label: deviceLabel(c.req.header("user-agent")) });
        c.var.session.flash("info", `Hello, ${user}. Your session has moved to a new id.`);
      }
      return c.redirect("/hono", 303);
    })
    .post("/logout", async (c) => {
      await c.var.session.logout();
      return c.redirect("/hono", 303);
    })
    .post("/flash", async (c) => {
      c.var.session.flash("info", (await field(c, "message")).slice(0, 200));
      return c.redirect("/hono", 303);
    })
    .post("/count", async (c) => {
      await c.var.session.update((data) => data.hono = (data.hono ?? 0) + 1);
      return c.redirect("/hono", 303);
    })
    .post("/revoke", loggedIn, async (c) => {
      const { session, subject } = c.var;
      const handle = await field(c, "handle");
      // One of this user's own: a handle that somebody else has learnt ends nothing here.
      const devices = await sessions.list(subject);
      const device = devices.find((device) => device.handle === handle);
      if (device) await sessions.revoke(device.handle);
      session.flash("info", device ? `Logged out: ${device.label}.` : "That device is logged out.");
      return c.redirect("/hono", 303);
    })
    .post("/revoke-others", loggedIn, async (c) => {
      const { session, subject } = c.var;
      const ended = await sessions.revokeAll(subject, { except: session });
      session.flash("info", `Other devices logged out: ${ended}.`);
      return c.redirect("/hono", 303);
    })
    .post("/phone", loggedIn, async (c) => {
      await phone(c.var.subject);
      c.var.session.flash("info", "A pretend phone is logged in as you.");
      return c.redirect("/hono", 303);
    })
    .post("/races/basket", async (c) => {
      const basket = c.var.session.basket = await races.basket();
      c.var.session.flash("info", basketText(basket));
      return c.redirect("/hono", 303);
    })
    .post("/races/logout", async (c) => {
      const logoutRace = c.var.session.logoutRace = await races.logout();
      c.var.session.flash("info", logoutText(logoutRace));
      return c.redirect("/hono", 303);
    });
}

/** Lets those pass who are logged in; who it is, is known to be somebody from there on. */
const loggedIn: MiddlewareHandler<LoggedIn> = async (c, next) => {
  const { subject } = c.var.session;
  if (subject === undefined) return c.redirect("/hono", 303);
  c.set("subject", subject);
  await next();
};

async function field(c: Context, name: string): Promise<string> {
  // As on Express: what cannot be read as a form has no fields.
  const form: Record<string, unknown> = await c.req.parseBody().catch(() => ({}));
  return String(form[name] ?? "").trim();
}
