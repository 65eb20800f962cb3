/**
 * The documented REST interface of Upstash in front of a private Redis server:
 * one command as a JSON array in a POST, or a list of them to /pipeline. This is not Upstash's service; it puts
 * real HTTP and the shape of its client between the store and Redis.
 */
import { createServer } from "node:http";
import { Redis } from "ioredis";
import { freePort } from "./process.ts";

const TOKEN = "a-token-of-the-test";

export interface RestServer {
  readonly url: string;
  readonly token: string;
  stop(): Promise<void>;
}

export async function startRest(redisPort: number): Promise<RestServer> {
  const redis = new Redis(redisPort, "127.0.0.1");
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.headers.authorization !== `Bearer ${TOKEN}`) {
        return answer(401, { error: "Unauthorized" });
      }
      // What the client asks for by this header, so that no encoding is lost in JSON.
      const coded = request.headers["upstash-encoding"] === "base64";
      const run = ([name = "", ...args]: string[]) =>
        redis.call(name, args.map(String)).then(
          (result) => ({ result: coded ? encode(result) : result }),
          (error: Error) => ({ error: error.message }),
        );
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
      if (request.url === "/pipeline") {
        void Promise.all((body as string[][]).map(run)).then((results) => answer(200, results));
      } else {
        void run(body as string[]).then((result) => answer("error" in result ? 400 : 200, result));
      }
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    token: TOKEN,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      redis.disconnect();
    },
  };
}

function encode(value: unknown): unknown {
  if (typeof value === "string") return Buffer.from(value).toString("base64");
  return Array.isArray(value) ? value.map(encode) : value;
}

/** As Upstash's client does by default: whatever parses as JSON is handed on parsed. */
function parse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(parse);
  if (typeof value !== "string") return value;
  try {
    const parsed = JSON.parse(value) as unknown;
    return typeof parsed === "number" && String(parsed) !== value ? value : parsed;
  } catch {
    return value;
  }
}

/** A client of the shape of Upstash's. */
export function restClient(url: string): {
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
  evalsha(sha: string, keys: string[], args: string[]): Promise<unknown>;
} {
  const send = async (...command: (string | number)[]) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify(command),
    });
    const body = await response.json() as { result?: unknown; error?: string };
    if (body.error !== undefined) throw new Error(body.error);
    return parse(body.result);
  };
  return {
    eval: (script, keys, args) => send("eval", script, keys.length, ...keys, ...args),
    evalsha: (sha, keys, args) => send("evalsha", sha, keys.length, ...keys, ...args),
  };
}
