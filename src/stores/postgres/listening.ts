/** A connection that hears notifications, whichever client the application has. */
import { afterQuietly } from "../../clock.ts";
import type { MaybePromise } from "../../store.ts";

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

/** Who hears, and of what. */
export interface Hearing {
  heard(payload: string): void;
  /** The connection was lost and is there again. */
  missed(): void;
}

/** A way to hear a channel: resolves when it is heard, with what ends that. */
export type Listen = (channel: string, hearing: Hearing) => Promise<() => MaybePromise<void>>;

/** How long to wait before a connection that was lost is opened again, at first and at most. */
const PAUSE = 100;
const LONGEST_PAUSE = 30_000;

/** Finds out what kind of listener this is; `undefined`: none we know. */
export function listenBy(listener: unknown): Listen | undefined {
  const { listen } = Object(listener) as Partial<PostgresListenSource>;
  // postgres.js is a function as well.
  if (typeof listen === "function") return fromSource(listener as PostgresListenSource);
  if (typeof listener !== "function") return undefined;
  return (channel, hearing) =>
    Connection.open(listener as () => PostgresListenClient, channel, hearing);
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

/** One that is opened again whenever it was lost. */
class Connection {
  readonly #make: () => PostgresListenClient;
  readonly #channel: string;
  readonly #hearing: Hearing;
  #client: PostgresListenClient | undefined;
  #isOver = false;
  #cancel: (() => void) | undefined;

  static async open(
    make: () => PostgresListenClient,
    channel: string,
    hearing: Hearing,
  ): Promise<() => Promise<void>> {
    const connection = new Connection(make, channel, hearing);
    await connection.#connect();
    return () => connection.#close();
  }

  private constructor(make: () => PostgresListenClient, channel: string, hearing: Hearing) {
    this.#make = make;
    this.#channel = channel;
    this.#hearing = hearing;
  }

  async #connect(): Promise<void> {
    const client = this.#make();
    let isLost = false;
    const lost = () => {
      if (isLost) return;
      isLost = true;
      if (this.#client === client) this.#again(PAUSE);
      client.end().catch(() => {});
    };
    client.on("error", lost);
    client.on("end", lost);
    client.on("notification", ({ channel, payload }: { channel: string; payload?: string }) => {
      if (channel === this.#channel) this.#hearing.heard(payload ?? "");
    });
    try {
      await client.connect();
      await client.query(`LISTEN "${this.#channel}"`);
      if (isLost) throw new Error("The connection was lost while it was opened");
      this.#client = client;
    } catch (error) {
      lost();
      throw error;
    }
  }

  #again(pause: number): void {
    if (this.#isOver) return;
    this.#cancel = afterQuietly(pause, () => {
      this.#connect().then(
        () => this.#isOver ? this.#close() : this.#hearing.missed(),
        () => this.#again(Math.min(pause * 2, LONGEST_PAUSE)),
      );
    });
  }

  async #close(): Promise<void> {
    this.#isOver = true;
    this.#cancel?.();
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }
}
