/**
 * Sessions for the Web platform: `createSessions()` gives any fetch handler
 * typed sessions whose parallel requests lose nothing and whose logouts last.
 *
 * @example
 * ```ts
 * import { createSessions } from "@websession/websession";
 *
 * const sessions = createSessions<{ views: number }>({ secret: "x".repeat(32) });
 * const handler = sessions.wrap((_request, session) => {
 *   session.views = (session.views ?? 0) + 1;
 *   return new Response(`${session.views} views`);
 * });
 * const response = await handler(new Request("https://example.com/"));
 * if (!response.headers.has("set-cookie")) throw new Error("no cookie");
 * ```
 *
 * @module
 */
export { createSessions, type SessionHandler, type Sessions } from "./src/web/fetch.ts";
export type { CookieJar, JarAttributes } from "./src/web/cookie_jar.ts";
export { type Clock, type ClockOption } from "./src/clock.ts";
export { Cookie, type CookieData, type CookieOptions } from "./src/cookie/cookie.ts";
export type { SiteData } from "./src/core/clear_site_data.ts";
export type { BeforeCreate } from "./src/core/before_create.ts";
export type { DataOptions, StandardSchema } from "./src/core/data_schema.ts";
export type { Device } from "./src/core/devices.ts";
export type { OnStoreError, StoreErrorOutcome } from "./src/core/on_store_error.ts";
export { lock, type LockedFunction, type LockOptions } from "./src/web/lock.ts";
export { type Lifetimes, lifetimes } from "./src/lifetimes.ts";
export {
  type EventChannel,
  type EventSource,
  type PublishedEvent,
  publishTo,
} from "./src/publish_events.ts";
export { type SessionEndReason, SessionError, type SessionErrorCode } from "./src/errors.ts";
export { releaseSignal } from "./src/core/session_signal.ts";
export { storageAccess, type StorageAccessAnswer } from "./src/core/storage_access.ts";
export type {
  BlockedReason,
  DiscardedReason,
  RejectedReason,
  SessionEvent,
  SessionEvents,
  SessionListener,
} from "./src/events.ts";
export type { SealedSessionOptions, SessionOptions } from "./src/web/options.ts";
export type { OpenedSession, SealedRefusal, SealedStore } from "./src/sealed_store.ts";
export type {
  Keep,
  LoginOptions,
  LogoutOptions,
  NameOfTheSession,
  ReservedNames,
  Session,
  SessionMethods,
  SessionShape,
} from "./src/web/session.ts";
export type { SessionNotice, WatchableStore } from "./src/watchable_store.ts";
export { generateSessionId } from "./src/core/session_id.ts";
export { type Signer, type SyncSigner, type Unsigned, webSigner } from "./src/cookie/signer.ts";
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
} from "./src/store.ts";
