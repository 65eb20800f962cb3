/** What keeps devices from ever being asked for a key: each reason is said once in a process. */
import { forwardedHttps } from "../cookie/secure_request.ts";
import { canKeepUp } from "../dbsc/browser_limits.ts";
import type { ResolvedDeviceOptions } from "../dbsc/device_options.ts";
import { factsOf, hasLoggedIn, type SessionFacts } from "../dbsc/route.ts";
import type { WebAdapter } from "./web_adapter.ts";

const HANDED_ON = Symbol("websession.devices");
type Marked = Request & { [HANDED_ON]?: DeviceMistakes[] };

export class DeviceMistakes {
  readonly #adapter: WebAdapter;
  readonly #registerPath: string;
  /** A login that nobody has seen explains its cookie as well. */
  #isExplained = false;

  constructor(adapter: WebAdapter, options: ResolvedDeviceOptions<Request>) {
    this.#adapter = adapter;
    this.#registerPath = options.registerPath;
    if (!canKeepUp(options)) {
      adapter.diagnose(({ saw }) => saw("maxAge", `bindDevices({ maxAge: ${options.maxAge} })`));
    }
    adapter.diagnose(({ saw, watch }) => {
      watch(({ request, state }) => {
        if (this.#isHandedOn(request) || !hasLoggedIn(factsOf(state))) return;
        this.#isExplained = true;
        saw("unseen");
      });
    });
  }

  /** A request is handed on to the application's handlers. */
  handsOn(request: Marked): void {
    const others = request[HANDED_ON] ?? [];
    if (others.some((other) => this.#isInTheWayOf(other))) {
      this.#adapter.diagnose(({ saw }) => saw("devicePath"));
    }
    try {
      request[HANDED_ON] = [...others, this];
    } catch {
      // Who opens it finds no session of others on it either.
    }
  }

  /** The handlers have answered, and opened none of these sessions. */
  looksAt(response: Response): void {
    if (!this.#isSentWith(response)) return;
    this.#adapter.diagnose(({ saw }) => void (this.#isExplained || saw("others")));
  }

  /** They have answered a request over plain http, where a device would have been asked for a key. */
  looksAtPlain({ headers }: Request, facts: SessionFacts, response: Response): void {
    // Why a cookie is not sent is told by whoever would have sent it.
    if (!this.#isSentWith(response) || !hasLoggedIn(facts)) return;
    const isForwarded = forwardedHttps(headers.get("x-forwarded-proto"));
    this.#adapter.diagnose(({ saw }) => saw(isForwarded ? "plainProxy" : "plainLogin"));
  }

  /** Whether a response sets the sessions' cookie. */
  #isSentWith({ headers }: Response): boolean {
    const { name } = this.#adapter.options;
    return headers.getSetCookie().some((text) => {
      return text.startsWith(`${name}=`) && !text.startsWith(`${name}=;`);
    });
  }

  #isHandedOn(request: Marked): boolean {
    return request[HANDED_ON]?.some((each) => each.#adapter === this.#adapter) ?? false;
  }

  #isInTheWayOf(other: DeviceMistakes): boolean {
    return other.#adapter !== this.#adapter && other.#registerPath === this.#registerPath;
  }
}
