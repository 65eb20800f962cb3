/** A connection that hears what is published, whichever client the application has. */
import { sharedByBuilds } from "../../shared_by_builds.ts";
import type { MaybePromise } from "../../store.ts";
import type { Hearing } from "../shared/hearing.ts";
import { reopened } from "../shared/reopened.ts";
import { isGlide } from "./glide.ts";

/** node-redis 4 and later: a connected client, or a cluster, of its own. Bun's `RedisClient` as well. */
export interface NodeRedisSubscriber {
  /** Hears what is published on a channel. */
  subscribe(channel: string, listener: (message: string, channel: string) => void): unknown;
  /** Hears it no more. */
  unsubscribe(channel: string, listener?: (message: string, channel: string) => void): unknown;
}

/** ioredis 5: a `Redis` or `Cluster` of its own. */
export interface IoredisSubscriber {
  /** Hears what is published on a channel. */
  subscribe(channel: string): Promise<unknown>;
  /** Hears it no more. */
  unsubscribe(channel: string): Promise<unknown>;
  /** Hears messages, and when the connection is there again. */
  // deno-lint-ignore no-explicit-any -- its own type has an overload for each event
  on(event: string, listener: (...args: any[]) => void): unknown;
  /** Hears them no more. */
  // deno-lint-ignore no-explicit-any
  off(event: string, listener: (...args: any[]) => void): unknown;
  /** Tells ioredis from the clients that look like it. */
  defineCommand: unknown;
}

/** The clients that can be subscribers, known by their shape. */
export type RedisSubscriber = NodeRedisSubscriber | IoredisSubscriber;

/** What is used of ioredis' `Cluster` beside: a node, of which a connection of ours is made. */
interface IoredisCluster extends IoredisSubscriber {
  readonly isCluster: true;
  nodes(role: "all"): readonly {
    duplicate(options: object): IoredisSubscriber & { disconnect(): void };
  }[];
}

/** A way to hear what is published on a channel. */
export interface Subscription {
  /** Resolves when it is heard, with what ends that. */
  begin(channel: string, hearing: Hearing): Promise<() => MaybePromise<void>>;
}

type Emitter = Partial<Pick<IoredisSubscriber, "on" | "off">>;

/** Finds out what kind of client this is; `undefined`: none we know. */
export function subscriptionOf(subscriber: unknown): Subscription | undefined {
  const { subscribe, unsubscribe, defineCommand } = Object(subscriber) as Partial<
    IoredisSubscriber
  >;
  if (typeof subscribe !== "function" || typeof unsubscribe !== "function") return undefined;
  // Its listener is given when it is made, so there is nothing to add one to.
  if (isGlide(Object(subscriber))) return undefined;
  if (defineCommand === undefined) return nodeRedis(subscriber as NodeRedisSubscriber & Emitter);
  return (subscriber as Partial<IoredisCluster>).isCluster === true
    ? ioredisCluster(subscriber as IoredisCluster)
    : ioredis(subscriber as IoredisSubscriber);
}

function nodeRedis(client: NodeRedisSubscriber & Emitter): Subscription {
  return {
    async begin(channel, { heard, missed }) {
      const listener = (message: string) => heard(message);
      await client.subscribe(channel, listener);
      let isOver = false;
      // A cluster's connections are there before they have subscribed again: this one comes after.
      const onNodeReady = async () => {
        try {
          await client.subscribe(channel, listener);
          if (isOver) await client.unsubscribe(channel, listener);
          else missed();
        } catch {
          // Lost once more: it says so when it is there again.
        }
      };
      // It has subscribed again by itself when it says so.
      client.on?.("ready", missed);
      client.on?.("node-ready", onNodeReady);
      return async () => {
        isOver = true;
        client.off?.("ready", missed);
        client.off?.("node-ready", onNodeReady);
        await client.unsubscribe(channel, listener);
      };
    },
  };
}

/** How many listen to a channel of a client: one that stops must not silence the others. */
const listening = sharedByBuilds(
  "listening",
  () => new WeakMap<IoredisSubscriber, Map<string, number>>(),
);

/**
 * A connection of our own to one of the nodes: each hears what is published on any. The cluster
 * has one as well, and tells nobody when it has lost it.
 */
function ioredisCluster(cluster: IoredisCluster): Subscription {
  const open = async (channel: string, heard: Hearing["heard"], lost: () => void) => {
    const nodes = cluster.nodes("all");
    // Any: which one hears is no secret, and another is tried where this one is gone.
    const node = nodes[crypto.getRandomValues(new Uint32Array(1))[0]! % nodes.length];
    if (node === undefined) throw new Error("The cluster has no node that could be asked");
    // It is opened again here, on any node; offline it would wait for this one.
    const connection = node.duplicate({ retryStrategy: null, enableOfflineQueue: true });
    // Told by its end as well.
    connection.on("error", () => {});
    connection.on("end", lost);
    connection.on("message", (on: string, message: string) => {
      if (on === channel) heard(message);
    });
    try {
      await connection.subscribe(channel);
    } catch (error) {
      connection.disconnect();
      throw error;
    }
    return () => connection.disconnect();
  };
  return {
    async begin(channel, { heard, missed }) {
      const end = await reopened((lost) => open(channel, heard, lost), missed);
      // A node that comes back may have taken with it what it had not told the others.
      cluster.on("+node", missed);
      return async () => {
        cluster.off("+node", missed);
        await end();
      };
    },
  };
}

function ioredis(client: IoredisSubscriber): Subscription {
  const count = (channel: string, by: 1 | -1): number => {
    let counts = listening.get(client);
    if (counts === undefined) listening.set(client, counts = new Map());
    const now = (counts.get(channel) ?? 0) + by;
    counts.set(channel, now);
    return now;
  };
  return {
    async begin(channel, { heard, missed }) {
      const onMessage = (on: string, message: string) => {
        if (on === channel) heard(message);
      };
      // It subscribes again by itself, and says that it is ready before it has: this one comes after.
      const onReady = () => void client.subscribe(channel).then(missed, () => {});
      const end = async () => {
        client.off("ready", onReady);
        client.off("message", onMessage);
        if (count(channel, -1) === 0) await client.unsubscribe(channel);
      };
      client.on("message", onMessage);
      count(channel, 1);
      try {
        await client.subscribe(channel);
      } catch (error) {
        await end().catch(() => {});
        throw error;
      }
      client.on("ready", onReady);
      let isOver = false;
      return async () => {
        if (isOver) return;
        isOver = true;
        await end();
      };
    },
  };
}
