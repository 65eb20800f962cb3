/** The examples of Next.js in its own server, from the packed tarball: on Node 20 and 24, Bun and Deno. */
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { Visitor } from "../conformance/browser.ts";
import { nodes, QUIET, root, run, type Scratch, scratch, tarball } from "../package/pack.ts";
import { freePort, type RunningServer, startServer } from "../servers/process.ts";
import { type RedisServer, skipRedis, startRedis } from "../servers/redis.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

/** What every application of Next has, beside the examples. */
const PAGES = {
  "app/layout.tsx":
    "export default ({ children }: { children: React.ReactNode }) => <html><body>{children}</body></html>;",
  "app/account/page.tsx": "export default () => <p>the account</p>;",
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      ...{ target: "es2022", lib: ["dom", "dom.iterable", "esnext"], strict: true, noEmit: true },
      ...{ module: "esnext", moduleResolution: "bundler", jsx: "react-jsx", skipLibCheck: true },
      ...{ isolatedModules: true, esModuleInterop: true, resolveJsonModule: true, allowJs: true },
      ...{ incremental: true, plugins: [{ name: "next" }], paths: { "@/*": ["./*"] } },
    },
    include: ["**/*.ts", "**/*.tsx"],
    exclude: ["node_modules"],
  }),
};

describe.skipIf(skipRedis)("Next.js", () => {
  let app: Scratch;
  let redis: RedisServer;

  beforeAll(async () => {
    redis = await startRedis();
    app = scratch();
    for (const file of ["package.json", "package-lock.json"]) {
      cpSync(join(root, "tests/interop/next", file), join(app.folder, file));
    }
    // What it brings for single platforms is its compiler: it is not left out.
    await run("npm", ["ci", ...QUIET], app.folder);
    await app.install(await tarball());
    const examples = join(app.folder, "node_modules/websession/examples/frameworks/next");
    for (const file of readdirSync(examples)) {
      const from = join(examples, file);
      // Each begins with the place it is for.
      const [, place] = /^\/\*\* ([\w/]+\.tsx?): /.exec(readFileSync(from, "utf8")) ?? [];
      expect(place, file).toBeDefined();
      mkdirSync(dirname(join(app.folder, place!)), { recursive: true });
      cpSync(from, join(app.folder, place!));
    }
    for (const [file, text] of Object.entries(PAGES)) app.write(file, text);
    // Neither SECRET nor REDIS_URL is there; it looks at the types as well.
    await run("node", [next(), "build"], app.folder, { NEXT_TELEMETRY_DISABLED: "1" });
  });

  afterAll(async () => {
    app?.remove();
    await redis?.stop();
  });

  const next = () => join(app.folder, "node_modules/next/dist/bin/next");

  const bin = (name: string) => join(root, "node_modules/.bin", name);
  const PROGRAMS: Record<string, () => Promise<string[]>> = {
    "Node 20": async () => [(await nodes([20, 22, 26])).get(20)!],
    "Node 24": () => Promise.resolve([bin("node")]),
    Bun: () => Promise.resolve([bin("bun"), "--bun"]),
    Deno: () => Promise.resolve([bin("deno"), "run", "-A", "--quiet", "--no-lock"]),
  };

  describe.each(Object.keys(PROGRAMS))("on %s", (runtime) => {
    let server: RunningServer;
    beforeAll(async () => {
      const [program = "", ...args] = await PROGRAMS[runtime]!();
      const port = await freePort();
      const env = {
        ...process.env,
        NEXT_TELEMETRY_DISABLED: "1",
        SECRET: "a secret of the tests, 32 bytes+",
        REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      };
      const asked = [...args, next(), "start", "-H", "127.0.0.1", "-p", String(port)];
      server = await startServer(program, asked, port, { cwd: app.folder, env });
    });
    afterAll(() => server?.stop());

    const visitor = () => new Visitor(`http://127.0.0.1:${server.port}`);
    const read = async (who: Visitor, path: string) => (await who.get(path)).text();

    test("a route handler counts each visitor's own visits", async () => {
      const ada = visitor();
      expect(await read(ada, "/views")).toBe("1 views");
      expect(await read(ada, "/views")).toBe("2 views");
      expect(await read(visitor(), "/views")).toBe("1 views");
    });

    test("who logs in by an action is known to the page, to the proxy and to the route", async () => {
      const ada = visitor();
      await read(ada, "/views");
      expect((await ada.get("/account")).headers.get("location")).toMatch(/\/login$/);
      expect(await read(ada, "/")).toContain("<p>nobody</p>");

      // As a browser without JavaScript sends the form.
      const names = (await read(ada, "/login")).matchAll(/type="hidden" name="([^"]+)"/g);
      const body = new FormData();
      for (const [, name] of names) body.append(name!, "");
      body.append("user", "ada");
      const before = await ada.cookie("__Host-session");
      const answer = await ada.get("/login", {
        method: "POST",
        body,
        headers: { origin: ada.base },
      });
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
      expect(await ada.cookie("__Host-session")).not.toBe(before);

      expect(await read(ada, "/")).toContain("<p>ada</p>");
      expect(await read(ada, "/account")).toContain("the account");
      expect(await read(ada, "/views")).toBe("2 views");
      expect(await read(visitor(), "/")).toContain("<p>nobody</p>");
    });
  });
});
