/** What the doors of the Web share: one custody, one set of events and one way to begin. */
import { kindOf } from "../errors.ts";
import { EventHub } from "../events.ts";
import {
  isSealed,
  resolveOptions,
  type SealedSessionOptions,
  type SessionOptions,
} from "../options.ts";
import { sealedCustody } from "../sealed_custody.ts";
import { SessionObject } from "../session.ts";
import { generateSessionId } from "../session_id.ts";
import { SignedIds } from "../signed_ids.ts";
import { SignedCustody } from "../signed_custody.ts";
import { webSigner } from "../signer.ts";
import type { MaybePromise } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import { type WebDoor, WebSession } from "../web_session.ts";

/** Makes a door: every option is checked here, once. */
export function webDoor(options: SessionOptions | SealedSessionOptions): WebDoor {
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
      const actions = SessionObject.actionsOf(session);
      if (actions instanceof WebSession) actions.setId(actions.drawId());
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
      custody: sealedCustody(name, store, rolling, settings),
      drawId: resolved.genid,
    };
  }
  const signer = webSigner(resolved.secrets);
  // What the application generates may depend on the request: no such id can be there before it.
  const ids = resolved.genid === generateSessionId
    ? new SignedIds(signer, generateSessionId)
    : undefined;
  return {
    ...shared,
    custody: new SignedCustody(name, ids ?? signer, { ...settings, store }),
    drawId: ids === undefined ? resolved.genid : () => ids.draw(),
  };
}

const doors = new WeakMap<object, WebDoor>();

/** Lets another door of the Web serve what `createSessions()` made. */
export function registerDoor(sessions: object, door: WebDoor): void {
  doors.set(sessions, door);
}

/** The door behind what `createSessions()` made. */
export function doorOf(sessions: object): WebDoor {
  const door = doors.get(sessions);
  if (door !== undefined) return door;
  throw new TypeError(
    `Option "sessions" must be what createSessions() returned, not ${kindOf(sessions)}`,
  );
}

/** Finds a request's session, or begins one. */
export function openSession(door: WebDoor, request: Request): MaybePromise<WebSession> {
  if (typeof request?.headers?.get !== "function") {
    throw new TypeError(`A session needs a Request to open, not ${kindOf(request)}`);
  }
  return WebSession.open(door, request);
}

/**
 * Ends a request whose handler threw. Nothing here may hide that error: a store
 * that fails now is an event.
 */
export async function abandon(opened: WebSession): Promise<void> {
  if (opened.committed) return;
  try {
    await opened.finish(true, false);
  } catch (error) {
    opened.door.events.emit("error", { error, during: "save" });
  }
}
