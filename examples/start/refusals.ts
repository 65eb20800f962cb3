/** What both apps say when they refuse or fail: a plain sentence, which the page shows as it is. */
import type { ErrorRequestHandler } from "express";
import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** In bytes, as Express has it: what a visitor can type into the page is far below. */
export const LARGEST_FORM = 100 * 1024;

export function sentenceOf(status: number): string {
  if (status === 403) return "This form was not sent from our own page.";
  if (status === 413) return "This form is too large: send less.";
  if (status < 500) return "The server cannot read this request.";
  return "Something went wrong. The terminal that runs npm start says what.";
}

/** A stack is for whoever runs the server: visitors are told no paths. */
export const refuseOnExpress: ErrorRequestHandler = (error, _req, res, next) => {
  const status: number = error.status ?? 500;
  if (status >= 500) console.error(error);
  // An answer that has begun can only be cut off.
  if (res.headersSent) return next(error);
  res.status(status).type("text").send(sentenceOf(status));
};

export const refuseOnHono: ErrorHandler = (error, c) => {
  const status: ContentfulStatusCode = error instanceof HTTPException ? error.status : 500;
  if (status >= 500) console.error(error);
  return c.text(sentenceOf(status), status);
};
