/** Starts a server of `app.ts` and talks to it. */
import { forkServer } from "../lib/fork_server.ts";
import type { ServerPlan, ServerStats } from "./app.ts";

export interface Launched {
  readonly name: string;
  readonly url: string;
  /** Asks for the numbers; with `live`, after a collection of garbage. */
  stats(question?: "stats" | "live"): Promise<ServerStats>;
  /** Logs `count` visitors in and answers their cookies. */
  visitors(count: number, bytes: number): Promise<string[]>;
  stop(): Promise<void>;
}

export async function launch(
  name: string,
  plan: ServerPlan,
): Promise<Launched> {
  const script = new URL("./app.ts", import.meta.url);
  const server = await forkServer(name, script, plan, ["--expose-gc"]);
  const { url } = server;
  return {
    name,
    url,
    stats(question = "stats") {
      server.child.send(question);
      return server.answer<ServerStats>();
    },
    async visitors(count, bytes) {
      const cookies: string[] = [];
      if (plan.kind === "floor") {
        return Array<string>(count).fill(`connect.sid=${"x".repeat(80)}`);
      }
      while (cookies.length < count) {
        const some = Math.min(50, count - cookies.length);
        cookies.push(
          ...await Promise.all(Array.from({ length: some }, async () => {
            const response = await fetch(`${url}/login?bytes=${bytes}`);
            const [cookie] = response.headers.getSetCookie();
            await response.text();
            if (cookie === undefined) {
              throw new Error(`"${name}" sets no cookie:\n${server.output()}`);
            }
            return cookie.slice(0, cookie.indexOf(";"));
          })),
        );
      }
      return cookies;
    },
    stop: () => server.stop(),
  };
}
