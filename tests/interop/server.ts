/** The interop application as a process, and a browser of sorts. */
import { fork } from "node:child_process";
import { join } from "node:path";

export interface AppProcess {
  /** The port of every application in it. */
  readonly ports: Readonly<Record<string, number>>;
  /** Whether its sessions were ours, … */
  readonly isOurs: boolean;
  /** … and whether "express-session" was the real one there. */
  readonly isRealThere: boolean;
  stop(): void;
}

/** Starts it in a folder, with the sessions of the package `SESSION` names. */
export async function startApp(folder: string, env: Record<string, string>): Promise<AppProcess> {
  const child = fork(join(folder, "server.cjs"), {
    cwd: folder,
    env: { PATH: process.env["PATH"], NO_DEPRECATION: "*", SESSION: "express-session", ...env },
    silent: true,
    execArgv: [],
  });
  let printed = "";
  child.stdout?.on("data", (text) => (printed += text));
  child.stderr?.on("data", (text) => (printed += text));
  const kill = () => void child.kill("SIGKILL");
  process.once("exit", kill);
  const told = await new Promise<Omit<AppProcess, "stop">>((resolve, reject) => {
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

  /** Asks, and answers status, body and the cookies that were set: names and attributes. */
  async ask(port: number, path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      redirect: "manual",
      ...init,
      headers: { cookie: this.header, "content-type": "application/json", ...init.headers },
    });
    const set: string[] = [];
    for (const line of response.headers.getSetCookie()) {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = ""] = pair.split("=");
      const ends = attributes.map((text) => text.startsWith("Expires=") ? ending(text) : text);
      set.push([name, ...ends].join("; "));
      this.cookies.set(name, pair.slice(name.length + 1));
    }
    const text = await response.text();
    const location = response.headers.get("location");
    return {
      status: response.status,
      body: response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : text,
      set: set.sort(),
      ...location === null ? {} : { location },
    };
  }

  /** The cookies as they are sent. */
  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** Another browser with the cookies of the moment. */
  copy(): Browser {
    const other = new Browser();
    for (const [name, value] of this.cookies) other.cookies.set(name, value);
    return other;
  }
}

/** When a cookie ends, in minutes from now. */
function ending(attribute: string): string {
  const minutes = (Date.parse(attribute.slice("Expires=".length)) - Date.now()) / 60_000;
  return `Expires in ${Math.round(minutes)} min`;
}

export interface Answer {
  readonly status: number;
  // deno-lint-ignore no-explicit-any
  readonly body: any;
  readonly set: readonly string[];
  readonly location?: string;
}
