/** The doctor says of options what the library does with them: every refusal, none of its own making, each once. */
import { describe, expect, test, vi } from "vitest";
import { createSessions } from "../../mod.ts";
import { optionComplaints } from "../../src/cli/doctor/option_complaints.ts";
import type { Entry } from "../../src/cli/doctor/option_names.ts";
import session from "../../src/express/mod.ts";
import { cookieStore } from "../../src/stores/cookie.ts";
import { memoryStore } from "../../src/stores/memory.ts";

const secret = "a secret of more than thirty-two bytes, as it should be";
const store = memoryStore();
const WEB = { secret, store };
const EXPRESS = {
  ...{ secret, store: new session.MemoryStore(), resave: false, saveUninitialized: false },
  cookie: { secure: "auto", sameSite: "lax", maxAge: 86_400_000 },
};

type Options = Readonly<Record<string, unknown>>;

const codes = (options: Options, entry: Entry) =>
  optionComplaints(options, entry).map(({ code }) => code).sort();

/** Whether the library itself takes them without a word. */
function starts(options: Options, entry: Entry): boolean {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  try {
    if (entry === "web") createSessions(options as never);
    else session(options as never);
    return true;
  } catch {
    return false;
  } finally {
    warn.mockRestore();
  }
}

describe("the options of createSessions()", () => {
  test.each<[string, Options]>([
    ["nothing but what is needed", WEB],
    ["a domain", { ...WEB, cookie: { domain: "example.com" } }],
    ["another path", { ...WEB, cookie: { path: "/app" } }],
    ["auto", { ...WEB, cookie: { secure: "auto" } }],
    ["attributes that are undefined", { ...WEB, cookie: { secure: undefined, path: undefined } }],
    ["a function", { ...WEB, cookie: () => ({ path: "/app" }) }],
    ["Hono's name of a variable", { ...WEB, key: "__Host-cart", cookie: { path: "/app" } }],
    ["a sealed store, which has the secret", { store: cookieStore({ secret }) }],
  ])("are well where the library is content: %s", (_name, options) => {
    expect(starts({ ...options, key: undefined }, "web")).toBe(true);
    expect(codes(options, "web")).toEqual([]);
  });

  test("with secure: false are told that, and nothing about a prefix that the name has not", () => {
    expect(codes({ ...WEB, cookie: { secure: false } }, "web")).toEqual(["not-secure"]);
  });

  test.each<[Options, string, number]>([
    [{ cookie: { maxAge: -1 } }, "cookie.maxAge", 1],
    [{ name: "a b" }, "argument name is invalid", 1],
    [{ idleTimeout: "1h" }, '"idleTimeout" must be a number', 1],
    [{ cookie: { path: "app" } }, "cookie.path", 1],
    [{ cookie: { domain: "https://example.com" } }, "option domain is invalid", 1],
    [{ cookie: { httpOnly: "false" } }, "cookie.httpOnly", 1],
    [{ name: "__Host-a", cookie: { secure: "auto" } }, "cookie.secure", 1],
    [{ store: {} }, 'no method "create"', 1],
    [{ maxSessions: 1.5 }, "maxSessions", 1],
    [{ secret: 12 }, "secret", 1],
    [{ cookie: "session" }, '"cookie" must be an object', 1],
    [{ store: cookieStore({ secret }) }, "sealed store", 1],
    [{ rolling: "yes", maxBytes: -1, ioTimeout: "x", cookie: { path: "app", maxAge: -1 } }, "", 5],
  ])("that it refuses, are found with its own words: %j", (options, words, count) => {
    const all = { ...WEB, ...options };
    expect(starts(all, "web")).toBe(false);
    const found = optionComplaints(all, "web");
    expect(found.map(({ code }) => code)).toEqual(Array(count).fill("refused"));
    for (const { what } of found) expect(what).toContain("The application does not start: ");
    expect(found[0]!.what).toContain(words);
  });

  test.each<[string, Options]>([
    ["no-secret", { secret: undefined }],
    ["short-secret", { secret: "x".repeat(31) }],
    ["short-secret", { secret: [secret, "keyboard cat"] }],
    ["known-secret", { secret: "keyboard cat" }],
    ["unknown-option", { cookie: { samesite: "lax" } }],
    ["unknown-option", { unset: 1 }],
    ["too-long", { cookie: { maxAge: 401 * 86_400_000 } }],
    ["prefix", { name: "__Host-a", cookie: { path: "/a" } }],
    ["prefix", { name: "__Secure-a", cookie: { domain: "example.com", secure: false } }],
    ["same-site-none", { cookie: { sameSite: "none", secure: false } }],
    ["partitioned", { cookie: { partitioned: true, secure: false } }],
  ])("that a rule of its own finds, are found once: %s %j", (code, options) => {
    const all = { ...WEB, ...options };
    expect(starts(all, "web")).toBe(false);
    expect(codes(all, "web").filter((each) => each !== "not-secure")).toEqual([code]);
  });
});

