/** The class `Cookie` of Express is express-session's to whoever looks at it. */
import process from "node:process";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { ours, theirs } from "./support/libraries.ts";

test("printed, and by its constructor, a cookie is a plain object", () => {
  for (const { Cookie } of [theirs, ours]) {
    const cookie = new Cookie({ maxAge: null });
    expect(cookie.constructor).toBe(Object);
    expect(inspect(cookie)).not.toMatch(/^(Cookie|BaseCookie|\w+ )/);
    expect(cookie).toBeInstanceOf(Cookie);
  }
});

test("its constructor can be assigned, and does not appear among what it has", () => {
  for (const { Cookie } of [theirs, ours]) {
    const cookie = new Cookie();
    expect(Object.keys(cookie)).not.toContain("constructor");
    cookie.constructor = Array;
    expect(cookie.constructor).toBe(Array);
  }
});

test.each(["constructor", "maxAge"])(
  "tools may replace %s on the prototype, for a while",
  (name) => {
    for (const { Cookie: { prototype } } of [theirs, ours]) {
      const before = Object.getOwnPropertyDescriptor(prototype, name);
      Object.defineProperty(prototype, name, { get: () => "replaced", configurable: true });
      expect(prototype[name]).toBe("replaced");
      if (before === undefined) delete prototype[name];
      else Object.defineProperty(prototype, name, before);
      expect(prototype[name]).not.toBe("replaced");
    }
  },
);

test("maxAge takes a Date, and says that this is deprecated in express-session's words", () => {
  const event = "deprecation" as "warning";
  const heard: string[] = [];
  const listener = ({ message }: Error) => void heard.push(message);
  process.on(event, listener);
  try {
    const cookie = new ours.Cookie();
    const end = new Date(Date.now() + 60_000);
    cookie.maxAge = end;
    expect(cookie.expires).toEqual(end);
    for (const other of [1000, null, undefined, false]) cookie.maxAge = other;
  } finally {
    process.off(event, listener);
  }
  expect(heard).toEqual(["maxAge as Date; pass number of milliseconds instead"]);
});
