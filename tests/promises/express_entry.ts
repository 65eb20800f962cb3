/** `session()` as an entry under test: Node's own request and response, on a socket of paper. */
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import session, { flash, login, logout, subjectOf, take, update } from "../../src/express/mod.ts";
import type { Any, Entry, EntryOptions, Handler, Reply, RequestOptions } from "./entries.ts";
import { readCookies, SECRET } from "./entries.ts";

/** @param options `store` may also be one that is asked by callbacks. */
export function expressEntry({ cookie: attributes, ...options }: EntryOptions): Entry {
  const middleware = session({
    secret: SECRET,
    name: "sid",
    resave: false,
    saveUninitialized: false,
    cookie: { maxAge: 900_000, ...attributes },
    ...options,
  });
  return {
    request: (cookie, handler, given) => exchange(middleware, cookie, handler, given),
    on: (name, listener) => void middleware.on(name, listener as never),
    list: async (subject) => (await middleware.list(subject)).map(({ handle }) => handle),
    revokeAll: (subject) => middleware.revokeAll(subject),
  };
}

/** One request, with what a framework does for it: whatever fails is an error page. */
function exchange(
  middleware: Any,
  cookie: string | undefined,
  handler: Handler,
  { status = 200, aborts = false, isSecure = false }: RequestOptions = {},
): Promise<Reply> {
  let text = "";
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  }) as unknown as Socket & { encrypted: boolean };
  socket.encrypted = isSecure;
  const req: Any = new IncomingMessage(socket);
  Object.assign(req, { url: "/", method: "GET" });
  if (cookie !== undefined) req.headers.cookie = `sid=${cookie}`;
  const res = new ServerResponse(req);
  res.assignSocket(socket);
  const errors: unknown[] = [];
  let result: unknown;
  const failed = (error: unknown) => {
    errors.push(error);
    if (res.headersSent) return;
    res.statusCode = 500;
    res.end("error page");
  };
  return new Promise((resolve) => {
    const over = async () => {
      // What is told late is told as well.
      await new Promise(setImmediate);
      const head = text.slice(0, text.indexOf("\r\n\r\n"));
      const texts = [...head.matchAll(/^Set-Cookie: (.*)$/gim)].map(([, field]) => field!);
      const sent = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]);
      resolve({ ...readCookies(texts, cookie), status: sent, errors, result });
    };
    res.once("finish", over);
    middleware(req, res, async (error?: unknown) => {
      if (error) return failed(error);
      try {
        result = await handler({
          get session() {
            return req.session;
          },
          get subject() {
            return subjectOf(req);
          },
          login: (subject, given) => login(req, subject, given),
          logout: () => logout(req),
          update: ((change: Any) => update(req, change)) as never,
          take: (key) => take(req, key),
          flash: ((...given: [string, string]) => flash(req, ...given)) as never,
        });
        res.statusCode = status;
        if (!aborts) return res.end("done");
        // The visitor is gone: the headers have left, the end is never called.
        res.write("half");
        socket.destroy();
        await over();
      } catch (thrown) {
        failed(thrown);
      }
    });
  });
}
