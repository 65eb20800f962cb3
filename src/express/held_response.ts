/** A response that waits for the store before it sends what it was told to. */
import process from "node:process";
import type { HeaderResponse } from "./on_headers.ts";

/** A response: any that Node has, or the `{}` of a WebSocket wrapper. */
export interface EndingResponse extends HeaderResponse {
  /** Whether that text has left. */
  _headerSent?: boolean;
  /** How Node's own methods send. */
  _send?: (...args: unknown[]) => unknown;
  flushHeaders?: () => void;
  readonly writableHighWaterMark?: number;
  // deno-lint-ignore no-explicit-any
  write?: ((...args: any[]) => any) | undefined;
  // deno-lint-ignore no-explicit-any
  emit?: (event: string, ...args: any[]) => unknown;
  listenerCount?: (event: string) => number;
}

/** Whether the headers are written. @fastify/express answers `headersSent` in a sense of its own. */
export function areHeadersSent(res: EndingResponse): boolean {
  return Boolean(res._header || res.headersSent);
}

/** Whether anything has left that cannot be taken back. */
export function hasBegun(res: EndingResponse): boolean {
  return res._header ? res._headerSent !== false : areHeadersSent(res);
}

/** What Node takes for headers that are written and gone. */
const HELD = "held";

/**
 * To whoever looks, the headers are sent: they cannot be set any more, and a new status changes
 * nothing. Where its end was called, what is written comes too late. What is sent is the answer
 * as it was when it was held, or another one.
 */
export class HeldResponse {
  /** The headers were written before. */
  readonly headersSent: boolean;
  /** … and had begun to leave. */
  readonly hasBegun: boolean;
  readonly #res: EndingResponse;
  readonly #header: string | null | undefined;
  readonly #status: number | undefined;
  readonly #message: string | undefined;
  #write: EndingResponse["write"];
  readonly #shadows: Shadows | undefined;

  constructor(res: EndingResponse) {
    this.headersSent = areHeadersSent(res);
    this.hasBegun = hasBegun(res);
    this.#res = res;
    this.#header = res._header;
    this.#status = res.statusCode;
    // HTTP/2 has none, and warns whoever asks.
    this.#message = res._implicitHeader ? res.statusMessage : undefined;
    if (this.hasBegun) return;
    if (typeof res._header === "string" || res._header === null) {
      // Its own methods refuse then, in its own words; and what is flushed is nothing.
      res._header ||= HELD;
      res._headerSent = true;
      if (res.headersSent || Object.hasOwn(res, "headersSent")) return;
      this.#giveBackHeader();
    }
    this.#shadows = shadow(res);
  }

  /** Its `end()` was called. */
  refuseWrites(): this {
    this.#write = refuseWrites(this.#res);
    return this;
  }

  /** The response is as it was when it was held. */
  release(): void {
    const res = this.#res;
    if (this.#write !== undefined) res.write = this.#write;
    if (this.hasBegun) return;
    if (this.#shadows === undefined) this.#giveBackHeader();
    else unshadow(res, this.#shadows);
    if (typeof this.#status === "number") res.statusCode = this.#status;
    if (res._implicitHeader) res.statusMessage = this.#message;
  }

  #giveBackHeader(): void {
    this.#res._header = this.#header as string | null;
    this.#res._headerSent = false;
  }
}

/** Has the response drop what is written from here on; answers how it was written before. */
export function refuseWrites(res: EndingResponse): EndingResponse["write"] {
  const { write } = res;
  if (typeof write !== "function") return undefined;
  res.write = writeAfterEnd;
  return write;
}

/** Dropped: express-session sends it behind what was ended with, Node ends the process for it. */
function writeAfterEnd(this: EndingResponse, ...args: unknown[]): boolean {
  const error = failure("ERR_STREAM_WRITE_AFTER_END", "write after end");
  const callback = args.find((arg) => typeof arg === "function");
  if (callback !== undefined) process.nextTick(callback as (error: Error) => void, error);
  if (this.listenerCount?.("error")) process.nextTick(() => this.emit!("error", error));
  return false;
}

function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** Own properties a response had before others were put over them. */
type Shadows = Map<string, PropertyDescriptor | undefined>;

const refusing = (verb: string) => () => {
  const message = `Cannot ${verb} headers after they are sent to the client`;
  throw failure("ERR_HTTP_HEADERS_SENT", message);
};
const REFUSING: Record<string, () => unknown> = {
  setHeader: refusing("set"),
  setHeaders: refusing("set"),
  appendHeader: refusing("append"),
  removeHeader: refusing("remove"),
  writeHead: refusing("write"),
  flushHeaders: () => {},
};

/** For responses that are not Node's own: HTTP/2's, Bun's, others' wrappers. */
function shadow(res: EndingResponse): Shadows {
  const shadows: Shadows = new Map();
  const put = (name: string, value: unknown) => {
    shadows.set(name, Object.getOwnPropertyDescriptor(res, name));
    Object.defineProperty(res, name, { value, configurable: true, writable: true });
  };
  put("headersSent", true);
  for (const [name, refuse] of Object.entries(REFUSING)) {
    if (typeof (res as Record<string, unknown>)[name] === "function") put(name, refuse);
  }
  return shadows;
}

function unshadow(res: EndingResponse, shadows: Shadows): void {
  for (const [name, before] of shadows) {
    if (before === undefined) delete (res as Record<string, unknown>)[name];
    else Object.defineProperty(res, name, before);
  }
}
