/** A request and its response on a socket that leads nowhere: both Node's own, and no port is opened. */
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { type Any, ours } from "./libraries.ts";

export interface Call {
  readonly url?: string;
  readonly method?: string;
  /** The cookie of an earlier visit. */
  readonly cookie?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Runs before the middleware. */
  readonly before?: (req: Any, res: Any) => unknown;
}

export interface Visit {
  /** What the handler returned or threw. */
  readonly result: Any;
  /** What `next()` was given each time, the first one included. */
  readonly nexts: readonly (readonly unknown[])[];
  readonly errors: readonly Any[];
  readonly status: number;
  readonly setCookies: readonly string[];
  /** The cookie of the visitor from here on, as `name=value`. */
  readonly cookie: string | undefined;
  readonly req: Any;
  readonly res: Any;
}

type Act = (req: Any, res: Any) => unknown;

/** Sessions as most applications make them. */
export function sessionsWith(options: Any = {}): Any {
  return ours.session({
    ...{ secret: "keyboard cat", resave: false, saveUninitialized: false, warn: false },
    ...options,
  });
}

/**
 * Runs `act` behind a middleware and ends the response, unless it has done so itself.
 * What reaches `next()` as an error is answered with 500.
 */
export async function visit(middleware: Any, act: Act = () => {}, call: Call = {}): Promise<Visit> {
  const { url = "/", method = "GET", cookie, headers = {}, before } = call;
  const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const req: Any = new IncomingMessage(socket as Socket);
  Object.assign(req, { url, method, headers: { ...cookie && { cookie }, ...headers } });
  const res: Any = new ServerResponse(req);
  res.assignSocket(socket);
  const nexts: unknown[][] = [];
  let result: Any;
  before?.(req, res);
  await new Promise<void>((resolve, reject) => {
    res.once("finish", resolve);
    const next = async (...args: unknown[]) => {
      nexts.push(args);
      if (args[0]) {
        if (!res.headersSent) res.statusCode = 500;
        if (!res.writableEnded) res.end();
        return;
      }
      result = await Promise.resolve().then(() => act(req, res)).catch((error) => error);
      if (!res.writableEnded) res.end();
    };
    try {
      middleware(req, res, next);
    } catch (error) {
      reject(error);
    }
  });
  // An error of the store that came too late for the answer is told on a later turn.
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
  const closed = new Promise((resolve) => res.once("close", resolve));
  socket.destroy();
  await closed;
  const setCookies: string[] = [res.getHeader("set-cookie") ?? []].flat();
  const own = setCookies.at(-1)?.split(";")[0];
  return {
    ...{ result, nexts, errors: nexts.map(([error]) => error).filter(Boolean) },
    ...{ status: res.statusCode, setCookies, cookie: own ?? cookie, req, res },
  };
}

/** The session's data that another visit finds. */
export async function dataBehind(middleware: Any, cookie: string | undefined): Promise<Any> {
  const { result } = await visit(middleware, ({ session }) => ({ ...session }), { cookie });
  const { cookie: _, ...data } = result;
  return data;
}

/** A clock the test moves. */
export function handClock(start = Date.UTC(2040, 0, 1)) {
  let time = start;
  return { now: () => time, after: () => () => {}, pass: (ms: number) => void (time += ms) };
}

/** The notes of what is out of date, as they are told while `act` runs. */
export async function deprecationsIn(act: () => unknown): Promise<string[]> {
  const notes: string[] = [];
  const listener = ({ message }: Error) => notes.push(message);
  process.on("deprecation" as Any, listener as Any);
  try {
    await act();
  } finally {
    process.off("deprecation" as Any, listener as Any);
  }
  return notes;
}
