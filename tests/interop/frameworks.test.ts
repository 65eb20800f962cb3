/** examples/frameworks, each in its framework, on what npm would install of us. */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { createStaticHandler, RouterContextProvider } from "react-router";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { root, run } from "../package/pack.ts";
import { installFrameworks } from "./install.ts";

// Other programs do the work here: on a busy machine they take their time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

// deno-lint-ignore no-explicit-any
type Any = any;
type Ask = (path: string, init?: RequestInit) => Promise<Response>;

const examples = join(root, "examples", "frameworks");
const HOME = "https://app.test";
let folder: string;

beforeAll(async () => {
  process.env["SECRET"] = "a secret of the tests, 32 bytes+";
  folder = await installFrameworks();
});

/** Brings examples where their framework is installed, as modules of JavaScript. */
async function load(name: string, format: "esm" | "cjs" = "esm", alias = {}): Promise<Any> {
  const outfile = join(folder, `${name.replaceAll("/", "_")}.${format === "esm" ? "mjs" : "cjs"}`);
  await build({
    entryPoints: [join(examples, name)],
    outfile,
    bundle: true,
    format,
    platform: "node",
    jsx: "automatic",
    logLevel: "error",
    plugins: [{
      name: "packages",
      setup: ({ onResolve }) => {
        onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
          const { [path]: other = path } = alias as Record<string, string>;
          return kind === "entry-point" ? undefined : { path: other, external: true };
        });
      },
    }],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } as never },
  });
  return format === "esm" ? await import(pathToFileURL(outfile).href) : require_(outfile);
}

const require_ = createRequire(import.meta.url);

/** What a browser sends back. */
function cookiesOf(response: Response, before = ""): string {
  const set = response.headers.getSetCookie().map((each) => each.split(";")[0]!);
  return set.length === 0 ? before : set.filter((each) => !each.endsWith("=")).join("; ");
}

/** What every example does: it counts each visitor's own visits, and where it has a logout, ends. */
async function counts(ask: Ask, logout?: string): Promise<void> {
  const first = await ask("/");
  expect(await first.text()).toContain("1 views");
  const cookie = cookiesOf(first);
  expect(cookie).not.toBe("");
  expect(first.headers.getSetCookie()[0]).toMatch(/httponly/i);
  const again = () => ask("/", { headers: { cookie } });
  expect(await (await again()).text()).toContain("2 views");
  expect((await again()).headers.getSetCookie()).toEqual([]);
  expect(await (await ask("/")).text()).toContain("1 views");
  if (logout === undefined) return;
  const out = await ask(logout, {
    method: "POST",
    headers: { cookie, origin: HOME },
    redirect: "manual",
  });
  expect(out.headers.getSetCookie()[0]).toContain("Max-Age=0");
  expect(await (await again()).text()).toContain("1 views");
}

/** As from a proxy that ends TLS in front of a server. */
function behindTls(port: number): Ask {
  return (path, init = {}) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...init,
      headers: { ...init.headers as Record<string, string>, "x-forwarded-proto": "https" },
    });
}

const fetching = (app: { fetch(request: Request): unknown }): Ask => (path, init) =>
  Promise.resolve(app.fetch(new Request(HOME + path, init)) as Response);

test("Hono", async () => counts(fetching((await load("hono.ts")).default), "/logout"));
test("Elysia", async () => counts(fetching(await load("elysia.ts")), "/logout"));
test("H3", async () =>
  counts(fetching((await load("h3.ts", "esm", { h3: import.meta.resolve("h3") })).app), "/logout"));

test("Fastify", async () => {
  const { default: fastify } = await import("fastify" as string);
  const { default: plugin } = await load("fastify.ts");
  const app = fastify({ trustProxy: true });
  await app.register(require_(join(folder, "node_modules/@fastify/cookie")));
  await app.register(plugin);
  app.get("/", ({ visit }: Any) => `${visit.views = (visit.views ?? 0) + 1} views`);
  app.post("/logout", ({ visit }: Any) => visit.logout().then(() => "bye"));
  await app.listen({ port: 0, host: "127.0.0.1" });
  try {
    await counts(behindTls((app.server.address() as AddressInfo).port), "/logout");
  } finally {
    await app.close();
  }
});

