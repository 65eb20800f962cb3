/** The interop application as a process, and a browser of sorts. */
import { fork } from "node:child_process";
import { join } from "node:path";

export interface AppProcess {
  /** The port of every application in it. */
  readonly ports: Readonly<Record<string, number>>;
  /** Whether "express-session" was ours in it. */
  readonly isOurs: boolean;
  stop(): void;
}

export async function startApp(folder: string, env: Record<string, string>): Promise<AppProcess> {
  const child = fork(join(folder, "server.cjs"), {
    cwd: folder,
    env: { PATH: process.env["PATH"], NO_DEPRECATION: "*", ...env },
    silent: true,
    execArgv: [],
  });
  let printed = "";
  child.stdout?.on("data", (text) => (printed += text));
  child.stderr?.on("data", (text) => (printed += text));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const told = await new Promise<Pick<AppProcess, "ports" | "isOurs">>((resolve, reject) => {
    child.once("message", (message) => resolve(message as never));
    child.once("exit", () => reject(new Error(`The application ended:\n${printed}`)));
  });
  return {
    ...told,
    stop() {
      process.off("exit", kill);
      kill();
    },
  };
}

/** Keeps cookies by name, as one browser would of one host. */
export class Browser {
  readonly cookies = new Map<string, string>();

  /** Asks, and answers status, body and the names of the cookies that were set. */
  async ask(port: number, path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      redirect: "manual",
      ...init,
      headers: { cookie: this.header, "content-type": "application/json", ...init.headers },
    });
    const names: string[] = [];
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const [name = ""] = pair.split("=");
      names.push(name);
      this.cookies.set(name, pair.slice(name.length + 1));
    }
    const text = await response.text();
    const location = response.headers.get("location");
    return {
      status: response.status,
      body: text.startsWith("{") || text.startsWith("[") || text === "null"
        ? JSON.parse(text)
        : text,
      set: names.sort(),
      ...location === null ? {} : { location },
    };
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }
}

export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly set: readonly string[];
  readonly location?: string;
}
