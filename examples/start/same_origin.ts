/** Refuses forms that another site's page has sent: with SameSite cookies, what keeps CSRF out. */
import type { RequestHandler } from "express";
import { sentenceOf } from "./refusals.ts";

export const sameOrigin: RequestHandler = (req, res, next) => {
  if (req.method === "GET" || req.method === "HEAD") return next();
  const site = req.get("sec-fetch-site");
  const isOwn = site === undefined
    // Browsers that do not say it in so many words say where the form was.
    ? req.get("origin") === `${req.protocol}://${req.get("host")}`
    : site === "same-origin";
  if (isOwn) return next();
  res.status(403).type("text").send(sentenceOf(403));
};
