/** Real requests over real sockets, to a handler that may be exchanged at any time. */
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Any } from "./libraries.ts";

/** What came back, ready for comparison. */
export interface Answer {
  readonly status: number | undefined;
  /** Names as sent, values, in order; without those that name a moment or a connection. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** The response was cut off, or never came. */
  readonly broken: string | undefined;
}

export interface Call {
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  readonly headers?: Record<string, string | string[]> | undefined;
  /** Real milliseconds after which the answer counts as hanging. */
  readonly patience?: number | undefined;
}

const VOLATILE = new Set(["date", "connection", "keep-alive"]);

export class Driver {
  /** Who answers. */
  handler: (req: Any, res: Any) => void = () => {};
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Driver> {
    const server = createServer((req, res) => driver.handler(req, res));
    const driver = new Driver(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return driver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  call({ method = "GET", path = "/", headers = {}, patience = 3000 }: Call = {}): Promise<Answer> {
    return new Promise((resolve) => {
      let status: number | undefined;
      let fields: (readonly [string, string])[] = [];
      let body = "";
      const finish = (broken?: string) => {
        clearTimeout(timer);
        resolve({ status, headers: fields, body, broken });
      };
      const sent = request(
        { host: "127.0.0.1", port: this.port, method, path, headers, agent: this.#agent },
        (response) => {
          status = response.statusCode;
          fields = pairs(response.rawHeaders);
          response.setEncoding("latin1");
          response.on("data", (chunk) => (body += chunk));
          response.on("end", () => finish());
          response.on("error", (error: NodeJS.ErrnoException) => finish(error.code));
        },
      );
      const timer = setTimeout(() => {
        finish("hangs");
        sent.destroy();
      }, patience);
      sent.on("error", (error: NodeJS.ErrnoException) => finish(error.code));
      sent.end();
    });
  }
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  const list: (readonly [string, string])[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!;
    if (!VOLATILE.has(name.toLowerCase())) list.push([name, raw[index + 1]!]);
  }
  return list;
}

/** All values of a header. */
export function headerOf(answer: Answer, name: string): string[] {
  return answer.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
}

/** The value the response gives a cookie, still encoded; `undefined` without one. */
export function cookieOf(answer: Answer, name = "connect.sid"): string | undefined {
  const field = headerOf(answer, "set-cookie").findLast((text) => text.startsWith(`${name}=`));
  return field === undefined ? undefined : /^[^=]*=([^;]*)/.exec(field)![1];
}
