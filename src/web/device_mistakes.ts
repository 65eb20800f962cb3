/** What keeps devices from ever being asked for a key: each reason is said once in a process. */
import { factsOf, hasLoggedIn } from "../dbsc/route.ts";
import type { WebAdapter } from "./web_adapter.ts";

const HANDED_ON = Symbol("websession.devices");
type Marked = Request & { [HANDED_ON]?: DeviceMistakes[] };

export class DeviceMistakes {
  readonly #adapter: WebAdapter;
  readonly #registerPath: string;
  /** A login that nobody has seen explains its cookie as well. */
  #isExplained = false;

  constructor(adapter: WebAdapter, registerPath: string) {
    this.#adapter = adapter;
    this.#registerPath = registerPath;
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
  looksAt({ headers }: Response): void {
    const { diagnose, options: { name } } = this.#adapter;
    const isSent = headers.getSetCookie().some((text) => {
      return text.startsWith(`${name}=`) && !text.startsWith(`${name}=;`);
    });
    if (isSent) diagnose(({ saw }) => void (this.#isExplained || saw("others")));
  }

  #isHandedOn(request: Marked): boolean {
    return request[HANDED_ON]?.some((each) => each.#adapter === this.#adapter) ?? false;
  }

  #isInTheWayOf(other: DeviceMistakes): boolean {
    return other.#adapter !== this.#adapter && other.#registerPath === this.#registerPath;
  }
}
