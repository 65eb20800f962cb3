/** Starts a server of `app.ts` and talks to it. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
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
  const child = fork(
    fileURLToPath(new URL("./app.ts", import.meta.url)),
    [JSON.stringify(plan)],
    {
      execArgv: ["--expose-gc"],
      env: { ...process.env, NODE_ENV: "production", NODE_NO_WARNINGS: "1" },
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    },
  );
  let printed = "";
  child.stderr!.on("data", (text) => (printed += text));
  const answer = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`The server "${name}" ended:\n${printed}`));
      child.once("exit", ended);
      child.once("message", (message) => {
        child.off("exit", ended);
        resolve(message as T);
      });
    });
  const { port } = await answer<{ port: number }>();
  const url = `http://127.0.0.1:${port}`;
  return {
    name,
    url,
    stats(question = "stats") {
      child.send(question);
      return answer<ServerStats>();
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
              throw new Error(`"${name}" sets no cookie:\n${printed}`);
            }
            return cookie.slice(0, cookie.indexOf(";"));
          })),
        );
      }
      return cookies;
    },
    async stop() {
      const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.disconnect();
      const force = setTimeout(() => child.kill("SIGKILL"), 3000);
      await exited;
      clearTimeout(force);
    },
  };
}
