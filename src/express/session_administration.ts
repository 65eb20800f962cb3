/** What an application does with sessions outside their requests. */
import type { SessionEvents, SessionListener } from "../events.ts";
import { checkHandle, endSessions, listSessions } from "../core/subject_sessions.ts";
import type { ExpressAdapter } from "./express_adapter.ts";

/** What the middleware can do beside serving requests. */
export interface SessionAdministration {
  /** Adds a listener and returns the function that removes it. */
  on<Name extends keyof SessionEvents>(name: Name, listener: SessionListener<Name>): () => void;
  /**
   * The sessions of whoever logged in as `subject`.
   *
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects, as callback stores do.
   */
  list(subject: string): Promise<string[]>;
  /** Ends a session that `list()` named. */
  revoke(handle: string): Promise<void>;
  /**
   * Logs a subject out everywhere, except in the session `except`.
   *
   * @returns How many sessions ended.
   * @throws {SessionError} `STORE_UNSUPPORTED` if the store keeps no subjects, as callback stores do.
   */
  revokeAll(subject: string, options?: { except?: string | undefined }): Promise<number>;
}

export function administration(adapter: ExpressAdapter): SessionAdministration {
  // Asked each time: the store's methods may be replaced at any time.
  const managed = () => adapter.storeAccess().manager;
  return {
    on: (name, listener) => adapter.events.on(name, listener),
    async list(subject) {
      return await listSessions(managed().settings, subject);
    },
    async revoke(handle) {
      checkHandle("revoke", handle);
      await managed().end(undefined, handle);
    },
    async revokeAll(subject, { except } = {}) {
      return await endSessions(managed().settings, subject, except);
    },
  };
}
