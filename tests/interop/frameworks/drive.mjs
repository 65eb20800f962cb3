/**
 * Visits one example in its framework, on whatever runtime runs this: `node drive.mjs hono`.
 * It is copied to where the frameworks, websession and the built examples are.
 */
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import process from "node:process";

const require = createRequire(import.meta.url);
const HOME = "https://app.test";

/** What a browser sends back. */
function cookiesOf(response, before = "") {
  const set = response.headers.getSetCookie().map((each) => each.split(";")[0]);
  return set.length === 0 ? before : set.filter((each) => !each.endsWith("=")).join("; ");
}

/** What every example does: it counts each visitor's own visits, and where it has a logout, ends. */
async function counts(ask, logout) {
  const first = await ask("/");
  assert.match(await first.text(), /\b1 views/);
  const cookie = cookiesOf(first);
  assert.notEqual(cookie, "");
  assert.match(first.headers.getSetCookie()[0], /httponly/i);
  const again = () => ask("/", { headers: { cookie } });
  assert.match(await (await again()).text(), /\b2 views/);
  assert.deepEqual((await again()).headers.getSetCookie(), []);
  assert.match(await (await ask("/")).text(), /\b1 views/);
  if (logout === undefined) return;
  const headers = { cookie, origin: HOME };
  const out = await ask(logout, { method: "POST", headers, redirect: "manual" });
  assert.match(out.headers.getSetCookie()[0], /Max-Age=0/);
  assert.match(await (await again()).text(), /\b1 views/);
}

/** As from a proxy that ends TLS in front of a server. */
const behindTls = (port) => (path, init = {}) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    ...init,
    headers: { ...init.headers, "x-forwarded-proto": "https" },
  });

const fetching = (app) => (path, init) =>
  Promise.resolve(app.fetch(new Request(HOME + path, init)));

const EXAMPLES = {
  hono: async () => counts(fetching((await import("./hono.mjs")).default), "/logout"),
  elysia: async () => counts(fetching(await import("./elysia.mjs")), "/logout"),
  h3: async () => counts(fetching((await import("./h3.mjs")).app), "/logout"),

  async fastify() {
    const { default: fastify } = await import("fastify");
    const app = fastify({ trustProxy: true });
    await app.register(require("@fastify/cookie"));
    await app.register((await import("./fastify.mjs")).default);
    app.get("/", ({ visit }) => `${visit.views = (visit.views ?? 0) + 1} views`);
    app.post("/logout", ({ visit }) => visit.logout().then(() => "bye"));
    await app.listen({ port: 0, host: "127.0.0.1" });
    await counts(behindTls(app.server.address().port), "/logout");
  },

  async koa() {
    const { default: Koa } = await import("koa");
    const app = new Koa({ proxy: true });
    app.use((await import("./koa.mjs")).session).use(async (ctx) => {
      const { session } = ctx.state;
      if (ctx.method === "POST") ctx.body = await session.logout() ?? "bye";
      else ctx.body = `${session.views = (session.views ?? 0) + 1} views`;
    });
    const server = app.listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    await counts(behindTls(server.address().port), "/logout");
  },

  async nest() {
    await import("reflect-metadata");
    const { app } = await import("./nest.mjs");
    await app.listen(0, "127.0.0.1");
    await counts(behindTls(app.getHttpServer().address().port));
  },

  async oak() {
    const { app } = await import("./oak.mjs");
    await counts((path, init) => app.handle(new Request(HOME + path, init), undefined, true));
  },

  async react_router() {
    const { createStaticHandler, RouterContextProvider } = await import("react-router");
    const { middleware, loader, action, sessionContext } = await import("./react_router.mjs");
    const seen = [];
    const beside = ({ context }) => (seen.push(context.get(sessionContext)), null);
    const handler = createStaticHandler([{
      id: "root",
      path: "/",
      middleware,
      loader: beside,
      children: [{ id: "views", index: true, loader, action }],
    }]);
    const request = (path, init) => new Request(`${HOME}${path}?index`, init);
    await counts((path, init) =>
      handler.query(request(path, init), {
        requestContext: new RouterContextProvider(),
        generateMiddlewareResponse: async (query) => {
          const { loaderData, actionData } = await query(request(path, init));
          return Response.json({ ...loaderData, ...actionData });
        },
      }), "/");
    assert.notEqual(seen.length, 0, "loaders beside each other share the session");
  },

  async sveltekit() {
    const output = "./sveltekit/.svelte-kit/output/server";
    const { Server } = await import(`${output}/index.js`);
    const { manifest } = await import(`${output}/manifest.js`);
    const server = new Server(manifest);
    await server.init({ env: {} });
    const client = { getClientAddress: () => "127.0.0.1" };
    await counts((path, init) => server.respond(new Request(HOME + path, init), client), "/");
  },

  async astro_endpoint() {
    const { experimental_AstroContainer: Container } = await import("astro/container");
    const { getSetCookiesFromResponse } = await import(
      "./node_modules/astro/dist/core/cookies/index.js"
    );
    const container = await Container.create();
    const page = await import("./astro_endpoint.mjs");
    await counts(async (path, init) => {
      const request = new Request(HOME + path, init);
      const answer = await container.renderToResponse(page, { request, routeType: "endpoint" });
      // As Astro's adapters do.
      for (const set of getSetCookiesFromResponse(answer)) answer.headers.append("set-cookie", set);
      return answer;
    });
  },

  async astro_middleware() {
    const { onRequest } = await import("./astro_middleware.mjs");
    await counts((path, init) => {
      const context = { request: new Request(HOME + path, init), locals: {} };
      return onRequest(context, () => {
        const { visit } = context.locals;
        return Promise.resolve(new Response(`${visit.views = (visit.views ?? 0) + 1} views`));
      });
    });
  },

  async nuxt() {
    const { createApp, toWebHandler } = await import("h3-v1");
    const { default: handler } = await import("./nuxt.mjs");
    const handle = toWebHandler(createApp().use("/", handler));
    await counts((path, init) => handle(new Request(HOME + path, init)));
  },
};

await EXAMPLES[process.argv[2]]();
console.log("it counts");
process.exit(0);
