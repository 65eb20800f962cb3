/** Browsers: each keeps its cookie, and asks the processes over HTTP. */
import { Agent, request } from "node:http";
import { valueOf } from "../model/entries.ts";
import { type Act, NAME, type Told } from "./protocol.ts";

export interface Reply {
  /** `undefined`: the connection was lost, or there was none. */
  readonly status: number | undefined;
  /** Nobody has seen the request. */
  readonly isUnsent?: boolean;
  readonly told?: Told;
  /** The session's cookie; "": it is to be removed. */
  readonly cookie?: string | undefined;
}

/** Longer than anything a worker waits for. */
const PATIENCE = 30_000;

export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 64 });

  ask(url: string, act: Act, cookie: string | undefined): Promise<Reply> {
    return new Promise((resolve) => {
      const headers = cookie === undefined ? {} : { cookie: `${NAME}=${cookie}` };
      const path = `${url}?act=${encodeURIComponent(JSON.stringify(act))}`;
      const options = { agent: this.#agent, headers, timeout: PATIENCE };
      const lost = (error?: NodeJS.ErrnoException) =>
        resolve({ status: undefined, isUnsent: error?.code === "ECONNREFUSED" });
      const asked = request(path, options, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk) => (text += chunk));
        response.once("error", lost);
        response.once("end", () => {
          const fields = response.headers["set-cookie"] ?? [];
          const field = fields.find((each) => each.startsWith(`${NAME}=`));
          const cookie = field === undefined ? undefined : valueOf(field);
          try {
            resolve({ status: response.statusCode, told: JSON.parse(text), cookie });
          } catch {
            const error = { code: "", message: text.slice(0, 200) };
            const told = { began: false, values: {}, error };
            resolve({ status: response.statusCode, told, cookie });
          }
        });
      });
      asked.once("timeout", () => asked.destroy());
      asked.once("error", lost);
      asked.end();
    });
  }

  stop(): void {
    this.#agent.destroy();
  }
}
