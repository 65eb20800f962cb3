/** Real `node:http` requests and responses, on a socket that swallows what is written. */
import { EventEmitter } from "node:events";
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export type NodeHandler = (req: IncomingMessage, res: ServerResponse) => void;

class DummySocket extends EventEmitter {
  readonly writable = true;
  readonly destroyed = false;
  readonly remoteAddress = "127.0.0.1";
  _httpMessage: unknown = null;
  _writableState = { corked: 0 };
  written: string | undefined;

  write(chunk: unknown, encoding?: unknown, callback?: unknown): boolean {
    if (this.written !== undefined) this.written += String(chunk);
    const done = typeof encoding === "function" ? encoding : callback;
    // As a socket that wrote at once: the callback comes on a later tick.
    if (typeof done === "function") process.nextTick(done as () => void);
    return true;
  }
  cork(): void {}
  uncork(): void {}
  setTimeout(): this {
    return this;
  }
  destroy(): this {
    return this;
  }
}

interface Parsed {
  _addHeaderLines(headers: string[], count: number): void;
}

function begin(
  socket: DummySocket,
  method: string,
  headers: string[],
): [IncomingMessage, ServerResponse] {
  const req = new IncomingMessage(socket as unknown as Socket);
  req.method = method;
  req.url = "/";
  req.httpVersionMajor = 1;
  req.httpVersionMinor = 1;
  req.httpVersion = "1.1";
  // What the parser does: names and values in turn, made into an object when first read.
  (req as unknown as Parsed)._addHeaderLines(headers, headers.length);
  req.complete = true;
  const res = new ServerResponse(req);
  res.shouldKeepAlive = true;
  res.assignSocket(socket as unknown as Socket);
  return [req, res];
}

function headersOf(cookie: string | undefined): string[] {
  const headers = [
    ...[
      "Host",
      "localhost:3000",
      "User-Agent",
      "Mozilla/5.0 (X11; Linux x86_64)",
    ],
    ...[
      "Accept",
      "text/html,application/xhtml+xml",
      "Accept-Language",
      "en-GB,en;q=0.7",
    ],
    ...["Connection", "keep-alive"],
  ];
  return cookie === undefined ? headers : [...headers, "Cookie", cookie];
}

const ANONYMOUS = headersOf(undefined);

/** Runs one request; resolves when the response's last byte was taken. */
export function exchange(
  handler: NodeHandler,
  method: string,
  cookie?: string,
): Promise<void> {
  return new Promise((resolve) => {
    const socket = new DummySocket();
    const headers = cookie === undefined ? ANONYMOUS : headersOf(cookie);
    const [req, res] = begin(socket, method, headers);
    res.once("finish", resolve);
    handler(req, res);
  });
}

export interface Answer {
  readonly status: number;
  readonly setCookies: string[];
  readonly text: string;
}

/** Runs one request and keeps the bytes, to check that the work was done. */
export function inspect(
  handler: NodeHandler,
  method: string,
  cookie?: string,
): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = new DummySocket();
    socket.written = "";
    const [req, res] = begin(socket, method, headersOf(cookie));
    res.once("finish", () => {
      const [head = "", ...body] = socket.written!.split("\r\n\r\n");
      const setCookies = [...head.matchAll(/^set-cookie: (.*)$/gim)].map((
        match,
      ) => match[1]!.trim());
      resolve({
        status: res.statusCode,
        setCookies,
        text: body.join("\r\n\r\n"),
      });
    });
    handler(req, res);
  });
}
