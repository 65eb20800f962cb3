/** What `DEBUG=express-session` writes of a session, line by line, within this process. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Any, signed } from "./support/libraries.ts";
import { visit } from "./support/visit.ts";

let session: Any;
let written: string[] = [];

beforeEach(async () => {
  vi.stubEnv("DEBUG", "express-session");
  vi.resetModules();
  ({ default: session } = await import("../../src/express/mod.ts"));
  written = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  vi.resetModules();
});

const make = (options: Any = {}): Any =>
  session({
    secret: "keyboard cat",
    resave: false,
    saveUninitialized: false,
    warn: false,
    ...options,
  });

/** The lines since the last look: what happened, and whether it was said of which session. */
function lines(): string[] {
  const said = written.map((line) => {
    const [, text = line, id] = /^ {2}express-session (.*?)( \S{4}…)? \+\d+ms\n$/.exec(line) ?? [];
    return id === undefined ? text : `${text} #`;
  });
  written = [];
  return said;
}

test("a session's life", async () => {
  const app = make({ saveUninitialized: true });
  const { cookie } = await visit(app, (req) => void (req.session.n = 1));
  expect(lines()).toEqual([
    ...["no SID sent, generating session", "saving #", "set-cookie for #"],
  ]);
  await visit(app, (req) => req.session.n, { cookie });
  expect(lines()).toEqual(["fetching #", "session found #", "touching #"]);
  await visit(app, (req) => req.session.destroy(), { cookie });
  expect(lines()).toEqual(["fetching #", "session found #", "destroying #"]);
  await visit(app, () => {}, { cookie });
  expect(lines().slice(0, 2)).toEqual(["fetching #", "no session found #"]);
});

test("why there is none", async () => {
  const write = (req: Any) => void (req.session && (req.session.n = 1));
  await visit(make({ cookie: { path: "/admin" } }), write);
  expect(lines()).toEqual(["pathname mismatch"]);
  for (
    const [cookie, why] of [
      ["connect.sid=plain", "cookie unsigned"],
      [`connect.sid=s:an-id.${"A".repeat(43)}`, "cookie signature invalid"],
    ]
  ) {
    await visit(make(), () => {}, { cookie: cookie! });
    expect(lines()[0]).toBe(why);
  }
  const store = new session.MemoryStore();
  const app = make({ store });
  store.emit("disconnect");
  await visit(app, write);
  expect(lines()).toEqual(["store is disconnected"]);
});

test("that a request goes on without the one the store did not hand over", async () => {
  const store = new session.MemoryStore();
  const app = make({ store, onStoreError: "anonymous" });
  store.emit("disconnect");
  await visit(app, () => {}, { cookie: `connect.sid=${signed("an-id")}` });
  expect(lines().slice(0, 2)).toEqual(["fetching #", "going on without the session #"]);
});
