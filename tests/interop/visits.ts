/** What browsers do on one store: the visits that both libraries serve, and those of ours alone. */
import { expect } from "vitest";
import { tolerates } from "../express/support/differences.ts";
import { type Answer, Browser } from "./server.ts";

/** Anew each time: a login as passport does it, data, a reload, a touch, a new id, a logout; then all that rolls. */
const COMMON = [
  ...["/me", "/login/ada", "/view", "/cart", "/me", "/again", "/touched", "/record"],
  ...["/anew", "/me", "/view", "/login/ada", "/view", "/record", "/logout", "/me"],
  ...["/login/grace", "/week", "/view", "/record", "/unset", "/me"],
  ...["/rolling/me", "/rolling/login/ada", "/rolling/me", "/rolling/view", "/rolling/touched"],
  ...["/rolling/record", "/rolling/anew", "/rolling/me", "/rolling/logout", "/rolling/me"],
];

/** Those that end the session the browser came with. */
const ENDING = /\/(login\/|anew|logout|unset)/;

export interface Step extends Answer {
  readonly path: string;
  /** The browser has another session than before. */
  readonly moved: boolean;
  /** What the store was asked, and what it could not do. */
  readonly asked: readonly string[];
}

/** Does what both libraries can do, and tells what came of it. */
export async function commonVisits(port: number): Promise<Step[]> {
  const browser = new Browser();
  const steps: Step[] = [];
  await asked(port);
  for (const path of COMMON) {
    const before = browser.copy();
    const answer = await browser.ask(port, path);
    const body = path.endsWith("/record") ? timeless(answer.body) : answer.body;
    const moved = idOf(browser) !== idOf(before);
    steps.push({ ...answer, path, body, moved, asked: once(path, await asked(port)) });
    if (ENDING.test(path) && before.header !== "") await expectGone(port, before);
  }
  return steps;
}

/** What the store was asked since the last time. */
async function asked(port: number): Promise<string[]> {
  return (await new Browser().ask(port, "/asked")).body;
}

/** express-session stores twice what was regenerated and saved. */
function once(path: string, asked: readonly string[]): string[] {
  const isSaved = path.includes("/login/") && tolerates("stored-twice");
  return asked.filter((verb, index) => !isSaved || verb !== "set" || asked[index - 1] !== "set");
}

function idOf(browser: Browser): string | undefined {
  return browser.cookies.get("connect.sid")?.split(".")[0];
}

/** A record, with its moments as the time from now: no two visits happen at once. */
function timeless(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, part) => {
    const time = typeof part === "string" && /^\d{4}-.*Z$/.test(part) ? Date.parse(part) : part;
    if (key === "originalMaxAge") return `${Math.round(part / 1000)} s`;
    // Of 2001 and later: no count in these visits.
    if (typeof time !== "number" || time < 1e12) return part;
    return `in ${Math.round((time - Date.now()) / 60_000)} min`;
  });
}

/** At once; but connect-typeorm answers before its database has deleted. */
export async function expectGone(port: number, browser: Browser): Promise<void> {
  const ask = async () => (await browser.copy().ask(port, "/record")).body;
  await expect.poll(ask, { interval: 20 }).toBeNull();
  await asked(port);
}

/** What ours can do beyond express-session's methods, each with what must come of it. */
export async function ownVisits(port: number): Promise<void> {
  const browser = new Browser();
  const ask = async (path: string) => {
    const answer = await browser.ask(port, path);
    expect([path, answer.status, answer.body?.error]).toEqual([path, 200, undefined]);
    return answer.body;
  };
  const me = () => ask("/me");
  /** Moves the session to a new id; the one before is gone. */
  const move = async (path: string) => {
    const before = browser.copy();
    await ask(path);
    expect(idOf(browser), path).not.toBe(idOf(before));
    await expectGone(port, before);
  };

  await ask("/cart");
  await move("/own/login/ada");
  expect(await ask("/own/who")).toBe("ada");
  expect(await me()).toEqual({ user: null, views: 0, cart: "full" });

  // Of parallel changes none is lost, and of parallel takers one gets it.
  const counts = await Promise.all([1, 2, 3, 4, 5].map(() => ask("/own/view")));
  expect(counts.sort()).toEqual([1, 2, 3, 4, 5]);
  const taken = await Promise.all([1, 2, 3].map(() => ask("/own/take/cart")));
  expect(taken.sort()).toEqual(["full", null, null]);
  expect(await me()).toEqual({ user: null, views: 5, cart: null });

  await ask("/own/flash/saved");
  expect(await ask("/own/flash")).toEqual(["saved"]);
  expect(await ask("/own/flash")).toEqual([]);

  await ask("/cart");
  await move("/own/anew/all");
  expect(await me()).toEqual({ user: null, views: 5, cart: "full" });
  expect(await ask("/own/who")).toBe("ada");
  await move("/own/anew/cart");
  expect(await me()).toEqual({ user: null, views: 0, cart: "full" });

  // As somebody else it keeps what it is told to.
  await ask("/view");
  await move("/own/login/grace/cart");
  expect(await me()).toEqual({ user: null, views: 0, cart: "full" });
  await move("/own/login/ada");
  expect(await me()).toEqual({ user: null, views: 0, cart: null });

  const before = browser.copy();
  await ask("/own/logout");
  await expectGone(port, before);
  expect(await ask("/own/who")).toBeNull();
  expect((await asked(port)).filter((verb) => verb.includes("failed"))).toEqual([]);
}

/** One browser's session under two libraries by turns, ended under the second. */
export async function visitsByTurns(one: number, two: number): Promise<void> {
  const browser = new Browser();
  await browser.ask(one, "/login/ada");
  const before = browser.copy();
  for (const [index, port] of [one, two, one, two, two, one].entries()) {
    const { body } = await browser.ask(port, index % 2 === 0 ? "/view" : "/rolling/view");
    expect(body).toEqual({ user: "ada", views: index + 1, cart: null });
  }
  expect(idOf(browser)).toBe(idOf(before));
  expect((await browser.ask(two, "/logout")).body).toEqual({ user: null, views: 0, cart: null });
  for (const port of [one, two]) await expectGone(port, before);
}
