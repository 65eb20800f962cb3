/** What keeps devices from ever being asked for a key: each reason is said once in a process. */
import { forwardedHttps } from "../cookie/secure_request.ts";
import { canKeepUp } from "../dbsc/browser_limits.ts";
import type { ResolvedDeviceOptions } from "../dbsc/device_options.ts";
import { factsOf, hasLoggedIn } from "../dbsc/route.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import type { SessionRequest } from "./types.ts";

/** The `bindDevices()` a request has come by. */
const passed = new WeakMap<SessionRequest, readonly DeviceMistakes[]>();

export class DeviceMistakes {
  readonly #adapter: ExpressAdapter;
  readonly #registerPath: string;
  /** Requests it would answer with an offer, if somebody logs in. */
  readonly #offering = new WeakSet<SessionRequest>();

  constructor(adapter: ExpressAdapter, options: ResolvedDeviceOptions<SessionRequest>) {
    this.#adapter = adapter;
    this.#registerPath = options.registerPath;
    if (!canKeepUp(options)) adapter.warn("maxAge", `bindDevices({ maxAge: ${options.maxAge} })`);
    adapter.onCookie = ({ req, state }) => {
      const seenBy = (passed.get(req) ?? []).filter((each) => each.#adapter === adapter);
      const isSeen = seenBy.length > 0;
      const isOffered = seenBy.some((each) => each.#offering.has(req));
      if (isSeen && (!isOffered || adapter.isSecure(req))) return;
      if (hasLoggedIn(factsOf(state))) adapter.warn(isSeen ? reasonOf(req) : "unseen");
    };
  }

  /** The route asks for a key. */
  offers(req: SessionRequest): void {
    this.#offering.add(req);
  }

  /** A request is handed on to the routes. */
  handsOn(req: SessionRequest): void {
    const others = passed.get(req) ?? [];
    passed.set(req, [...others, this]);
    const before = others.find((other) => other.#registerPath === this.#registerPath);
    if (before === undefined) this.#lookAtMount(req);
    else if (before.#adapter !== this.#adapter) this.#adapter.warn("devicePath");
  }

  /** Below a path the middleware never hears of requests that are not. */
  #lookAtMount({ baseUrl }: SessionRequest & { readonly baseUrl?: unknown }): void {
    if (typeof baseUrl !== "string") return;
    const isReached = `${this.#registerPath}/`.toLowerCase().startsWith(
      `${baseUrl}/`.toLowerCase(),
    );
    if (!isReached) this.#adapter.warn("mount", baseUrl);
  }
}

function reasonOf({ headers }: SessionRequest): "plainProxy" | "plainLogin" {
  const forwarded = headers["x-forwarded-proto"] as string | undefined;
  return forwardedHttps(forwarded) ? "plainProxy" : "plainLogin";
}
