/** What handlers write to sessions whose response has left: nobody stores it, and few would notice. */
import { attempt } from "../maybe_promise.ts";
import { diff } from "./merge.ts";
import type { Data } from "./session_data.ts";
import { contentText } from "./session_json.ts";
import type { SessionState } from "./session_state.ts";

/** So many requests of a process are looked after: who begins with sessions needs to be told. */
const REQUESTS = 100;
/** So many of the latest are remembered. */
const REMEMBERED = 8;

/** A session as its request ends, and after it. */
export interface Finished {
  readonly state: Pick<SessionState, "baseText" | "visibleIn" | "storedId" | "cookieId">;
  /** None where nobody has begun it, or it was destroyed. */
  readonly session: object | null | undefined;
  /** Another handler of its request may still store it. Left out: none may. */
  readonly isCommitted?: boolean;
  readonly isDestroyed?: boolean;
}

/** Watches the sessions of the first requests, and looks at them when others begin. */
export class LateWrites {
  #left = REQUESTS;
  readonly #watched = new Map<object, () => boolean>();
  readonly #tell: (state: Finished["state"]) => void;

  /** @param tell Is called where something was written and is lost. */
  constructor(tell: (state: Finished["state"]) => void) {
    this.#tell = tell;
  }

  /**
   * A response is done: what its session holds by now is stored, if anything is.
   *
   * @returns What begins to watch it, once the store has answered.
   */
  begin(finished: Finished): () => void {
    if (this.#left === 0) return () => {};
    this.#left--;
    const { state } = finished;
    const before = textOf(finished);
    const isLost = () => {
      const { session, isCommitted = true, isDestroyed } = finished;
      if (!session || !isCommitted || isDestroyed) return false;
      const now = textOf(finished);
      return now !== before && diff(state.visibleIn(state.baseText), parsed(now)).size > 0;
    };
    return () => {
      // Handlers within each other have one session, and the outer one is done last.
      this.#watched.delete(state);
      this.#watched.set(state, isLost);
      if (this.#watched.size <= REMEMBERED) return;
      for (const [oldest] of this.#watched) return void this.#watched.delete(oldest);
    };
  }

  /** Another request begins. */
  look(): void {
    for (const [state, isLost] of this.#watched) {
      if (!isLost()) continue;
      this.#watched.delete(state);
      this.#tell(state as Finished["state"]);
    }
    if (this.#left === 0) this.#watched.clear();
  }
}

/** The data a handler sees. */
function textOf({ session }: Finished): string {
  return attempt(() => contentText(session ?? {}, ""), () => "{}") as string;
}

function parsed(text: string): Data {
  return JSON.parse(text) as Data;
}
