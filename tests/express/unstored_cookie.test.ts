/** No cookie for what is not stored, nothing stored for what has no cookie, and removals that remove. */
import { describe, expect, test } from "vitest";
import { login, logout } from "../../src/express/mod.ts";
import { memoryStore } from "../../src/stores/memory.ts";
import { makeApp, useDriver } from "./support/app.ts";
import { headerOf } from "./support/drive.ts";
import { type Any, ours } from "./support/libraries.ts";

useDriver();

const schema = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (data: Any) => data.n === "x" ? { issues: [{ message: "no" }] } : { value: data },
  },
};

/** What makes the store of a new session fail. */
const FAILURES: Record<string, () => Any> = {
  SESSION_INVALID: () => ({ schema }),
  SESSION_TOO_LARGE: () => ({ maxBytes: 1 }),
  STORE_FAILED: () => {
    const store = memoryStore();
    store.create = () => {
      throw new Error("down");
    };
    return { store };
  },
};

describe.each(Object.entries(FAILURES))("a new session whose save() fails: %s", (code, options) => {
  test("has no cookie, by promise and by callback", async () => {
    const app = makeApp({ library: ours, options: { warn: false, ...options() } });
    for (const withCallback of [false, true]) {
      app.handler = async (req, res) => {
        req.session.n = "x";
        if (withCallback) req.session.save((error: Any) => res.end(error.code));
        else await req.session.save().catch((error: Any) => res.end(error.code));
      };
      const answer = await app.get();
      expect([answer.status, answer.body, headerOf(answer, "set-cookie")])
        .toEqual([200, code, []]);
    }
  });
});

test("a session that is being stored when its answer leaves has its cookie", async () => {
  const app = makeApp({ library: ours, kind: "async", options: { warn: false } });
  const answer = await app.play((req, res) => {
    req.session.n = 1;
    req.session.save(() => {});
    res.end("done");
  });
  expect(answer.cookie).toBeDefined();
});

test.each([
  ["sameSite", "evil"],
  ["path", "/a;b"],
  ["domain", "a b"],
])(
  "a cookie whose %s a handler has made %j of: nothing is stored, and `blocked` says so",
  async (name, value) => {
    const store = memoryStore();
    const app = makeApp({ library: ours, options: { warn: false, store } });
    const blocked: string[] = [];
    app.middleware.on("blocked", ({ reason }: Any) => blocked.push(reason));
    app.handler = (req, res) => {
      req.session.n = 1;
      req.session.cookie[name] = value;
      res.end("ok");
    };
    const answer = await app.get();
    expect([headerOf(answer, "set-cookie"), store.length()]).toEqual([[], 0]);
    expect(blocked).toEqual(["invalid"]);
  },
);

test.each(["logout", "destroy"])(
  "%s removes the cookie as the record says it was sent",
  async (how) => {
    const app = makeApp({ library: ours, options: { warn: false, clearCookie: true } });
    const { cookie } = await app.play(async (req, res) => {
      await login(req, "ada");
      req.session.cookie.path = "/app";
      res.end();
    });
    app.handler = async (req, res) => {
      if (how === "logout") await logout(req);
      else await req.session.destroy();
      res.end();
    };
    const answer = await app.get(cookie);
    expect(String(headerOf(answer, "set-cookie"))).toContain(
      "; Path=/app; Expires=Thu, 01 Jan 1970",
    );
  },
);
