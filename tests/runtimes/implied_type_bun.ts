/** What Bun makes of responses, without sessions and with the cookie of a new one. */
import { Hono } from "hono";
import process from "node:process";
import { createSessions } from "../../mod.ts";
import { session, type SessionEnv } from "../../src/web/hono.ts";

interface BunServer {
  readonly url: URL;
  stop(closes: boolean): Promise<void>;
}
const bun = (globalThis as unknown as { Bun: { serve(options: object): BunServer } }).Bun;

const text = () => new TextEncoder().encode("stream");
const ANSWERS: Record<string, () => Response> = {
  "text": () => new Response("text"),
  "text with a header": () => new Response("text", { headers: { "x-own": "1" } }),
  "empty text": () => new Response(""),
  "a failure": () => new Response("not found", { status: 404 }),
  "bytes": () => new Response(text()),
  "html": () => new Response("<p>", { headers: { "content-type": "text/html" } }),
  "json": () => Response.json({ a: 1 }),
  "a blob": () => new Response(new Blob(["<p>"], { type: "text/html" })),
  "a form": () => new Response(new URLSearchParams({ a: "1" })),
  "a stream": () =>
    new Response(
      new ReadableStream({
        start(stream) {
          stream.enqueue(text());
          stream.close();
        },
        cancel: () => Promise.reject(new Error("a source that fails to be cancelled")),
      }),
    ),
  "nothing": () => new Response(null),
  "no content": () => new Response(null, { status: 204 }),
};

interface Data {
  n?: number;
}
const secret = "x".repeat(32);
const sessions = createSessions<Data>({ secret });
const nameOf = (request: Request) => decodeURIComponent(new URL(request.url).pathname.slice(1));
const answerTo = (request: Request) => ANSWERS[nameOf(request)]!();

const hono = new Hono<SessionEnv<Data>>();
hono.use(session<Data>({ secret }));
hono.all("*", (context) => {
  context.var.session.n = 1;
  return answerTo(context.req.raw);
});

const doors = {
  plain: answerTo,
  wrap: sessions.wrap((request, session) => {
    session.n = 1;
    return answerTo(request);
  }),
  signal: sessions.wrap((request, session) => {
    session.n = session.signal.aborted ? 2 : 1;
    return answerTo(request);
  }),
  thrown: sessions.wrap((request, session): Response => {
    session.n = 1;
    throw answerTo(request);
  }),
  hono: (request: Request) => hono.fetch(request),
};

const seen: Record<string, Record<string, unknown[]>> = {};
for (const [door, fetched] of Object.entries(doors)) {
  const server = bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request: Request) => {
      try {
        return await fetched(request);
      } catch (error) {
        return error;
      }
    },
  });
  for (const name of Object.keys(ANSWERS)) {
    const response = await fetch(new URL(encodeURIComponent(name), server.url));
    const { status, headers } = response;
    const told = [status, headers.get("content-type"), await response.text()];
    (seen[name] ??= {})[door] = [...told, headers.getSetCookie().length];
  }
  await server.stop(true);
}
process.stdout.write(JSON.stringify(seen));
