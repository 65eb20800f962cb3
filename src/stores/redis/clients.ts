/** The clients that an application may have, each as a link to its server. */
import { glide, type GlideStoreClient, isGlide } from "./glide.ts";
import type { Link } from "./link.ts";

/** node-redis 4 and later: a client, a pool or a cluster. */
export interface NodeRedisClient {
  /** Runs a script the server knows by its digest. */
  evalSha(sha: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  /** Runs a script by its text. */
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
}

/** ioredis 5: `Redis` or `Cluster`. */
export interface IoredisClient {
  /** Runs a script the server knows by its digest. */
  evalsha(sha: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Runs a script by its text. */
  eval(script: string, keys: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Tells ioredis from the clients that look like it. */
  defineCommand: unknown;
}

/** The `RedisClient` of Bun, or anything that sends a command as it is given. */
export interface CommandClient {
  /** Sends one command. */
  send(command: string, args: string[]): Promise<unknown>;
}

/** The REST client of Upstash. */
export interface RestClient {
  /** Runs a script the server knows by its digest. */
  evalsha(sha: string, keys: string[], args: string[]): Promise<unknown>;
  /** Runs a script by its text. */
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
}

/** The clients that `redisStore()` takes, known by their shape. */
export type RedisStoreClient =
  | NodeRedisClient
  | IoredisClient
  | CommandClient
  | RestClient
  | GlideStoreClient;

type Loose = Record<string, unknown>;
type Method = (...args: unknown[]) => unknown;

/** Finds out what kind of client this is; `undefined`: none we know. */
export function linkTo(client: unknown): Link | undefined {
  if ((typeof client !== "object" && typeof client !== "function") || client === null) {
    return undefined;
  }
  const has = (name: string) => typeof (client as Loose)[name] === "function";
  if (has("evalSha") && has("eval")) return nodeRedis(client as NodeRedisClient & Loose);
  // Before the others: Bun's client has an evalsha() too, of a shape of its own.
  if (has("send")) return command(client as CommandClient);
  if (isGlide(client)) return glide(client);
  if (!has("evalsha") || !has("eval")) return undefined;
  return has("defineCommand")
    ? ioredis(client as IoredisClient & Loose)
    : rest(client as RestClient);
}

function keyPrefixOf(client: Loose): string {
  const options = client["options"] as { keyPrefix?: unknown } | undefined;
  const prefix = options?.keyPrefix ?? client["_keyPrefix"];
  return typeof prefix === "string" ? prefix : "";
}

interface Sender {
  sendCommand(words: string[]): Promise<unknown>;
}

interface NodeRedisPipeline {
  addCommand(...args: unknown[]): unknown;
  execAsPipeline(): Promise<unknown[]>;
}

function nodeRedis(client: NodeRedisClient & Loose): Link {
  const cluster = typeof client["nodeClient"] === "function";
  const runOn = (on: NodeRedisClient): Link["run"] => (command, script, keys, args) =>
    on[command === "EVAL" ? "eval" : "evalSha"](script, { keys, arguments: args });
  const prefix = keyPrefixOf(client);
  // A quarter cheaper than evalSha(); without a cluster there is no slot to find.
  const send: Link["run"] = (command, script, keys, args) => {
    const prefixed = prefix === "" ? keys : keys.map((key) => prefix + key);
    const words = [command, script, String(keys.length), ...prefixed, ...args];
    return (client as unknown as Sender).sendCommand(words);
  };
  return {
    cluster,
    keyPrefix: prefix,
    parses: false,
    run: cluster || typeof client["sendCommand"] !== "function" ? runOn(client) : send,
    async runAndWait(command, script, keys, args, { replicas, timeoutMs }) {
      const pipeline = (client["multi"] as Method).call(client) as
        & NodeRedisPipeline
        & Record<"eval" | "evalSha", Method>;
      pipeline[command === "EVAL" ? "eval" : "evalSha"](script, { keys, arguments: args });
      const wait = ["WAIT", String(replicas), String(timeoutMs)];
      if (cluster) pipeline.addCommand(keys[0], false, wait);
      else pipeline.addCommand(wait);
      const replies = await pipeline.execAsPipeline().catch((error: { replies?: unknown[] }) => {
        throw error.replies?.find((reply) => reply instanceof Error) ?? error;
      });
      return [replies[0], replies[1]];
    },
    async nodes() {
      if (!cluster) return [this];
      const masters = client["masters"] as unknown[];
      return await Promise.all(masters.map(async (master) => ({
        run: runOn(await (client["nodeClient"] as Method).call(client, master) as NodeRedisClient),
      })));
    },
  };
}

interface IoredisPipeline {
  exec(): Promise<[Error | null, unknown][] | null>;
}

function ioredis(client: IoredisClient & Loose): Link {
  const cluster = client["isCluster"] === true;
  const runOn = (on: IoredisClient): Link["run"] => (command, script, keys, args) =>
    on[command === "EVAL" ? "eval" : "evalsha"](script, keys.length, ...keys, ...args);
  return {
    cluster,
    keyPrefix: keyPrefixOf(client),
    parses: false,
    run: runOn(client),
    async runAndWait(command, script, keys, args, { replicas, timeoutMs }) {
      const pipeline = (client["pipeline"] as Method).call(client, [
        [command.toLowerCase(), script, keys.length, ...keys, ...args],
        ["wait", replicas, timeoutMs],
      ]) as IoredisPipeline;
      const [[failed, reply] = [null, undefined], [unwaited, count] = [null, undefined]] =
        await pipeline.exec() ?? [];
      if (failed ?? unwaited) throw failed ?? unwaited;
      return [reply, count];
    },
    nodes() {
      if (!cluster) return Promise.resolve([this]);
      const masters = (client["nodes"] as Method).call(client, "master") as IoredisClient[];
      return Promise.resolve(masters.map((master) => ({ run: runOn(master) })));
    },
  };
}

function command(client: CommandClient): Link {
  const run: Link["run"] = (command, script, keys, args) =>
    client.send(command, [script, String(keys.length), ...keys, ...args]);
  return {
    cluster: false,
    keyPrefix: "",
    parses: false,
    run,
    // Both leave in one turn, so nothing can put another connection between them.
    runAndWait: (command, script, keys, args, { replicas, timeoutMs }) =>
      Promise.all([
        run(command, script, keys, args),
        client.send("WAIT", [String(replicas), String(timeoutMs)]),
      ]),
    nodes() {
      return Promise.resolve([this]);
    },
  };
}

/** HTTP has no connection to wait on, so there is no `runAndWait`. */
function rest(client: RestClient): Link {
  return {
    cluster: false,
    keyPrefix: "",
    parses: true,
    run: (command, script, keys, args) =>
      client[command === "EVAL" ? "eval" : "evalsha"](script, keys, args),
    nodes() {
      return Promise.resolve([this]);
    },
  };
}