describe("the options of the Express middleware", () => {
  test("are well where the library is content", () => {
    expect(starts(EXPRESS, "express")).toBe(true);
    expect(codes(EXPRESS, "express")).toEqual([]);
    const ofRequest = { ...EXPRESS, cookie: () => ({ secure: true }) };
    expect(codes(ofRequest, "express")).toEqual([]);
  });

  test("are well with a store that the application's own copy of the library has made", () => {
    // As toExpressStore() of another build: the same note of what is behind it, other functions.
    const face = Object.assign(new session.MemoryStore(), { get() {}, set() {} });
    expect(codes({ ...EXPRESS, store: face, maxSessions: 5 }, "express")).toEqual([]);
  });

  test.each<[Options, string]>([
    [{ name: "a b" }, "Browsers drop the cookie: argument name is invalid"],
    [{ cookie: { ...EXPRESS.cookie, maxAge: -1 } }, "Browsers drop the cookie: "],
    [{ cookie: { ...EXPRESS.cookie, domain: "https://a.b" } }, "Browsers drop the cookie: "],
    [{ cookie: { ...EXPRESS.cookie, path: "app" } }, "Browsers drop the cookie: "],
    [{ idleTimeout: "1h" }, 'does not start: Option "idleTimeout"'],
    [{ store: {} }, "does not start: store.on is not a function"],
    [{ unset: "never" }, "does not start: unset option"],
    [{ secret: 12 }, "does not start: secret option"],
    [{ compat: "v3" }, "does not start: compat option"],
  ])("that it refuses or warns of, are found with its own words: %j", (options, words) => {
    const log = vi.spyOn(console, "warn");
    const found = optionComplaints({ ...EXPRESS, ...options, warn: false }, "express");
    expect(found.map(({ code }) => code)).toEqual(["refused"]);
    expect(found[0]!.what).toContain(words);
    expect(log).not.toHaveBeenCalled();
    log.mockRestore();
  });

  test("left out, resave and saveUninitialized are on; misspelt, they are reported as that", () => {
    const { resave: _, saveUninitialized: __, ...rest } = EXPRESS;
    expect(codes(rest, "express")).toEqual(["anonymous", "resave"]);
    expect(codes({ ...rest, compat: "v2" }, "express")).toEqual([]);
    const misspelt = { ...rest, resave: false, saveUninitialised: false };
    expect(codes(misspelt, "express")).toEqual(["unknown-option"]);
  });

  test("with an old secret that everybody knows behind a new one are warned, and told until when", () => {
    const [found, ...more] = optionComplaints(
      { ...EXPRESS, secret: [secret, "keyboard cat"] },
      "express",
    );
    expect(more).toEqual([]);
    expect(found).toMatchObject({ level: "warning", code: "old-secret" });
    expect(found!.remedy).toContain("when the old cookies are over");
    expect(codes({ ...EXPRESS, secret: ["keyboard cat", secret] }, "express"))
      .toEqual(["known-secret"]);
  });

  test("with a new secret that is not set are told so, though an old one is there", () => {
    const found = optionComplaints({ ...EXPRESS, secret: [undefined, "keyboard cat"] }, "express");
    expect(found.map(({ code }) => code)).toEqual(["old-secret", "refused"]);
    expect(found[1]!.what).toContain("not undefined");
    expect(found[1]!.remedy).toContain("is its variable set");
  });

  test("in seconds where milliseconds are meant are told, each by its name", () => {
    const cookie = { ...EXPRESS.cookie, maxAge: 604_800 };
    const found = optionComplaints({ ...EXPRESS, cookie, idleTimeout: 1800 }, "express");
    expect(found.map(({ code }) => code)).toEqual(["milliseconds", "milliseconds"]);
    expect(found.map(({ what }) => /^\S+ \d+/.exec(what)?.[0]))
      .toEqual(["cookie.maxAge: 604800", "idleTimeout: 1800"]);
  });
});
