/** What the requests of one set of Web options share. */
import { isSealed } from "../core/check_store.ts";
import { kindOf } from "../errors.ts";
import { EventHub } from "../events.ts";
import type { CookieTransport } from "./cookie_transport.ts";
import {
  type ResolvedOptions,
  resolveOptions,
  type SealedSessionOptions,
  type SessionOptions,
} from "./options.ts";
import { sealedTransport } from "./sealed_transport.ts";
import { handlesBy } from "../core/session_handle.ts";
import { WebSession } from "./session.ts";
import { RenewingStore } from "../core/renewing_store.ts";
import { generateSessionId } from "../core/session_id.ts";
import { PresignedIds } from "../cookie/presigned_ids.ts";
import { SignedTransport } from "./signed_transport.ts";
import { webSigner } from "../cookie/signer.ts";
import { memoryStore } from "../stores/memory.ts";

/** What every request of one `createSessions()` shares. */
export interface WebAdapter {
  readonly options: ResolvedOptions;
  readonly events: EventHub;
  readonly transport: CookieTransport;
  /** Draws the id of a request's new session. */
  readonly drawId: (request: Request) => string;
  /** Responses that carry cookies of this adapter, and whose. */
  readonly carriers: WeakMap<Response, CookieSender>;
}

/** A request's session that has put cookies on responses. */
export interface CookieSender {
  /** Grows with every request. */
  readonly order: number;
  readonly sent: readonly string[];
}

/** Makes an adapter: every option is checked here, once. */
export function webAdapter(options: SessionOptions | SealedSessionOptions): WebAdapter {
  const resolved = resolveOptions(options, memoryStore);
  const { name, store, clock, ioTimeout, maxBytes, rolling, rules, maxSessions } = resolved;
  const { beforeCreate, schema } = resolved;
  const signer = webSigner(isSealed(store) ? [generateSessionId()] : resolved.secrets);
  const events = new EventHub(
    (error) => console.error("websession: a listener failed:", error),
    handlesBy(() => signer),
  );
  const settings = {
    clock,
    events,
    ioTimeout,
    maxBytes,
    rules,
    maxSessions,
    schema,
    touchKeepsCookie: false,
    beforeCreate: beforeCreate &&
      ((session: object) => beforeCreate(WebSession.actionsOf(session)!.request)),
    renewId: (session: object) => WebSession.actionsOf(session)?.renewId(),
  };
  const shared = {
    options: resolved,
    events,
    carriers: new WeakMap<Response, CookieSender>(),
  };
  if (isSealed(store)) {
    return {
      ...shared,
      transport: sealedTransport(name, store, rolling, settings),
      drawId: resolved.genid,
    };
  }
  // What the application generates may depend on the request: no such id can be there before it.
  const ids = resolved.genid === generateSessionId
    ? new PresignedIds(signer, generateSessionId)
    : undefined;
  return {
    ...shared,
    transport: new SignedTransport(name, ids ?? signer, {
      ...settings,
      store: rules.rotateAfter === undefined ? store : RenewingStore.of(store, clock),
    }),
    drawId: ids === undefined ? resolved.genid : () => ids.draw(),
  };
}

const adapters = new WeakMap<object, WebAdapter>();

/** Lets another Web entry serve what `createSessions()` made. */
export function registerAdapter(sessions: object, adapter: WebAdapter): void {
  adapters.set(sessions, adapter);
}

/** The adapter behind what `createSessions()` made. */
export function adapterOf(sessions: object): WebAdapter {
  const adapter = adapters.get(sessions);
  if (adapter !== undefined) return adapter;
  throw new TypeError(
    `Option "sessions" must be what createSessions() returned, not ${kindOf(sessions)}`,
  );
}
