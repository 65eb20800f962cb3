/** `DEBUG=express-session` says on stderr why a session is not what somebody expects. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { enabledIn } from "../../src/express/debug.ts";

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

/** Plays requests against one middleware in a process of its own, and returns what it wrote. */
function stderrOf(debug: string | undefined, script: string): string {
  const source = `
    import http from "node:http";
    import session from ${
    JSON.stringify(new URL("../../src/express/mod.ts", import.meta.url).href)
  };
    const make = (options) => session({
      secret: "s".repeat(32), resave: false, saveUninitialized: false, ...options,
    });
    async function play(middleware, act, { cookie, path = "/" } = {}) {
      const server = http.createServer((req, res) => {
        middleware(req, res, (error) => error ? res.end("error") : act(req, res));
      });
      await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address();
      const headers = cookie === undefined ? {} : { cookie };
      const response = await fetch(\`http://127.0.0.1:\${port}\${path}\`, { headers });
      await response.text();
      server.close();
      return response.headers.getSetCookie()[0]?.split(";")[0];
    }
    ${script}`;
  const { DEBUG: _, ...env } = process.env;
  const { stderr, status } = spawnSync(process.execPath, [
    "--input-type=module-typescript",
    "-e",
    source,
  ], {
    encoding: "utf8",
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    env: debug === undefined ? env : { ...env, DEBUG: debug },
  });
  expect([status, stderr]).toEqual([0, stderr]);
  return stderr;
}

const LIFE = `
  const app = make();
  const cookie = await play(app, (req, res) => { req.session.n = 1; res.end(); });
  await play(app, (req, res) => { req.session.n = 2; res.end(); }, { cookie });
  await play(app, (req, res) => { void req.session.n; res.end(); }, { cookie });
  await play(app, (req, res) => req.session.destroy(() => res.end()), { cookie });
  await play(app, (req, res) => res.end(), { cookie });
  console.error("ID " + decodeURIComponent(cookie).slice("connect.sid=s:".length).split(".")[0]);
`;

describe("DEBUG=express-session", () => {
  test.each(["express-session", "websession", "*", "other,express-*"])(
    "%s tells the steps of a session, and no id",
    (value) => {
      const written = stderrOf(value, LIFE);
      for (
        const step of [
          "fetching",
          "session found",
          "saving",
          "touching",
          "destroying",
          "no session found",
          "set-cookie",
        ]
      ) {
        expect(written).toContain(step);
      }
      const id = /ID (.+)/.exec(written)![1]!;
      expect(written.replace(/ID .+/, "")).not.toContain(id.slice(0, 8));
    },
  );

  test.each([undefined, "other", "*,-express-session,-websession"])(
    "%s tells nothing",
    (value) => {
      expect(stderrOf(value, LIFE).replace(/ID .+\n/, "")).not.toContain("express-session");
    },
  );

  test("it says why there is no cookie, or no session", () => {
    const written = stderrOf(
      "express-session",
      `
      const write = (req, res) => { if (req.session) req.session.n = 1; res.end(); };
      await play(make({ cookie: { secure: true } }), write);
      await play(make({ cookie: { path: "/admin" } }), write);
      await play(make(), write, { cookie: "connect.sid=plain" });
      await play(make(), write, { cookie: "connect.sid=s:id.wrong" });
      const store = new session.MemoryStore();
      const app = make({ store });
      store.emit("disconnect");
      await play(app, write);
    `,
    );
    for (
      const why of [
        "not secured",
        "pathname mismatch",
        "cookie unsigned",
        "cookie signature invalid",
        "store is disconnected",
      ]
    ) {
      expect(written).toContain(`express-session ${why}`);
    }
  });
});

test("names are matched as the package debug matches them", () => {
  expect(enabledIn("express-session")).toBe("express-session");
  expect(enabledIn("websession")).toBe("websession");
  expect(enabledIn("a b,web*")).toBe("websession");
  expect(enabledIn("*,-express-session")).toBe("websession");
  expect(enabledIn("express-sessions")).toBeUndefined();
  expect(enabledIn("express.session")).toBeUndefined();
  expect(enabledIn("")).toBeUndefined();
});
