/** The two libraries under comparison, as one shape. */
// deno-lint-ignore-file no-explicit-any
import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import oursFactory from "../../../src/express/mod.ts";

const require = createRequire(import.meta.url);

/** Requests, responses, sessions: whatever an application sees, of either library. */
export type Any = any;

export interface Library {
  readonly name: "express-session" | "websession";
  readonly session: Any;
  readonly Store: Any;
  readonly MemoryStore: Any;
  readonly Cookie: Any;
  readonly Session: Any;
}

function library(name: Library["name"], session: Any): Library {
  const { Store, MemoryStore, Cookie, Session } = session;
  return { name, session, Store, MemoryStore, Cookie, Session };
}

/** express-session as a process has it that has just begun: what it says once it has not said. */
export function theirsAnew(): Library {
  const folder = dirname(require.resolve("express-session")) + sep;
  for (const path of Object.keys(require.cache)) {
    if (path.startsWith(folder)) delete require.cache[path];
  }
  return library("express-session", require("express-session"));
}

export const theirs: Library = library("express-session", require("express-session"));
export const ours: Library = library("websession", oursFactory);
export const express5: Any = require("express");
export const express4: Any = require("express4");
export const cookieParser: Any = require("cookie-parser");
export const signature: {
  sign(value: string, secret: Any): string;
  unsign(value: string, secret: Any): string | false;
} = require("cookie-signature");

/** The cookie text for an id, made by neither library. */
export function signed(id: string, secret: Any = "keyboard cat"): string {
  return encodeURIComponent(`s:${signature.sign(id, secret)}`);
}
