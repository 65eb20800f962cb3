/**
 * Sessions for Express, connect, plain `node:http`: a drop-in for
 * express-session.
 *
 * @example
 * ```ts ignore
 * import session from "websession";
 *
 * app.use(session({ secret: process.env.SECRET, resave: false, saveUninitialized: false }));
 * app.get("/", (req, res) => {
 *   req.session.views = (req.session.views ?? 0) + 1;
 *   res.send(`${req.session.views} views`);
 * });
 * ```
 *
 * @module
 */
import { lifetimes } from "../lifetimes.ts";
import { releaseSignal } from "../core/session_signal.ts";
import { storageAccess } from "../core/storage_access.ts";
import { publishTo } from "../publish_events.ts";
import { fromExpressStore } from "../stores/express.ts";
import { bindDevices } from "./bind_devices.ts";
import { Cookie } from "./cookie.ts";
import { lock } from "./lock.ts";
import { MemoryStore, type MemoryStoreConstructor } from "./memory_store.ts";
import { type ListingStore, toExpressStore } from "./to_express_store.ts";
import type { SessionOptions } from "./options.ts";
import { Session } from "./session.ts";
import {
  elevate,
  flash,
  infoOf,
  login,
  logout,
  signalOf,
  subjectOf,
  take,
  update,
} from "./session_functions.ts";
import { session as factory, type SessionMiddleware } from "./session_middleware.ts";
import { Store, type StoreConstructor } from "./store.ts";

/** The factory with its classes, as `require("express-session")` gives it. */
export interface SessionFactory {
  (options?: SessionOptions | null): SessionMiddleware;
  /** The base class of callback stores. */
  readonly Store: StoreConstructor;
  /** A session's cookie. */
  readonly Cookie: typeof Cookie;
  /** A request's session. */
  readonly Session: typeof Session;
  /** The store used when none is given. */
  readonly MemoryStore: MemoryStoreConstructor;
  /** Lets a callback store run the core. */
  readonly fromExpressStore: typeof fromExpressStore;
  /** Gives a native store the callback face. */
  readonly toExpressStore: typeof toExpressStore;
  /** Notes who logged in and moves the request's session to a new id. */
  readonly login: typeof login;
  /** Removes the request's session, and the cookie from the browser. */
  readonly logout: typeof logout;
  /** Reads, changes and stores in one serialisable step. */
  readonly update: typeof update;
  /** Removes a value and returns it, to one of parallel callers. */
  readonly take: typeof take;
  /** Leaves messages for the next request, or takes them. */
  readonly flash: typeof flash;
  /** Who is logged in, if anyone. */
  readonly subjectOf: typeof subjectOf;
  /** Notes that whoever is logged in has proven it once more. */
  readonly elevate: typeof elevate;
  /** Who has the request's session, and since when. */
  readonly infoOf: typeof infoOf;
  /** Aborts when the request's session is over. */
  readonly signalOf: typeof signalOf;
  /** Frees what is kept for a session's signal. */
  readonly releaseSignal: typeof releaseSignal;
  /** Runs a function while no other request has the session's lock. */
  readonly lock: typeof lock;
  /** Asks the browser to repeat a frame's request with the cookies its visitor has allowed. */
  readonly storageAccess: typeof storageAccess;
  /** Limits of sessions by the name of who asks for them. */
  readonly lifetimes: typeof lifetimes;
  /** Publishes the events of sessions on a channel, as `node:diagnostics_channel` has them. */
  readonly publishTo: typeof publishTo;
  /** Makes middleware that binds sessions to the devices of those who log in. */
  readonly bindDevices: typeof bindDevices;
}

/** Makes session middleware; its classes hang on it. */
const session: SessionFactory = Object.assign(
  (options?: SessionOptions | null): SessionMiddleware => factory(options),
  { Store, Cookie, Session, MemoryStore, fromExpressStore, toExpressStore },
  { login, elevate, logout, update, take, flash, subjectOf, infoOf, lifetimes, publishTo },
  { signalOf, releaseSignal, lock, storageAccess, bindDevices },
);

export default session;
export { Cookie, fromExpressStore, MemoryStore, Session, session, Store, toExpressStore };
export { elevate, flash, infoOf, lifetimes, login, logout, publishTo, subjectOf, take, update };
export { bindDevices, lock, releaseSignal, signalOf, storageAccess };
export type { StorageAccessAnswer } from "../core/storage_access.ts";
export type { BindOptions, DeviceMiddleware } from "./bind_devices.ts";
export type {
  DeviceEvent,
  DeviceEvents,
  DeviceListener,
  ProofRefusal,
} from "../dbsc/device_events.ts";
export type { DeviceOptions, DevicePolicy } from "../dbsc/device_options.ts";
export type { DeviceState } from "../dbsc/device_state.ts";
export type { SkippedReason } from "../dbsc/headers.ts";
export type { Algorithm } from "../dbsc/public_key.ts";
export type { BeforeCreate } from "../core/before_create.ts";
export type { DataOptions, StandardSchema } from "../core/data_schema.ts";
export type { Device } from "../core/devices.ts";
export type { OnStoreError, StoreErrorOutcome } from "../core/on_store_error.ts";
export type { LogoutOptions, SiteData } from "../core/clear_site_data.ts";
export type { LockedFunction, LockOptions } from "../core/lock_options.ts";
export type { LoginOptions } from "../core/session_operations.ts";
export type { Lifetimes } from "../lifetimes.ts";
export type { EventChannel, EventSource, PublishedEvent } from "../publish_events.ts";
export type { ServedRequest, SessionDraft, SessionInfo } from "./session_functions.ts";
export type { SessionFactory as Factory, SessionMiddleware, SessionOptions };
// On npm `SessionOptions` are express-session's alone, as @types/express-session has them.
export type { SessionOptions as ExtendedSessionOptions };
export type { SessionAdministration } from "./session_administration.ts";
export type { ListingStore, MemoryStoreConstructor, StoreConstructor };
export type { SessionData } from "./session.ts";
export type { SessionRequest } from "./types.ts";
export type { Secret } from "./node_signer.ts";
export { type SessionEndReason, SessionError, type SessionErrorCode } from "../errors.ts";