test("Koa", async () => {
  const { default: Koa } = await import("koa" as string);
  const { session } = await load("koa.ts");
  const app = new Koa({ proxy: true });
  app.use(session).use(async (ctx: Any) => {
    const { session } = ctx.state;
    if (ctx.method === "POST") ctx.body = await session.logout() ?? "bye";
    else ctx.body = `${session.views = (session.views ?? 0) + 1} views`;
  });
  const server = app.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await counts(behindTls(server.address().port), "/logout");
  } finally {
    server.close();
  }
});

test("NestJS", async () => {
  await import("reflect-metadata");
  const { app } = await load("nest.ts");
  await app.listen(0, "127.0.0.1");
  try {
    await counts(behindTls(app.getHttpServer().address().port));
  } finally {
    await app.close();
  }
});

test("oak", async () => {
  const { app } = await load("oak.ts");
  await counts((path, init) => app.handle(new Request(HOME + path, init), undefined, true));
});

test("React Router: its loaders beside each other share the session", async () => {
  const outfile = join(folder, "react_router.mjs");
  writeFileSync(
    join(folder, "react_router.ts"),
    [
      `export * from ${JSON.stringify(join(examples, "react_router/root.ts"))};`,
      `export * from ${JSON.stringify(join(examples, "react_router/route.ts"))};`,
    ].join("\n"),
  );
  await build({
    entryPoints: [join(folder, "react_router.ts")],
    outfile,
    bundle: true,
    format: "esm",
    packages: "external",
  });
  const { middleware, loader, action, sessionContext } = await import(pathToFileURL(outfile).href);
  const seen: unknown[] = [];
  const beside = ({ context }: Any) => (seen.push(context.get(sessionContext)), null);
  const handler = createStaticHandler([{
    id: "root",
    path: "/",
    middleware,
    loader: beside,
    children: [{ id: "views", index: true, loader, action }],
  }]);
  const ask: Ask = async (path, init) =>
    await handler.query(new Request(`${HOME}${path}?index`, init), {
      requestContext: new RouterContextProvider(),
      generateMiddlewareResponse: async (query) => {
        const { loaderData, actionData } = await query(
          new Request(`${HOME}${path}?index`, init),
        ) as Any;
        return Response.json({ ...loaderData, ...actionData });
      },
    }) as Response;
  await counts(ask, "/");
  expect(seen.length).toBeGreaterThan(0);
});

describe("Next.js", () => {
  /** A route of the app router, by Next's own route module. */
  async function routed(handlers: Any): Promise<Ask> {
    const next = createRequire(join(folder, "index.cjs"));
    const { AppRouteRouteModule } = next("next/dist/server/route-modules/app-route/module.js");
    const { NextRequest } = next("next/server");
    const module = new AppRouteRouteModule({
      definition: { kind: "APP_ROUTE", page: "/route", pathname: "/", filename: "route" },
      distDir: ".next",
      relativeProjectDir: "",
      resolvedPagePath: "/route.ts",
      userland: () => handlers,
    });
    await module.ensureUserland();
    const context = {
      params: {},
      renderOpts: { waitUntil() {}, onClose() {}, experimental: {}, cacheLifeProfiles: {} },
      sharedContext: { buildId: "", deploymentId: "" },
    };
    return (path, init) => module.handle(new NextRequest(HOME + path, init), context);
  }

  test("a route handler", async () => {
    await counts(await routed(await load("next/route.ts", "cjs")));
  });

  test("an action, a page and the proxy have one visitor's session", async () => {
    writeFileSync(
      join(folder, "next_app.ts"),
      [
        ...["actions.ts", "page.tsx", "proxy.ts"].map((name) =>
          `export * from ${JSON.stringify(join(examples, "next", name))};`
        ),
        `export { default as Page } from ${JSON.stringify(join(examples, "next/page.tsx"))};`,
      ].join("\n"),
    );
    const outfile = join(folder, "next_app.cjs");
    await build({
      entryPoints: [join(folder, "next_app.ts")],
      outfile,
      bundle: true,
      format: "cjs",
      platform: "node",
      jsx: "automatic",
      packages: "external",
    });
    const { login, Page, proxy } = require_(outfile);
    const { NextRequest } = createRequire(join(folder, "index.cjs"))("next/server");
    const ask = await routed({
      POST: async (request: Request) => login(await request.formData()),
      GET: async () => new Response((await Page()).props.children),
    });
    const proxied = (cookie: string) => proxy(new NextRequest(HOME, { headers: { cookie } }));

    expect(await (await ask("/")).text()).toBe("nobody");
    const away = await proxied("");
    expect(away.headers.get("location")).toBe(`${HOME}/login`);
    const login_ = await ask("/", { method: "POST", body: new URLSearchParams({ user: "ada" }) });
    expect([login_.status, login_.headers.get("location")]).toEqual([307, "/"]);
    const cookie = cookiesOf(login_);
    expect(await (await ask("/", { headers: { cookie } })).text()).toBe("ada");
    expect((await proxied(cookie)).headers.get("x-middleware-next")).toBe("1");
  });
});

