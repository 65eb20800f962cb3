/** A script that serves HTTP in a process of its own, and says on which port. */
import { type ChildProcess, fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface ForkedServer {
  readonly url: string;
  readonly child: ChildProcess;
  /** The next message of the process; rejects if it ends instead. */
  answer<T>(): Promise<T>;
  /** What it printed to stderr. */
  output(): string;
  stop(): Promise<void>;
}

/** Forks `script` with the JSON of `plan`; its first message is `{ port }`. */
export async function forkServer(
  name: string,
  script: URL,
  plan: object,
  execArgv: readonly string[] = [],
): Promise<ForkedServer> {
  const child = fork(fileURLToPath(script), [JSON.stringify(plan)], {
    execArgv: [...execArgv],
    env: { ...process.env, NODE_ENV: "production", NODE_NO_WARNINGS: "1" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
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
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    answer,
    output: () => printed,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
      child.disconnect();
      const force = setTimeout(() => child.kill("SIGKILL"), 3000);
      await exited;
      clearTimeout(force);
    },
  };
}
