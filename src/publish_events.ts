/**
 * Events of sessions on a channel that others subscribe to, as `node:diagnostics_channel` has them.
 *
 * @module
 */
import { EVENT_NAMES, IS_HEARD, type SessionEvents, type SessionListener } from "./events.ts";

/** Where events go: a channel of `node:diagnostics_channel`, or anything of its shape. */
export interface EventChannel {
  /** Whether anybody listens; nothing is published to nobody. */
  readonly hasSubscribers: boolean;
  /** Tells the subscribers. */
  publish(message: unknown): void;
}

/** What has events: what `createSessions()` made, or the middleware of Express. */
export interface EventSource {
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void;
}

/** What subscribers get: an event and its name. */
export type PublishedEvent = {
  readonly [Name in keyof SessionEvents]: {
    readonly name: Name;
    readonly event: SessionEvents[Name];
  };
}[keyof SessionEvents];

/**
 * Publishes every event of sessions on a channel, as a {@linkcode PublishedEvent}, from within
 * the request it belongs to: tracers find their context there.
 *
 * @param channel Nothing here needs `node:diagnostics_channel`: the application brings the channel.
 * @param sessions Whose events. Several may share a channel.
 * @returns The function that ends it.
 *
 * @example
 * ```ts
 * import { channel } from "node:diagnostics_channel";
 * import { createSessions, type PublishedEvent, publishTo } from "@websession/websession";
 *
 * const sessions = createSessions({ secret: "x".repeat(32) });
 * publishTo(channel("websession"), sessions);
 *
 * const heard: string[] = [];
 * channel("websession").subscribe((message) => heard.push((message as PublishedEvent).name));
 * const login = sessions.wrap(async (_request, session) => {
 *   await session.login("ada");
 *   return new Response();
 * });
 * await login(new Request("https://example.com/login"));
 * if (heard.join() !== "created") throw new Error("not heard");
 * ```
 */
export function publishTo(channel: EventChannel, sessions: EventSource): () => void {
  const ends = [...EVENT_NAMES].map((name) => {
    const publish: SessionListener<typeof name> = (event) => {
      if (channel.hasSubscribers) channel.publish({ name, event });
    };
    return sessions.on(name, Object.assign(publish, { [IS_HEARD]: () => channel.hasSubscribers }));
  });
  return () => ends.forEach((end) => end());
}
