/** The Express entry, on Node's own request and response, without a network. */
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import * as express from "../../src/express/mod.ts";
import {
  type Answer,
  type Any,
  type Asked,
  destroyIn,
  type Entry,
  inTime,
  IO_TIMEOUT,
  NAME,
  SECRET,
} from "./entries.ts";
import type { Program } from "./program.ts";
import type { Shape } from "./stores.ts";
import type { World } from "./world.ts";

export function expressEntry(program: Program, shape: Shape, world: World): Entry {
  const { life, rolling, resave, rotateAfter, isAuto } = program;
  const middleware: Any = express.default({
    secret: SECRET,
    name: NAME,
    proxy: true,
    rolling: Boolean(rolling),
    resave: Boolean(resave),
    saveUninitialized: false,
    cookie: { ...(life === null ? {} : { maxAge: life }), ...(isAuto ? { secure: "auto" } : {}) },
    store: shape.express,
    clock: world.clock,
    ioTimeout: IO_TIMEOUT,
    ...rotateAfter !== undefined && { rotateAfter },
  });
  return {
    request: (asked) => ask(middleware, asked),
    revoke: (id) => middleware.revoke?.(id) ?? destroyIn(shape.express, id),
    expel: (id) => inTime(world, destroyIn(shape.express, id)),
    revokeAll: middleware.revokeAll &&
      ((subject, except) => middleware.revokeAll(subject, { except })),
  };
}

function ask(middleware: Any, { cookie, isPlain, handler }: Asked): Promise<Answer> {
  return new Promise((resolve) => {
    const { req, res, sent } = exchange(cookie, isPlain);
    const errors: unknown[] = [];
    // What is handed to `next()` comes a turn after the end of the response.
    const conclude = (answer: Answer) => {
      // A visitor who leaves ends no handler.
      void handled.then(() => setImmediate(() => setImmediate(resolve, answer)));
    };
    let handled = Promise.resolve();
    res.once("close", () => conclude({ status: undefined, setCookies: [], errors }));
    res.once("finish", () => {
      const setCookies = headOf(sent(), "Set-Cookie");
      conclude({ status: res.statusCode, setCookies, errors });
    });
    /** What Express does with an error: a page, if none has left. */
    const fail = (error: unknown) => {
      errors.push(error);
      if (res.headersSent || res.destroyed) {
        if (!res.writableEnded) res.destroy();
        return;
      }
      res.statusCode = 500;
      res.end("an error page");
    };
    let isHandled = false;
    middleware(req, res, (error?: unknown) => {
      if (error !== undefined) return fail(error);
      if (isHandled) return;
      isHandled = true;
      handled = act(req, res, handler).catch(fail);
    });
  });
}

async function act(req: Any, res: ServerResponse, handler: Asked["handler"]): Promise<void> {
  const named = express as Any;
  const conclusion = await handler({
    get session() {
      return req.session;
    },
    get id() {
      return req.session && req.sessionID;
    },
    get subject() {
      if (named.subjectOf !== undefined) return req.session && named.subjectOf(req);
      return null;
    },
    own(name) {
      if (named[name] !== undefined) return (...args) => named[name](req, ...args);
      const { session } = req;
      return session?.[name] && ((...args) => session[name](...args));
    },
    leave: () => void res.destroy(),
  });
  if (conclusion.how === "stream") {
    res.write("begun ");
    await conclusion.rest(() => void res.destroy());
  } else {
    res.statusCode = conclusion.status;
  }
  res.end("done");
}

/** Node's own request and response, on a socket of paper. */
function exchange(cookie: string | undefined, isPlain: boolean) {
  let text = "";
  const socket = new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  }) as unknown as Socket;
  const req = new IncomingMessage(socket);
  req.url = "/";
  req.method = "GET";
  req.headers["x-forwarded-proto"] = isPlain ? "http" : "https";
  if (cookie !== undefined) req.headers.cookie = `${NAME}=${cookie}`;
  const res = new ServerResponse(req);
  res.sendDate = false;
  res.assignSocket(socket);
  return { req, res, sent: () => text };
}

function headOf(text: string, name: string): string[] {
  const head = text.slice(0, text.indexOf("\r\n\r\n"));
  return [...head.matchAll(new RegExp(`^${name}: (.*)$`, "gim"))].map(([, field]) => field!.trim());
}
