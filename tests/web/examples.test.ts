/** Every recipe in examples/ runs, on the runtime it is written for. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { convertV4MiniflareOptions, Log, LogLevel, Miniflare } from "miniflare";
import { createStaticHandler, RouterContextProvider } from "react-router";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freePort, type RunningServer, startServer } from "../servers/process.ts";
import { cookieOf, SECRET } from "./support.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const root = join(import.meta.dirname, "../..");
const example = (name: string) => join(root, "examples", `${name}.ts`);
const bin = (name: string) => join(root, "node_modules/.bin", name);

process.env["SECRET"] = SECRET;

type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** What every recipe does: count, and where it has a logout, end. */
async function counts(ask: Ask, hasLogout: boolean): Promise<void> {
  const first = await ask("/");
  expect(await first.text()).toBe("1 views");
  const cookie = cookieOf(first);
  const again = () => ask("/", { headers: { cookie } });
  expect(await (await again()).text()).toBe("2 views");
  expect((await again()).headers.getSetCookie()).toEqual([]);
  expect(await (await ask("/")).text()).toBe("1 views");
  if (!hasLogout) return;
  const out = await ask("/logout", { method: "POST", headers: { cookie }, redirect: "manual" });
  expect(out.headers.getSetCookie()[0]).toContain("Max-Age=0");
  expect(await (await again()).text()).toBe("1 views");
}

const processes: [string, string, (port: string) => string[], boolean][] = [
  ["deno_serve on Deno", "deno", () => ["run", "-A", "--no-check", example("deno_serve")], false],
  ["bun_serve on Bun", "bun", () => [example("bun_serve")], false],
  ["hono on Deno", "deno", (port) => [
    ...["serve", "-A", "--no-check", "--host", "127.0.0.1", "--port", port, example("hono")],
  ], true],
  ["hono on Bun", "bun", () => [example("hono")], true],
  ["hono on Node", "node", () => [example("hono_node")], true],
];
for (const [name, program, args, hasLogout] of processes) {
  describe(name, () => {
    let server: RunningServer;
    beforeAll(async () => {
      const port = await freePort();
      const env = { ...process.env, SECRET, PORT: String(port) };
      server = await startServer(bin(program), args(String(port)), port, { cwd: root, env });
    });
    afterAll(() => server?.stop());

    test("counts", () =>
      counts((path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, init), hasLogout));
  });
}

for (const name of ["worker", "hono"]) {
  describe(`${name} in workerd`, () => {
    let miniflare: Miniflare;
    beforeAll(async () => {
      const { outputFiles } = await build({
        entryPoints: [example(name)],
        bundle: true,
        format: "esm",
        target: "es2022",
        write: false,
      });
      miniflare = new Miniflare(convertV4MiniflareOptions({
        host: "127.0.0.1",
        cf: false,
        log: new Log(LogLevel.ERROR),
        modules: true,
        script: outputFiles[0]!.text,
        compatibilityDate: "2026-01-01",
        bindings: { SECRET },
        ...(name === "worker" &&
          { durableObjects: { SESSIONS: { className: "SessionObject", useSQLite: true } } }),
      }));
    });
    afterAll(() => miniflare.dispose());

    test("counts", async () => {
      const { origin } = await miniflare.ready;
      await counts((path, init) => fetch(origin + path, init), name === "hono");
    });
  });
}

test("h3 counts and logs out", async () => {
  const { app } = await import("../../examples/h3.ts");
  await counts(async (path, init) => app.fetch(new Request(`https://app.test${path}`, init)), true);
});

test("elysia counts and logs out", async () => {
  const { fetch } = await import("../../examples/elysia.ts");
  await counts((path, init) => fetch(new Request(`https://app.test${path}`, init)), true);
});

test("react_router counts in a loader, and logs out behind the middleware", async () => {
  const { loader, middleware, logout } = await import("../../examples/react_router.ts");
  const handler = createStaticHandler([
    { id: "home", path: "/", loader },
    { id: "root", path: "/logout", middleware: middleware as never, action: logout as never },
  ]);
  await counts(async (path, init) => {
    const request = new Request(`https://app.test${path}`, init);
    return await handler.queryRoute(request, {
      routeId: path === "/" ? "home" : "root",
      requestContext: new RouterContextProvider(),
      generateMiddlewareResponse: async (query) => {
        const result: unknown = await query(request);
        return result instanceof Response ? result : new Response(String(result));
      },
    }) as Response;
  }, true);
});

test("the recipes are short", () => {
  const lines = (name: string) =>
    readFileSync(example(name), "utf8").split("\n")
      .filter((line) => line.trim() !== "" && !/^\s*(\/\/|\/?\*)/.test(line)).length;
  expect(lines("deno_serve")).toBeLessThanOrEqual(10);
  expect(lines("bun_serve")).toBeLessThanOrEqual(10);
  for (const name of ["worker", "hono", "h3", "elysia", "react_router"]) {
    expect(lines(name), name).toBeLessThanOrEqual(35);
  }
});
