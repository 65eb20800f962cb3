/** A client that notes what each script does on the server, so that no test needs a clock. */
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
  /** Begins to count anew, and has the server note how long each command takes. */
  reset(): Promise<void>;
  /** The longest that one script kept the server, in milliseconds: to be printed, not judged. */
  longest(): Promise<number>;
}

/** Puts a watch between a store and its client; nobody else may use the server meanwhile. */
export function watched(client: Client): Watch {
  const seen = { scripts: 0, commands: 0, keys: 0 };
  const commandsSoFar = async () => {
    const stats = String(await client.sendCommand(["INFO", "commandstats"]));
    let calls = 0;
    for (const [, name, count] of stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)) {
      if (!/^(info|eval|evalsha|dbsize|script)/.test(name!)) calls += Number(count);
    }
    return calls;
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
    client: {
      async send(command, args) {
        const [commands, keys] = [await commandsSoFar(), await keysNow()];
        try {
          return await client.sendCommand([command, ...args]);
        } finally {
          seen.scripts++;
          seen.commands = Math.max(seen.commands, await commandsSoFar() - commands);
          seen.keys = Math.max(seen.keys, Math.abs(await keysNow() - keys));
        }
      },
    },
    async reset() {
      Object.assign(seen, { scripts: 0, commands: 0, keys: 0 });
      await client.sendCommand(["CONFIG", "SET", "slowlog-max-len", "10000"]);
      await client.sendCommand(["CONFIG", "SET", "slowlog-log-slower-than", "0"]);
      await client.sendCommand(["SLOWLOG", "RESET"]);
    },
    async longest() {
      const entries = await client.sendCommand(["SLOWLOG", "GET", "-1"]) as unknown as [
        unknown,
        unknown,
        micros: number,
        words: string[],
      ][];
      await client.sendCommand(["CONFIG", "SET", "slowlog-log-slower-than", "-1"]);
      const scripts = entries.filter(([, , , [word = ""]]) => word.startsWith("EVAL"));
      return Math.max(0, ...scripts.map(([, , micros]) => micros)) / 1_000;
    },
  };
}
