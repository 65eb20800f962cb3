/** Talks to Valkey GLIDE, which sends every command by one method. */
import { SessionError } from "../../errors.ts";
import type { Link } from "./link.ts";

/** Valkey GLIDE 2: `GlideClient` or `GlideClusterClient`. */
export interface GlideStoreClient {
  /** Sends one command; `decoder` says whether texts come back as bytes. */
  customCommand(command: string[], options?: { decoder?: number }): Promise<unknown>;
  /** Tells GLIDE from the clients that look like it. */
  invokeScript: unknown;
}

/** Where a cluster's client sends a command that names no key. */
type Route = "allPrimaries" | { readonly type: "routeByAddress"; readonly host: string };

/** GLIDE's `Decoder.Bytes`: as strings, it refuses texts that are no UTF-8. */
const BYTES = 0;

/** Bytes as text, as the other clients decode them. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Whether this is a client of GLIDE. */
export function isGlide(client: object): client is GlideStoreClient {
  const { customCommand, invokeScript } = client as Partial<GlideStoreClient>;
  return typeof customCommand === "function" && typeof invokeScript === "function";
}

/**
 * There is no `runAndWait`: GLIDE connects again by itself, and `WAIT` on a new connection knows
 * nothing of what was written on the old one.
 */
export function glide(client: GlideStoreClient): Link {
  // Of the two clients, that of a cluster alone knows shards.
  const cluster = "pubsubShardChannels" in client;
  const send = async (words: string[], route?: Route): Promise<unknown> => {
    const options = { decoder: BYTES, ...route !== undefined && { route } };
    try {
      return toText(await client.customCommand(words, options));
    } catch (error) {
      throw told(error);
    }
  };
  const runOn = (route?: Route): Link["run"] => (command, script, keys, args) =>
    send([command, script, String(keys.length), ...keys, ...args], route);
  return {
    cluster,
    keyPrefix: "",
    parses: false,
    run: runOn(),
    async nodes() {
      if (!cluster) return [this];
      // What each answers is all the same: the answers come with the addresses.
      const answers = await send(["ECHO", "-"], "allPrimaries") as { readonly key: string }[];
      return answers.map(({ key }) => ({ run: runOn({ type: "routeByAddress", host: key }) }));
    },
  };
}

/** An answer with its bytes as text, in lists as well. */
function toText(answer: unknown): unknown {
  if (answer instanceof Uint8Array) return utf8.decode(answer);
  if (Array.isArray(answer)) return answer.map(toText);
  const { key } = Object(answer) as { readonly key?: unknown };
  return key instanceof Uint8Array ? { key: utf8.decode(key) } : answer;
}

/** GLIDE has words of its own for what servers say. */
function told(error: unknown): unknown {
  const { message } = Object(error) as { readonly message?: unknown };
  if (typeof message !== "string") return error;
  if (message.includes("NoScriptError")) return new Error("NOSCRIPT");
  if (!message.includes("client is closed")) return error;
  return new SessionError("STORE_FAILED", "The client has been closed: make a new one");
}
