/** What an application does with sessions outside their requests. */
import type { SessionEvents, SessionListener } from "../events.ts";
import { type Device, Devices, type OwnSession } from "../core/devices.ts";
import { checkNames } from "../core/known_options.ts";
import { textIn } from "../core/session_metadata.ts";
import { checkHandle } from "../core/subject_sessions.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import { needActions } from "./session_actions.ts";
import type { ServedRequest } from "./session_functions.ts";
import type { SessionRequest } from "./types.ts";

/** What the middleware can do beside serving requests. */
export interface SessionAdministration {
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void;
  /**
   * The sessions of whoever logged in as `subject`, the one seen last first;
   * `current` is the request whose session is the visitor's own. Each is read for it.
   *
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects, as callback stores do.
   * @throws {TypeError} If the middleware was made without the option `secret`.
   */
  list(subject: string, options?: { current?: ServedRequest | undefined }): Promise<Device[]>;
  /** Ends a session: by the handle that `list()` gave, or by its id. */
  revoke(handle: string): Promise<void>;
  /**
   * Logs a subject out everywhere, except in the session `except`: that of a
   * request, a handle that `list()` gave, or an id.
   *
   * After a change of the password: `await sessions.revokeAll(subject, { except: req })`.
   *
   * @returns How many sessions ended.
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects, as callback stores do.
   */
  revokeAll(
    subject: string,
    options?: { except?: ServedRequest | string | undefined },
  ): Promise<number>;
}

export function administration(adapter: ExpressAdapter): SessionAdministration {
  // Asked each time: the store's methods may be replaced at any time.
  const devices = () => new Devices(adapter.storeAccess().manager, () => adapter.signer);
  return {
    on: (name, listener) => adapter.events.on(name, listener),
    async list(subject, { current, ...others } = {}) {
      checkNames(others, {});
      return await devices().list(subject, named(current) as OwnSession | undefined);
    },
    async revoke(handle) {
      checkHandle("revoke", handle);
      await devices().revoke(handle);
    },
    async revokeAll(subject, { except, ...others } = {}) {
      checkNames(others, {});
      // It would name no session, and the caller's own would end with the others.
      if (except === "current") {
        throw new TypeError(
          'Option "except" must be the request whose session is spared (except: req), or a handle of list()',
        );
      }
      return await devices().revokeAll(subject, named(except));
    },
  };
}

/** A request's session, or the name of another one. */
function named(session: ServedRequest | string | undefined): OwnSession | string | undefined {
  if (typeof session !== "object" || session === null) return session;
  const { state } = needActions(session);
  const { sessionID: id } = session as SessionRequest & { sessionID: string };
  return { id, device: textIn(state.notes, "device") };
}
