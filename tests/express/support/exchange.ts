/** Requests to node:http that need no port: each byte of the answer can be looked at as it leaves. */
import { createServer } from "node:http";
import { Duplex } from "node:stream";
import type { Any } from "./libraries.ts";

export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What has left, read as a browser reads it. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  /** Names as they were sent, with their values, in order; without those of the connection. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** All of it, as it was sent. */
  readonly raw: string;
}

/** The server's end of a connection, whose other end is nobody. */
class Wire extends Duplex {
  sent = "";

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.sent += chunk.toString("latin1");
    done();
  }
}

/** Sends a request to a handler, which may look at what has left so far. */
export function exchange(
  handler: (req: Any, res: Any, sent: () => string) => unknown,
  { method = "GET", path = "/", headers = {} }: Ask = {},
): Promise<Reply> {
  const wire = new Wire();
  const server = createServer();
  const reply = new Promise<Reply>((resolve, reject) => {
    wire.on("finish", () => resolve(read(wire.sent)));
    wire.on("close", () => resolve(read(wire.sent)));
    server.on("request", (req, res) => {
      (async () => await handler(req, res, () => wire.sent))().catch(reject);
    });
  });
  server.emit("connection", wire);
  const lines = Object.entries({ Host: "localhost", ...headers, Connection: "close" });
  wire.push(`${method} ${path} HTTP/1.1\r\n`);
  wire.push(`${lines.map((line) => line.join(": ")).join("\r\n")}\r\n\r\n`);
  return reply;
}

const OF_THE_CONNECTION = new Set(["date", "connection", "keep-alive"]);

/** Reads the one response of a connection. */
function read(raw: string): Reply {
  const end = raw.indexOf("\r\n\r\n");
  const [statusLine = "", ...lines] = raw.slice(0, Math.max(end, 0)).split("\r\n");
  const [, status = "0", reason = ""] = /^HTTP\/1\.1 (\d+) ?(.*)$/.exec(statusLine) ?? [];
  const all = lines.map((line) => {
    const at = line.indexOf(": ");
    return [line.slice(0, at), line.slice(at + 2)] as const;
  });
  const isChunked = all.some(([name]) => name.toLowerCase() === "transfer-encoding");
  const body = raw.slice(end + 4);
  return {
    status: Number(status),
    reason,
    headers: all.filter(([name]) => !OF_THE_CONNECTION.has(name.toLowerCase())),
    body: isChunked ? joined(body) : body,
    raw,
  };
}

/** The chunks of a body, as one text. */
function joined(body: string): string {
  let text = "";
  for (let rest = body; rest !== "";) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (!(size > 0)) break;
    text += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 4 + size);
  }
  return text;
}

/** All values of a header. */
export function valuesOf({ headers }: Reply, name: string): string[] {
  return headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}
