/** Node's own request and response on a socket of paper: an application answers without a network. */
import { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Any } from "./libraries.ts";

/** An application, as `createServer()` takes it, as a fetch: behind a proxy that has the certificate. */
export function fetchFrom(app: (req: Any, res: Any) => unknown) {
  return (request: Request): Promise<Response> =>
    new Promise((resolve) => {
      let text = "";
      const socket = new Duplex({
        read() {},
        write(chunk, _encoding, done) {
          text += chunk;
          done();
        },
      }) as unknown as Socket;
      const { pathname, search, host, protocol } = new URL(request.url);
      const req = new IncomingMessage(socket);
      req.method = request.method;
      req.url = pathname + search;
      Object.assign(req.headers, Object.fromEntries(request.headers), {
        host,
        "x-forwarded-proto": protocol.slice(0, -1),
      });
      const res = new ServerResponse(req);
      res.assignSocket(socket);
      res.once("finish", () => resolve(responseOf(text)));
      app(req, res);
    });
}

function responseOf(text: string): Response {
  const end = text.indexOf("\r\n\r\n");
  const [line = "", ...fields] = text.slice(0, end).split("\r\n");
  const headers = fields.map((field): [string, string] => {
    const [, name, value] = /^([^:]+): ?(.*)$/.exec(field)!;
    return [name!, value!];
  });
  return new Response(text.slice(end + 4), { status: Number(line.split(" ")[1]), headers });
}
