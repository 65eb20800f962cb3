/** The names of the options that each entry has: a test compares them with the entries' types. */
import { nearest } from "../../stores/shared/known_options.ts";

/** Which entry the options are given to. */
export type Entry = "express" | "web";

const SHARED = [
  ...["secret", "cookie", "name", "genid", "store", "proxy", "clock", "warn"],
  ...["resave", "rolling", "saveUninitialized"],
  ...["idleTimeout", "absoluteTimeout", "rotateAfter", "recheckInterval", "ioTimeout"],
  ...["maxSessions", "maxBytes", "beforeCreate", "onStoreError"],
  ...["schema", "schemaVersion", "migrate"],
] as const;

/** By entry; `key` is another thing to each, on the Web to Hono alone. */
export const NAMES = {
  express: [...SHARED, "key", "unset", "compat", "clearCookie"],
  web: [...SHARED, "key", "saveOnError", "noStore"],
} as const satisfies Readonly<Record<Entry, readonly string[]>>;

/** Those of a cookie. */
export const ATTRIBUTES = [
  ...["domain", "expires", "httpOnly", "maxAge", "partitioned", "path", "priority"],
  ...["sameSite", "secure"],
] as const;

const has = (names: readonly string[], name: string): boolean => names.includes(name);

/** Express asks everybody for them, the Web entries hardly anybody. */
const TELLING = ["resave", "saveUninitialized", "rolling", "proxy"];

/** Which entry options are meant for, and the option that says so. */
export function entryOf(options: object): readonly [entry: Entry, because: string | undefined] {
  const names = Object.keys(options);
  const only = (entry: Entry, other: Entry) =>
    names.find((name) => has(NAMES[entry], name) && !has(NAMES[other], name));
  const ofWeb = only("web", "express");
  if (ofWeb !== undefined) return ["web", ofWeb];
  const telling = only("express", "web") ?? names.find((name) => has(TELLING, name));
  return telling === undefined ? ["web", undefined] : ["express", telling];
}

/** Whether an object has an option of whichever entry, or nothing at all. */
export function areOptions(options: object): boolean {
  const names = Object.keys(options);
  return names.length === 0 ||
    names.some((name) => has(NAMES.express, name) || has(NAMES.web, name));
}

/** Each name that the entry does not have, with the one that was perhaps meant. */
export function unknownNames(
  options: Readonly<Record<string, unknown>>,
  entry: Entry,
): (readonly [name: string, meant: string | undefined])[] {
  const cookie = typeof options.cookie === "object" ? Object(options.cookie) as object : {};
  return [
    ...Object.keys(options).filter((name) => !has(NAMES[entry], name)).map((name) => {
      const meant = has(ATTRIBUTES, name) ? `cookie: { ${name} }` : nearest(name, NAMES[entry]);
      return [name, meant] as const;
    }),
    ...Object.keys(cookie).filter((name) => !has([...ATTRIBUTES, "originalMaxAge"], name))
      .map((name) => {
        const meant = nearest(name, ATTRIBUTES);
        return [`cookie.${name}`, meant && `cookie.${meant}`] as const;
      }),
  ];
}
