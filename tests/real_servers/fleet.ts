/** Several processes of one application, which can be killed and stopped one by one. */
import { type ForkedServer, forkServer } from "../../bench/lib/fork_server.ts";
import type { Plan } from "./protocol.ts";

const WORKER = new URL("./worker.ts", import.meta.url);

export class Fleet {
  readonly #plan: Plan;
  readonly #workers: ForkedServer[];

  private constructor(plan: Plan, workers: ForkedServer[]) {
    this.#plan = plan;
    this.#workers = workers;
  }

  static async start(plan: Plan, count: number): Promise<Fleet> {
    const started = await Promise.allSettled(
      Array.from({ length: count }, () => forkServer("worker", WORKER, plan)),
    );
    const workers = started.flatMap((each) => each.status === "fulfilled" ? [each.value] : []);
    const fleet = new Fleet(plan, workers);
    const failed = started.find((each) => each.status === "rejected");
    if (failed === undefined) return fleet;
    await fleet.stop();
    throw failed.reason;
  }

  get size(): number {
    return this.#workers.length;
  }

  /** Every address a visitor may ask: ours serves two entries. */
  get urls(): string[] {
    const entries = this.#plan.who === "websession" ? ["/express", "/web"] : ["/"];
    return this.#workers.flatMap(({ url }) => entries.map((entry) => url + entry));
  }

  /** Ends one at once, in the middle of its requests, and starts it again. */
  async kill(index: number): Promise<void> {
    const { child } = this.#workers[index]!;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
    this.#workers[index] = await forkServer("worker", WORKER, this.#plan);
  }

  signal(index: number, name: NodeJS.Signals): void {
    this.#workers[index]!.child.kill(name);
  }

  /** One that was not killed must not have ended: what ended one is said. */
  get fallen(): string[] {
    const ended = this.#workers.filter(({ child }) => child.exitCode !== null);
    return ended.map((worker) => worker.output());
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }
}
