/** One contestant's processes, as their visitors see them. */
import { Agent, request } from "node:http";
import { type ForkedServer, forkServer } from "../lib/fork_server.ts";
import type { ServerPlan } from "./server.ts";

export interface Answer {
  /** 0: there was none. */
  readonly status: number;
  /** From the request to the last byte. */
  readonly milliseconds: number;
  readonly text: string;
  readonly cookie: string | undefined;
}

/** Longer than 200 writes in a row, 20 ms each. */
const PATIENCE = 20_000;

export class Client {
  readonly #servers: readonly ForkedServer[];
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 1024 });

  private constructor(servers: readonly ForkedServer[]) {
    this.#servers = servers;
  }

  static async start(
    name: string,
    processes: number,
    plan: ServerPlan,
  ): Promise<Client> {
    const script = new URL("./server.ts", import.meta.url);
    const started = await Promise.allSettled(
      Array.from({ length: processes }, () => forkServer(name, script, plan)),
    );
    const failed = started.find((each) => each.status === "rejected");
    const servers = started.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
    const client = new Client(servers);
    if (failed === undefined) return client;
    await client.stop();
    throw failed.reason;
  }

  /** A new session's cookie. */
  async begin(): Promise<string> {
    const { status, cookie, text } = await this.get(0, "/begin");
    if (status === 200 && cookie !== undefined) return cookie;
    throw new Error(
      `No session began: ${status} ${text} ${this.#servers[0]!.output()}`,
    );
  }

  /** Opens the connections so many writers need, so that no row pays for it. */
  async connect(writers: number): Promise<void> {
    await Promise.all(
      Array.from({ length: writers }, (_, writer) => this.get(writer, "/")),
    );
  }

  /** What the next visit finds. */
  async counts(cookie: string): Promise<Record<string, number>> {
    const { status, text } = await this.get(0, "/counts", cookie);
    if (status !== 200) {
      throw new Error(`The session cannot be read: ${status} ${text}`);
    }
    return JSON.parse(text) as Record<string, number>;
  }

  /** Writer by writer in turn the processes are asked. */
  get(writer: number, path: string, cookie?: string): Promise<Answer> {
    const { url } = this.#servers[writer % this.#servers.length]!;
    const begun = performance.now();
    return new Promise((resolve) => {
      const end = (status: number, text: string, set?: string) => {
        const milliseconds = performance.now() - begun;
        resolve({
          status,
          milliseconds,
          text,
          cookie: set?.slice(0, set.indexOf(";")),
        });
      };
      const headers = cookie === undefined ? {} : { cookie };
      const options = { agent: this.#agent, headers, timeout: PATIENCE };
      const asked = request(url + path, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.once("end", () => {
          end(response.statusCode!, text, response.headers["set-cookie"]?.[0]);
        });
        response.once("error", (error) => end(0, String(error)));
      });
      asked.once("timeout", () => asked.destroy(new Error("No answer")));
      asked.once("error", (error) => end(0, String(error)));
      asked.end();
    });
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    await Promise.all(this.#servers.map((server) => server.stop()));
  }
}
