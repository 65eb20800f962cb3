/** What the Web entries export beside `createSessions()`. */
export type { SessionHandler, Sessions } from "./make_sessions.ts";
export type { CookieJar, JarAttributes } from "./cookie_jar.ts";
export { type Clock, type ClockOption } from "../clock.ts";
export { Cookie, type CookieData, type CookieOptions } from "../cookie/cookie.ts";
export type { SiteData } from "../core/clear_site_data.ts";
export type { BeforeCreate } from "../core/before_create.ts";
export type { DataOptions, StandardSchema } from "../core/data_schema.ts";
export type { Device } from "../core/devices.ts";
export type { OnStoreError, StoreErrorOutcome } from "../core/on_store_error.ts";
export { lock, type LockedFunction, type LockOptions } from "./lock.ts";
export { type Lifetimes, lifetimes } from "../lifetimes.ts";
export {
  type EventChannel,
  type EventSource,
  type PublishedEvent,
  publishTo,
} from "../publish_events.ts";
export { type SessionEndReason, SessionError, type SessionErrorCode } from "../errors.ts";
export { releaseSignal } from "../core/session_signal.ts";
export { storageAccess, type StorageAccessAnswer } from "../core/storage_access.ts";
export type {
  BlockedReason,
  DiscardedReason,
  RejectedReason,
  SessionEvent,
  SessionEvents,
  SessionListener,
} from "../events.ts";
export type { SealedSessionOptions, SessionOptions } from "./options.ts";
export type {
  OpenedSession,
  SealedRefusal,
  SealedStore,
  SealedTransport,
} from "../sealed_store.ts";
export type {
  Keep,
  LoginOptions,
  LogoutOptions,
  NameOfTheSession,
  ReservedNames,
  Session,
  SessionMethods,
  SessionShape,
} from "./session.ts";
export type { SessionNotice, WatchableStore } from "../watchable_store.ts";
export { generateSessionId } from "../core/session_id.ts";
export { type Signer, type SyncSigner, type Unsigned, webSigner } from "../cookie/signer.ts";
export type {
  CommitResult,
  IterableStore,
  MaybePromise,
  SessionRecord,
  SessionStore,
  SlidingStore,
  StoredSession,
  SubjectStore,
  SweepableStore,
  Version,
} from "../store.ts";
