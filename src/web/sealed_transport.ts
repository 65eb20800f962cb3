/** Sessions that are sealed into their browsers' cookies: loaded with the store that seals them. */
import type { CookieTransport, RequestCookies, VerifiedId } from "./cookie_transport.ts";
import { SessionError } from "../errors.ts";
import type { RejectedReason } from "../events.ts";
import { after } from "../maybe_promise.ts";
import { isWorthSealing } from "../core/lifecycle.ts";
import { liveSessionsOf } from "../core/live_sessions.ts";
import { isSessionId } from "../core/session_id.ts";
import { readPrefixed } from "../cookie/cookie_header.ts";
import { SealedRequestStore } from "./sealed_request_store.ts";
import type { OpenedSession, SealedStore } from "../sealed_store.ts";
import type { withTimeout } from "../core/store_timeout.ts";
import type { ManagerSettings, SessionManager } from "../core/session_manager.ts";

type Settings = Omit<ManagerSettings, "store">;

/** What must be of the entry that serves: the store may come from another build of the library. */
export interface Server {
  readonly withTimeout: typeof withTimeout;
  manage(settings: ManagerSettings): SessionManager;
}

export function sealedTransport(
  name: string,
  sealed: SealedStore,
  rolling: boolean,
  given: Settings,
  server: Server,
): CookieTransport {
  // The store has a limit of its own for sessions whose cookie names no end.
  const defaults = { ...given.rules.defaults, idleTimeout: Infinity };
  const settings = { ...given, rules: { ...given.rules, defaults } };
  return {
    read(header) {
      const cookies = header === null ? [] : readPrefixed(header, name);
      return sealedCookies(
        name,
        sealed,
        new SealedRequestStore(sealed, name, rolling),
        settings,
        server,
        cookies,
      );
    },
    revoke: unsupported,
    list: unsupported,
    revokeAll(subject, except) {
      if (except !== undefined) unsupported();
      return after(server.withTimeout(sealed.revokeAll(subject), settings), () => {
        liveSessionsOf(sealed)?.endSubject(subject, undefined);
        return NaN;
      });
    },
  };
}

function unsupported(): never {
  throw new SessionError(
    "STORE_UNSUPPORTED",
    "Only its browser has a sealed session: it cannot be listed, revoked by its id or excepted",
  );
}

function sealedCookies(
  name: string,
  sealed: SealedStore,
  request: SealedRequestStore,
  settings: Settings,
  server: Server,
  cookies: readonly [string, string][],
): RequestCookies {
  const { events } = settings;
  const names = sealed.leftovers(name, cookies, []);

  function hold(
    opened: OpenedSession | undefined,
    reason: RejectedReason,
  ): VerifiedId | undefined {
    if (opened === undefined) return void events.emit("rejected", { reason });
    const { json, version, expires, renew } = opened;
    const end = json.indexOf("\n");
    const id = json.slice(0, Math.max(end, 0));
    // Sealed with this secret, but not as a session of ours.
    if (!isSessionId(id)) return void events.emit("rejected", { reason: "corrupt" });
    request.hold(id, { json: json.slice(end + 1), version, expires }, renew);
    return { id, current: !renew };
  }

  return {
    manager: server.manage({ ...settings, store: request }),
    names,
    holdsSession: true,
    verify() {
      // Nothing of ours: no crypto for it.
      if (names.length === 0) return undefined;
      let reason: RejectedReason = "unknown";
      const found = sealed.find(name, cookies, (why) => void (reason = why));
      return after(server.withTimeout(found, settings), (opened) => hold(opened, reason));
    },
    mustSend(write, { cookie }, notes) {
      if (write === "save" || request.token !== undefined || request.ended) return true;
      const { clock, rules } = settings;
      return write === "touch" && request.renewIf((stored) => {
        return isWorthSealing(stored, cookie, notes, clock.now(), rules);
      });
    },
    write() {
      const { token, ended } = request;
      if (token === undefined) return { written: [], removed: ended ? names : [] };
      const written = sealed.split(name, token);
      return { written, removed: sealed.leftovers(name, cookies, written) };
    },
  };
}
