/** A connection that hears notifications, whichever client the application has. */
import type { MaybePromise } from "../../store.ts";
import type { Hearing } from "../shared/hearing.ts";
import { reopened } from "../shared/reopened.ts";

/** What the store uses of pg's `Client`: one that is not connected yet, and is ended here. */
export interface PostgresListenClient {
  /** Opens the connection. */
  connect(): Promise<unknown>;
  /** Runs `LISTEN`. */
  query(text: string): Promise<unknown>;
  /** Hears notifications, and when the connection is lost. */
  // deno-lint-ignore no-explicit-any -- its own type has an overload for each event
  on(event: "notification" | "error" | "end", listener: (message: any) => void): unknown;
  /** Closes the connection. */
  end(): Promise<unknown>;
}

/** What the store uses of postgres.js, which listens on a connection of its own, and of PGlite. */
export interface PostgresListenSource {
  /** Hears a channel; `onListen` is called whenever the connection is there again. */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListen?: () => void,
  ): Promise<unknown>;
}

/** What hears: a function that makes a client of pg, or postgres.js, or PGlite. */
export type PostgresListener = (() => PostgresListenClient) | PostgresListenSource;

/** A way to hear a channel: resolves when it is heard, with what ends that. */
export type Listen = (channel: string, hearing: Hearing) => Promise<() => MaybePromise<void>>;

/** Finds out what kind of listener this is; `undefined`: none we know. */
export function listenBy(listener: unknown): Listen | undefined {
  const { listen } = Object(listener) as Partial<PostgresListenSource>;
  // postgres.js is a function as well.
  if (typeof listen === "function") return fromSource(listener as PostgresListenSource);
  if (typeof listener !== "function") return undefined;
  return (channel, { heard, missed }) =>
    reopened((lost) => open(listener as () => PostgresListenClient, channel, heard, lost), missed);
}

function fromSource(source: PostgresListenSource): Listen {
  return async (channel, { heard, missed }) => {
    let isThere = false;
    const onListen = () => {
      if (isThere) missed();
      isThere = true;
    };
    // PGlite, which has no connection that could be lost, takes something else there.
    const isPostgresJs = typeof (source as unknown) === "function";
    const listening = await source.listen(channel, heard, ...isPostgresJs ? [onListen] : []);
    const stop = typeof listening === "function"
      ? listening as () => unknown
      : (listening as { unlisten?: () => unknown }).unlisten;
    return async () => void await stop?.();
  };
}

/** A connection of pg that hears a channel. */
async function open(
  make: () => PostgresListenClient,
  channel: string,
  heard: Hearing["heard"],
  lost: () => void,
): Promise<() => Promise<unknown>> {
  const client = make();
  client.on("error", lost);
  client.on("end", lost);
  client.on("notification", (told: { channel: string; payload?: string }) => {
    if (told.channel === channel) heard(told.payload ?? "");
  });
  try {
    await client.connect();
    await client.query(`LISTEN "${channel}"`);
  } catch (error) {
    client.end().catch(() => {});
    throw error;
  }
  return () => client.end();
}
