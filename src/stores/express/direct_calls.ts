/** What an application asks of its store past the wrapper: in the log like anything else. */
import { goneError } from "../../errors.ts";
import { after } from "../../maybe_promise.ts";
import type { MaybePromise } from "../../store.ts";
import type { Deed } from "./sent.ts";
import type { StoreCalls } from "./express_store_like.ts";
import { newestOf, type Token, type WriteLog } from "./write_log.ts";
import { Written } from "./written.ts";

export class DirectCalls {
  readonly #log: WriteLog;
  readonly #calls: StoreCalls;
  /** Is told of sessions that the application has destroyed. */
  heard: ((id: string) => void) | undefined;

  constructor(log: WriteLog, calls: StoreCalls) {
    this.#log = log;
    this.#calls = calls;
  }

  /** Whether a call that reaches the store comes from the wrapper, or from the store itself. */
  isOwn(deed: Deed, id: string, session: object | undefined): boolean {
    return this.#log.entry(id).isPart(deed, session) || this.isOwnGet(id);
  }

  isOwnGet(id: string): boolean {
    return this.#calls.isAsking(id);
  }

  /** What is compared with, where what is found now is stored later. */
  versionOf(id: string): Token {
    const entry = this.#log.entry(id);
    return { entry, mark: entry.mark };
  }

  /** A `get()` begins: says what it answers once the store has found something. */
  look(id: string): (found: unknown) => unknown {
    const entry = this.#log.entry(id);
    const began = this.#log.now;
    return (found) => {
      if (entry.goneMark > began || entry.isEnding) return undefined;
      if (!entry.mayBeAhead(began)) return found;
      const newest = newestOf(entry);
      return newest && JSON.parse(newest.json);
    };
  }

  /** Runs the call that ends every session. */
  clear(act: () => MaybePromise<unknown>): MaybePromise<unknown> {
    return this.#log.clear(act, (id) => this.heard?.(id));
  }

  /** Runs any other call. */
  run(
    deed: Deed,
    id: string,
    session: object | undefined,
    act: () => MaybePromise<unknown>,
  ): MaybePromise<unknown> {
    const entry = this.#log.entry(id);
    const asked = () => this.#calls.during(id, act);
    const by = "application";
    if (deed === "destroy") {
      return after(this.#log.destroy(entry, by, asked), (result) => {
        this.heard?.(id);
        return result;
      });
    }
    // What no text can hold cannot be told again.
    const written = deed === "write" ? Written.from(session) : undefined;
    if (written === undefined) return this.#log.touch(entry, session, by, asked);
    return after(this.#log.write(entry, written, by, asked), ({ status }) => {
      if (status === "gone") throw goneError();
    });
  }
}