test("SvelteKit", async () => {
  const app = join(folder, "sveltekit");
  const routes = join(app, "src", "routes");
  mkdirSync(routes, { recursive: true });
  cpSync(join(examples, "sveltekit/hooks.server.ts"), join(app, "src/hooks.server.ts"));
  cpSync(join(examples, "sveltekit/server.ts"), join(routes, "+server.ts"));
  writeFileSync(join(app, "src/app.html"), "<html>%sveltekit.head%%sveltekit.body%</html>");
  writeFileSync(join(app, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(app, "vite.config.js"),
    'import { sveltekit } from "@sveltejs/kit/vite"; export default { plugins: [sveltekit()], logLevel: "error" };',
  );
  await run(process.execPath, [join(folder, "node_modules/vite/bin/vite.js"), "build"], app);
  const output = join(app, ".svelte-kit/output/server");
  const { Server } = await import(pathToFileURL(join(output, "index.js")).href);
  const { manifest } = await import(pathToFileURL(join(output, "manifest.js")).href);
  const server = new Server(manifest);
  await server.init({ env: {} });
  const ask: Ask = (path, init) =>
    server.respond(new Request(HOME + path, init), { getClientAddress: () => "127.0.0.1" });
  await counts(ask, "/");
});

describe("Astro", () => {
  const rendering = async (page: Any): Promise<Ask> => {
    const { experimental_AstroContainer: Container } = await import(
      pathToFileURL(join(folder, "node_modules/astro/dist/container/index.js")).href
    );
    const container = await Container.create();
    const { getSetCookiesFromResponse } = await import(
      pathToFileURL(join(folder, "node_modules/astro/dist/core/cookies/index.js")).href
    );
    return async (path, init) => {
      const request = new Request(HOME + path, init);
      const answer = await container.renderToResponse(page, { request, routeType: "endpoint" });
      // As Astro's adapters do.
      for (const set of getSetCookiesFromResponse(answer)) answer.headers.append("set-cookie", set);
      return answer;
    };
  };

  test("an endpoint with Astro's cookies", async () => {
    await counts(await rendering(await load("astro/endpoint.ts")));
  });

  test("the middleware", async () => {
    const { onRequest } = await load("astro/middleware.ts");
    const context = (path: string, init?: RequestInit) => ({
      request: new Request(HOME + path, init),
      locals: {} as Any,
    });
    await counts((path, init) => {
      const one = context(path, init);
      return onRequest(one, () => {
        const { visit } = one.locals;
        return Promise.resolve(new Response(`${visit.views = (visit.views ?? 0) + 1} views`));
      });
    });
  });
});

test("Nuxt's server", async () => {
  const { default: handler } = await load("nuxt/session.ts", "esm", { h3: "h3-v1" });
  const { createApp, toWebHandler } = createRequire(join(folder, "index.cjs"))("h3-v1");
  const handle = toWebHandler(createApp().use("/", handler));
  await counts((path, init) => handle(new Request(HOME + path, init)));
});

test("the examples are of 15 lines at most, and import what everybody can", () => {
  const files = readdirSync(examples, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name));
  expect(files.length).toBeGreaterThan(15);
  for (const file of files) {
    const text = readFileSync(join(examples, file), "utf8");
    const lines = text.split("\n").filter((line) => !/^\s*($|\/\/|\/?\*)/.test(line));
    expect(lines.length, file).toBeLessThanOrEqual(15);
    expect(text, file).not.toMatch(/from "\.\.\/.*(mod|src)/);
  }
});

test("the examples' types are right", async () => {
  const to = join(folder, "types");
  cpSync(examples, join(to, "examples"), { recursive: true });
  writeFileSync(join(to, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(to, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        target: "es2022",
        module: "esnext",
        moduleResolution: "bundler",
        lib: ["es2023", "dom", "dom.iterable"],
        types: ["node"],
        typeRoots: [join(root, "node_modules/@types")],
        jsx: "preserve",
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        experimentalDecorators: true,
      },
      include: ["examples"],
      // Of the two h3 here, Nuxt has the first.
      exclude: ["examples/h3.ts"],
    }),
  );
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", to], to);
});
