/** Runs scripts: by digest, or by text when the server has forgotten them; with `WAIT` on demand. */
import { SessionError } from "../../errors.ts";
import type { Eval, Link, Wait } from "./link.ts";
import type { Script } from "./lua.ts";
import { READ } from "./scripts.ts";

/** How often a write that must wait follows its slot to another server. */
const MOVES = 5;

/** Runs scripts over one link. */
export class Runner {
  readonly #link: Link;
  readonly #wait: Wait | undefined;

  constructor(link: Link, wait: Wait | undefined) {
    this.#link = link;
    this.#wait = wait;
  }

  /** Runs a script that changes nothing worth waiting for. */
  run(script: Script, keys: string[], args: string[]): Promise<unknown> {
    return byDigest(script, (command, text) => this.#link.run(command, text, keys, args));
  }

  /** Runs a script that writes: its answer counts once enough replicas have it. */
  async write(script: Script, keys: string[], args: string[]): Promise<unknown> {
    const wait = this.#wait;
    if (wait === undefined || this.#link.runAndWait === undefined) {
      return await this.run(script, keys, args);
    }
    for (let moves = 0;; moves++) {
      try {
        const [reply, replicas] = await byDigest(
          script,
          (command, text) => this.#link.runAndWait!(command, text, keys, args, wait),
        );
        if (Number(replicas) >= wait.replicas) return reply;
      } catch (error) {
        if (!this.#link.cluster || moves === MOVES || !hasMoved(error)) throw error;
        // Nothing was written. A plain read makes the client follow the slot.
        await this.run(READ, [keys[0]!, keys[0]!], ["0", "", ""]);
        continue;
      }
      throw new Error('The write reached fewer replicas than option "wait" asks for');
    }
  }

  /** Runs a script on each server, as far as `each` asks for its answers. */
  async nodes(): Promise<((script: Script, args: string[]) => Promise<unknown>)[]> {
    return (await this.#link.nodes()).map((node) => (script, args) =>
      byDigest(script, (command, text) => node.run(command, text, [], args))
    );
  }
}

async function byDigest<T>(
  script: Script,
  run: (command: Eval, text: string) => Promise<T>,
): Promise<T> {
  script.sha ??= await sha1(script.text);
  try {
    return await run("EVALSHA", script.sha);
  } catch (error) {
    // Clients that nobody has connected say so in words of their own, at each call.
    if (/\bclient is closed\b/.test(messageOf(error))) throw notConnected();
    // The server has not seen it yet, or was restarted or flushed: nothing ran.
    if (!messageOf(error).includes("NOSCRIPT")) throw error;
    return await run("EVAL", script.text);
  }
}

const notConnected = (): SessionError =>
  new SessionError(
    "STORE_FAILED",
    "The client is not connected, or closed: await client.connect()",
  );

const messageOf = (error: unknown): string => error instanceof Error ? error.message : "";

const hasMoved = (error: unknown): boolean =>
  /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN) /.test(messageOf(error));

async function sha1(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-1", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
