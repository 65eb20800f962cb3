/** What the requests of one set of Web options share. */
import { isSealed } from "../core/check_store.ts";
import { kindOf } from "../errors.ts";
import { EventHub } from "../events.ts";
import type { CookieTransport } from "./cookie_transport.ts";
import type { Diagnosis } from "./diagnosis.ts";
import {
  type ResolvedOptions,
  resolveOptions,
  type SealedSessionOptions,
  type SessionOptions,
} from "./options.ts";
import type { sealedTransport } from "./sealed_transport.ts";
import { handlesBy } from "../core/session_handle.ts";
import { WebSession } from "./session.ts";
import { type ManagerSettings, SessionManager } from "../core/session_manager.ts";
import { withTimeout } from "../core/store_timeout.ts";
import { RenewingStore } from "../core/renewing_store.ts";
import { generateSessionId } from "../core/session_id.ts";
import { PresignedIds } from "../cookie/presigned_ids.ts";
import { SignedTransport } from "./signed_transport.ts";
import { type Signer, webSigner } from "../cookie/signer.ts";
import type { SessionStore } from "../store.ts";

/** What every request of one `createSessions()` shares. */
export interface WebAdapter {
  readonly options: ResolvedOptions;
  readonly events: EventHub;
  /** Shows what happens to whoever looks for what keeps sessions from working. */
  readonly diagnose: (show: (diagnosis: Diagnosis) => void) => void;
  readonly signer: Signer;
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

/** Options of sessions, or what gives them when they are needed. */
export type AdapterOptions =
  | SessionOptions
  | SealedSessionOptions
  | (() => SessionOptions | SealedSessionOptions);

/** An adapter that is made at once, or where its options are a function, when it is first asked for. */
export interface LazyAdapter {
  /** Takes listeners before that. */
  readonly events: EventHub;
  get(): WebAdapter;
}

/**
 * Makes an adapter: every option is checked here, once.
 *
 * @param makeStore Makes the store of options that give none; left out, they must give one.
 * @param others Options that are not for sessions.
 */
export function webAdapter(
  options: AdapterOptions,
  makeStore: (() => SessionStore) | undefined,
  others?: object,
): LazyAdapter {
  let made: WebAdapter | undefined;
  const events: EventHub = new EventHub(
    (error) => console.error("websession: a listener failed:", error),
    handlesBy(() => get().signer),
  );
  const get = (): WebAdapter => {
    return made ??= makeAdapter(
      typeof options === "function" ? options() : options,
      events,
      makeStore,
      others,
    );
  };
  if (typeof options !== "function") get();
  return { events, get };
}

function makeAdapter(
  options: SessionOptions | SealedSessionOptions,
  events: EventHub,
  makeStore: (() => SessionStore) | undefined,
  others: object | undefined,
): WebAdapter {
  const resolved = resolveOptions(options, makeStore, others);
  const { name, store, clock, ioTimeout, maxBytes, rolling, rules, maxSessions } = resolved;
  const { beforeCreate, schema } = resolved;
  const signer = webSigner(isSealed(store) ? [generateSessionId()] : resolved.secrets);
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
    renewId: (session: object) => WebSession.actionsOf(session)!.renewId(),
  };
  const shared = {
    options: resolved,
    events,
    signer,
    diagnose: diagnosing(resolved, events),
    carriers: new WeakMap<Response, CookieSender>(),
  };
  if (isSealed(store)) {
    // It comes with the store: where sessions are kept elsewhere, nobody loads it.
    const transport = store.transport as typeof sealedTransport;
    const manage = (all: ManagerSettings) => new SessionManager(all);
    return {
      ...shared,
      transport: transport(name, store, rolling, settings, { withTimeout, manage }),
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
      store: rules.rotateAfter === undefined ? store : RenewingStore.of(store)(clock),
    }),
    drawId: ids === undefined ? resolved.genid : () => ids.draw(),
  };
}

/** Loads what looks for troubles: bundles that can be split begin without it. */
function diagnosing(options: ResolvedOptions, events: EventHub): WebAdapter["diagnose"] {
  let ready: Diagnosis | undefined;
  const loading = import("./diagnosis.ts").then(({ diagnosisOf }) => {
    const { rules, store, warn } = options;
    return ready = diagnosisOf(rules, "isInMemory" in store, events, warn);
  });
  // Nobody fails for want of a warning.
  loading.catch(() => {});
  return (show) => void (ready === undefined ? loading.then(show, () => {}) : show(ready));
}

const adapters = new WeakMap<object, LazyAdapter>();

/** Lets another Web entry serve what `createSessions()` made. */
export function registerAdapter(sessions: object, adapter: LazyAdapter): void {
  adapters.set(sessions, adapter);
}

/** The adapter behind what `createSessions()` made: from here on its options are known. */
export function adapterOf(sessions: object): WebAdapter {
  return lazyAdapterOf(sessions).get();
}

/** The same, made when it is asked for. */
export function lazyAdapterOf(sessions: object): LazyAdapter {
  const adapter = adapters.get(sessions);
  if (adapter !== undefined) return adapter;
  throw new TypeError(
    `Option "sessions" must be what createSessions() returned, not ${kindOf(sessions)}`,
  );
}
