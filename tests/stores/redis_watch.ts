/** A client that notes what each script does on the server, so that no test needs a clock. */
import { readFileSync } from "node:fs";
import type { createClient } from "redis";
import type { CommandClient } from "../../src/stores/redis.ts";

type Client = ReturnType<typeof createClient>;

export interface Watch {
  readonly client: CommandClient;
  /** How many scripts ran. */
  readonly scripts: number;
  /** The most commands that one script ran. */
  readonly commands: number;
  /** The most keys that came or went with one script. */
  readonly keys: number;
  /**
   * Milliseconds of the server's processor time for each script, but no more than passed: the server
   * does other work of its own around them. `NaN` where nobody tells.
   */
  readonly cpu: readonly number[];
  /** Begins to count anew, and has the server note how long each script takes. */
  reset(): Promise<void>;
  /** How long scripts kept the server, by its own clock: to be printed, not judged. */
  times(): Promise<string>;
}

/**
 * Puts a watch between a store and its client; nobody else may use the server meanwhile. `pid`
 * is the server's: on Linux the processor time of each script can be read.
 */
export function watched(client: Client, pid: number): Watch {
  let cpu: number[] = [];
  const seen = { scripts: 0, commands: 0, keys: 0 };
  /** Commands that scripts have run, and the milliseconds that passed in scripts. */
  const soFar = async () => {
    const stats = String(await client.sendCommand(["INFO", "commandstats"]));
    let [commands, passed] = [0, 0];
    for (
      const [, name, calls, usec] of stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+),usec=(\d+)/gm)
    ) {
      if (/^eval/.test(name!)) passed += Number(usec) / 1_000;
      else if (!/^(info|dbsize|script)/.test(name!)) commands += Number(calls);
    }
    return { commands, passed };
  };
  const keysNow = async () => Number(await client.sendCommand(["DBSIZE"]));
  return {
    get scripts() {
      return seen.scripts;
    },
    get commands() {
      return seen.commands;
    },
    get keys() {
      return seen.keys;
    },
    get cpu() {
      return cpu;
    },
    client: {
      async send(command, args) {
        const [before, keys] = [await soFar(), await keysNow()];
        const begun = await processorTime(client, pid);
        try {
          return await client.sendCommand([command, ...args]);
        } finally {
          const ran = await processorTime(client, pid) - begun;
          const after = await soFar();
          cpu.push(Math.min(ran, after.passed - before.passed));
          seen.scripts++;
          seen.commands = Math.max(seen.commands, after.commands - before.commands);
          seen.keys = Math.max(seen.keys, Math.abs(await keysNow() - keys));
        }
      },
    },
    async reset() {
      Object.assign(seen, { scripts: 0, commands: 0, keys: 0 });
      cpu = [];
      await client.sendCommand(["CONFIG", "SET", "slowlog-max-len", "10000"]);
      await client.sendCommand(["CONFIG", "SET", "slowlog-log-slower-than", "100"]);
      await client.sendCommand(["SLOWLOG", "RESET"]);
    },
    async times() {
      const entries = await client.sendCommand(["SLOWLOG", "GET", "-1"]) as unknown as [
        unknown,
        unknown,
        micros: number,
        words: string[],
      ][];
      await client.sendCommand(["CONFIG", "SET", "slowlog-log-slower-than", "-1"]);
      const times = entries.filter(([, , , [word = ""]]) => word.startsWith("EVAL"))
        .map(([, , micros]) => micros / 1_000);
      return `${seen.scripts} scripts; ms of processor time ${spread(cpu)}, by the clock, ` +
        `with whatever else the machine does, ${spread(times)}`;
    },
  };
}

/** Milliseconds that a process has been running; `NaN` where nobody tells. */
async function processorTime(client: Client, pid: number): Promise<number> {
  // Behind an answer the server has come to rest, and its time is written down.
  await client.ping();
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  } catch {
    return NaN;
  }
}

function spread(values: readonly number[]): string {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (part: number) => (sorted[Math.floor(part * (sorted.length - 1))] ?? 0).toFixed(2);
  return `median ${at(0.5)}, 99 % ${at(0.99)}, worst ${at(1)}`;
}
