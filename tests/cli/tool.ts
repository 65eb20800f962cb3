/** Runs the command-line tool as people do: a process of its own, in a project of its own. */
import { spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildCli } from "../../scripts/build_cli.ts";

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** The program as it is published, built once for the tests of a file. */
let program: Promise<string> | undefined;

async function build(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "websession-tool-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  await buildCli(root, join(folder, "dist", "cli"));
  return join(folder, "dist", "cli", "websession.js");
}

/** Where it is. */
export function toolProgram(): Promise<string> {
  return program ??= build();
}

/** How a run ended. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What a run is given beside its arguments. */
export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Gives it a terminal, by the program `script`, with somebody at it who may type. */
  readonly terminal?: string | undefined;
}

/** A run that is under way. */
export interface Running {
  readonly ended: Promise<Ended>;
  readonly pid: number;
  /** Answers when what it has printed so far has this in it. */
  printed(text: string | RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Types something, at a terminal. */
  type(keys: string): void;
}

/** A folder with some of this checkout's packages in its node_modules. */
export class Project {
  readonly folder: string = mkdtempSync(join(tmpdir(), "websession-cli-"));

  constructor(...packages: string[]) {
    this.link(...packages);
  }

  /** Adds packages of this checkout. */
  link(...packages: string[]): void {
    for (const name of packages) {
      const link = join(this.folder, "node_modules", name);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", name), link);
    }
  }

  /** Runs `websession` with these arguments to its end. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    return await (await this.start(args, options)).ended;
  }

  /** Starts it. */
  async start(
    args: readonly string[],
    { input = "", env = {}, terminal }: RunOptions = {},
  ): Promise<Running> {
    const built = await toolProgram();
    const { WEBSESSION_STORE: _, ...inherited } = process.env;
    // Without a size every line of a prompt is broken.
    const typed = `stty cols 100 rows 30; exec ${[process.execPath, built, ...args].join(" ")}`;
    const [command, words] = terminal === undefined
      ? [process.execPath, [built, ...args]] as const
      : [terminal, ["-qec", typed, "/dev/null"]] as const;
    const child = spawn(command, words, {
      cwd: this.folder,
      env: { ...inherited, NO_COLOR: "1", TERM: "xterm", ...env },
    });
    let [out, err] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => out += text);
    child.stderr.setEncoding("utf8").on("data", (text) => err += text);
    // It may have ended without reading what it was not asked to.
    child.stdin.on("error", () => {});
    if (terminal === undefined) child.stdin.end(input);
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve({ code, out, err }));
    });
    return {
      ended,
      pid: child.pid ?? -1,
      kill: (signal) => void child.kill(signal),
      type: (keys) => void child.stdin.write(keys),
      printed: (text) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (typeof text === "string" ? (out + err).includes(text) : text.test(out + err)) {
              resolve();
            }
          };
          child.stdout.on("data", look);
          child.stderr.on("data", look);
          void ended.then(() => (look(), reject(new Error(`It ended first:\n${out}${err}`))));
          look();
        }),
    };
  }

  /** What is in it beside the packages. */
  files(): string[] {
    return readdirSync(this.folder).filter((name) => name !== "node_modules").sort();
  }

  has(name: string): boolean {
    return existsSync(join(this.folder, name));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
