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
  /** The latest, weakly: whom nobody holds any more nobody writes to, and signals go with them. */
  #watched: WeakRef<Finished["state"]>[] = [];
  readonly #isLost = new WeakMap<object, () => boolean>();
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
    return this.#watch(finished);
  }

  #watch(finished: Finished): () => void {
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
      this.#watched = this.#watched.filter((each) => each.deref() !== state).slice(1 - REMEMBERED);
      this.#watched.push(new WeakRef(state));
      this.#isLost.set(state, isLost);
    };
  }

  /** Another request begins. */
  look(): void {
    if (this.#watched.length === 0) return;
    this.#watched = this.#watched.filter((each) => {
      const state = each.deref();
      if (state === undefined || !this.#isLost.get(state)!()) return state !== undefined;
      this.#tell(state);
      return false;
    });
    if (this.#left === 0) this.#watched = [];
  }
}

/** The data a handler sees. */
function textOf({ session }: Finished): string {
  return attempt(() => contentText(session ?? {}, ""), () => "{}") as string;
}

function parsed(text: string): Data {
  return JSON.parse(text) as Data;
}
