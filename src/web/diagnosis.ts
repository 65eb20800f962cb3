/** Looks for what keeps Web sessions from working. Loaded beside the first request: no bundle waits for it. */
import { isCovered } from "../cookie/reach.ts";
import { forwardedHttps } from "../cookie/secure_request.ts";
import type { Cookie } from "../cookie/cookie.ts";
import { LateWrites } from "../core/late_writes.ts";
import type { LifecycleRules } from "../core/lifecycle.ts";
import { recordOf } from "../core/session_handle.ts";
import type { SessionState } from "../core/session_state.ts";
import type { BlockedReason, EventHub } from "../events.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise } from "../store.ts";
import { type Warn, warner, warnOfSeconds } from "../warnings.ts";

/** A request's session, as it ends. */
export interface EndingRequest {
  readonly request: Request;
  readonly session: object & { readonly cookie: Cookie };
  readonly state: SessionState;
}

/** The same behind its response: handlers within each other share it, and one may destroy it. */
export interface EndedRequest extends EndingRequest {
  readonly isCommitted: boolean;
  readonly isDestroyed: boolean;
}

/** What looks for troubles. */
export interface Diagnosis {
  /** A request begins … */
  opens(): void;
  /** … and its response is made: the store may not have answered yet. */
  ends(ended: EndedRequest, response: Response | undefined, stored: MaybePromise<unknown>): void;
  /** Its cookies are sent. */
  sends(ending: EndingRequest): void;
  /** Shows that to somebody else as well. */
  watch(look: (ending: EndingRequest) => void): void;
  /** The cookie cannot be sent. */
  blocks(ending: EndingRequest, reason: BlockedReason): void;
  /** Something that is clear by itself. */
  readonly saw: Warn<"web">;
}

/** What runtimes put on the global object. */
interface Runtime {
  readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> };
  readonly navigator?: { readonly userAgent?: string };
  readonly Deno?: {
    readonly permissions: {
      querySync(about: { name: string; variable: string }): { readonly state: string };
    };
  };
}

/**
 * Looks at the options, and from then on at what it is shown.
 *
 * @param warns Whether the console is told.
 */
export function diagnosisOf(
  { idleTimeout, absoluteTimeout }: LifecycleRules,
  isInMemory: boolean,
  events: EventHub,
  warns: boolean,
): Diagnosis {
  const warn = warns ? warner("web", (event) => events.hears(event)) : () => {};
  if (isInMemory && isProduction()) warn("memory");
  warnOfSeconds(warn, { idleTimeout, absoluteTimeout });
  const lateWrites = new LateWrites((state) => {
    warn("late");
    events.emit("discarded", { reason: "committed" }, recordOf(state));
  });
  let watcher: ((ending: EndingRequest) => void) | undefined;
  return {
    opens: () => lateWrites.look(),
    ends(ended, response, stored) {
      const watch = lateWrites.begin(ended);
      // Who destroys it, or fails to store it, is told by other means.
      attempt(() => after(stored, () => ended.isDestroyed || watch()), () => {});
      if (response === undefined && !ended.request.headers.has("upgrade")) warn("empty");
    },
    saw: warn,
    watch: (look) => void (watcher = look),
    sends(ending) {
      const { request, session } = ending;
      watcher?.(ending);
      const { path, originalMaxAge } = session.cookie;
      if (path && !isCovered(new URL(request.url).pathname, path)) warn("path");
      warnOfSeconds(warn, { "cookie.maxAge": originalMaxAge });
    },
    blocks({ request }, reason) {
      warn(reasonOf(request, reason));
    },
  };
}

function reasonOf(request: Request, reason: BlockedReason): "proxy" | "insecure" | "sent" {
  if (reason !== "insecure") return "sent";
  return forwardedHttps(request.headers.get("x-forwarded-proto")) ? "proxy" : "insecure";
}

/** Whether this is production, as far as a runtime says so. */
function isProduction(): boolean {
  const { process, navigator, Deno } = globalThis as unknown as Runtime;
  // The isolates of Workers share no memory, wherever they run.
  if (navigator?.userAgent === "Cloudflare-Workers") return true;
  try {
    // Deno would ask whoever sits before the terminal.
    const asked = Deno?.permissions.querySync({ name: "env", variable: "NODE_ENV" });
    if (asked !== undefined && asked.state !== "granted") return false;
    return process?.env?.["NODE_ENV"] === "production";
  } catch {
    return false;
  }
}
