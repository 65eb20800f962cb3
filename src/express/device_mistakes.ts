/** What keeps devices from ever being asked for a key: each reason is said once in a process. */
import { factsOf, hasLoggedIn } from "../dbsc/route.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import type { SessionRequest } from "./types.ts";

/** The `bindDevices()` a request has come by. */
const passed = new WeakMap<SessionRequest, readonly DeviceMistakes[]>();

export class DeviceMistakes {
  readonly #adapter: ExpressAdapter;
  readonly #registerPath: string;

  constructor(adapter: ExpressAdapter, registerPath: string) {
    this.#adapter = adapter;
    this.#registerPath = registerPath;
    adapter.onCookie = ({ req, state }) => {
      if (this.#hasSeen(req) || !hasLoggedIn(factsOf(state))) return;
      adapter.onCookie = undefined;
      adapter.warn("unseen");
    };
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

  #hasSeen(req: SessionRequest): boolean {
    return passed.get(req)?.some((each) => each.#adapter === this.#adapter) ?? false;
  }
}
