/** What the Web entries share: one transport, one set of events and one way to begin. */
import { isSealed } from "../core/check_store.ts";
import { kindOf } from "../errors.ts";
import { EventHub } from "../events.ts";
import { resolveOptions, type SealedSessionOptions, type SessionOptions } from "./options.ts";
import { sealedTransport } from "./sealed_transport.ts";
import { WebSession } from "./session.ts";
import { generateSessionId } from "../core/session_id.ts";
import { PresignedIds } from "../cookie/presigned_ids.ts";
import { SignedTransport } from "./signed_transport.ts";
import { webSigner } from "../cookie/signer.ts";
import type { MaybePromise } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import { RequestSession, type WebAdapter } from "./request_session.ts";

/** Makes a door: every option is checked here, once. */
export function webAdapter(options: SessionOptions | SealedSessionOptions): WebAdapter {
  const resolved = resolveOptions(options, memoryStore);
  const { name, store, clock, ioTimeout, maxBytes, rolling } = resolved;
  const events = new EventHub();
  const settings = {
    clock,
    events,
    ioTimeout,
    maxBytes,
    touchKeepsCookie: false,
    renewId: (session: object) => {
      const actions = WebSession.actionsOf(session);
      if (actions instanceof RequestSession) actions.setId(actions.drawId());
    },
  };
  const shared = {
    options: resolved,
    events,
    carriers: new WeakMap<Response, readonly string[]>(),
  };
  if (isSealed(store)) {
    return {
      ...shared,
      transport: sealedTransport(name, store, rolling, settings),
      drawId: resolved.genid,
    };
  }
  const signer = webSigner(resolved.secrets);
  // What the application generates may depend on the request: no such id can be there before it.
  const ids = resolved.genid === generateSessionId
    ? new PresignedIds(signer, generateSessionId)
    : undefined;
  return {
    ...shared,
    transport: new SignedTransport(name, ids ?? signer, { ...settings, store }),
    drawId: ids === undefined ? resolved.genid : () => ids.draw(),
  };
}

const doors = new WeakMap<object, WebAdapter>();

/** Lets another Web entry serve what `createSessions()` made. */
export function registerAdapter(sessions: object, door: WebAdapter): void {
  doors.set(sessions, door);
}

/** The door behind what `createSessions()` made. */
export function adapterOf(sessions: object): WebAdapter {
  const door = doors.get(sessions);
  if (door !== undefined) return door;
  throw new TypeError(
    `Option "sessions" must be what createSessions() returned, not ${kindOf(sessions)}`,
  );
}

/** Finds a request's session, or begins one. */
export function openSession(door: WebAdapter, request: Request): MaybePromise<RequestSession> {
  if (typeof request?.headers?.get !== "function") {
    throw new TypeError(`A session needs a Request to open, not ${kindOf(request)}`);
  }
  return RequestSession.open(door, request);
}

/**
 * Ends a request whose handler threw. Nothing here may hide that error: a store
 * that fails now is an event.
 */
export async function abandon(opened: RequestSession): Promise<void> {
  if (opened.committed) return;
  try {
    await opened.finish(true, false);
  } catch (error) {
    opened.door.events.emit("error", { error, during: "save" });
  }
}
