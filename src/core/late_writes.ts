/** What handlers write to sessions whose response has left: nobody stores it, and few would notice. */
import { attempt } from "../maybe_promise.ts";

/** So many requests of a process are looked after: who begins with sessions needs to be told. */
const REQUESTS = 100;
/** So many of the latest are remembered. */
const REMEMBERED = 8;

const NOTHING = {};

/** A session after its request, if there is one. */
export interface Finished {
  readonly state: { readonly baseText: string; contentOf(session: object): string };
  readonly session: object | null | undefined;
}

/** Watches the sessions of the first requests, and looks at them when others begin. */
export class LateWrites {
  #left = REQUESTS;
  readonly #watched: (() => boolean)[] = [];
  readonly #tell: () => void;

  /** @param tell Is called where something was written and is lost. */
  constructor(tell: () => void) {
    this.#tell = tell;
  }

  /** A response is done: from here on nothing is stored but by a call. */
  watch(finished: Finished): void {
    if (this.#left === 0) return;
    this.#left--;
    const { state } = finished;
    const now = () => attempt(() => state.contentOf(finished.session ?? NOTHING), () => "{}");
    const before = now();
    const isLost = () => ![before, state.baseText].includes(now());
    if (this.#watched.unshift(isLost) > REMEMBERED) this.#watched.pop();
  }

  /** Another request begins. */
  look(): void {
    if (this.#watched.length === 0) return;
    if (this.#watched.some((isLost) => isLost())) this.#tell();
    if (this.#left === 0) this.#watched.length = 0;
  }
}
