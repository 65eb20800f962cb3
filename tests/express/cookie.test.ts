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

test("the constructor can be replaced, removed, and is not enumerable", () => {
  for (const { Cookie } of [theirs, ours]) {
    class Own extends Cookie {}
    const own = new Own();
    own.constructor = Array;
    expect(own.constructor).toBe(Array);
    const names = [];
    for (const name in own) names.push(name);
    expect(names.filter((name) => name === "constructor")).toEqual(["constructor"]);
  }
  const { prototype } = ours.Cookie;
  const before = Object.getOwnPropertyDescriptor(prototype, "constructor")!;
  try {
    // As tools that mend classes do.
    Object.defineProperty(prototype, "constructor", { value: Array });
    expect(new ours.Cookie().constructor).toBe(Array);
  } finally {
    Object.defineProperty(prototype, "constructor", before);
  }
});

test("maxAge takes a Date, and says that this is deprecated in express-session's words", () => {
  const event = "deprecation" as "warning";
  const heard: string[] = [];
  const listener = ({ message }: Error) => void heard.push(message);
  process.on(event, listener);
  try {
    for (const { Cookie } of [theirs, ours]) {
      const cookie = new Cookie();
      const end = new Date(Date.now() + 60_000);
      cookie.maxAge = end;
      expect(cookie.expires).toEqual(end);
      cookie.maxAge = 1000;
    }
  } finally {
    process.off(event, listener);
  }
  const message = "maxAge as Date; pass number of milliseconds instead";
  // Theirs says it once for each place in a program.
  expect(heard.length).toBeGreaterThan(0);
  expect(heard.at(-1)).toBe(message);
});
