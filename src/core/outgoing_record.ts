/** A session on its way to a store. */
import { bringHome, shadowOf } from "./session_copy.ts";
import type { Data } from "./session_data.ts";
import { LazyRecord, type RecordIndex } from "./session_json.ts";

/**
 * Stores written against express-session want the session object itself. It is
 * the one they get where it holds what is stored, no more and no less.
 */
export class OutgoingRecord extends LazyRecord {
  /** The session it was made of, whatever the store is handed. */
  readonly owner: Data;
  readonly #content: string;
  readonly #cookie: unknown;
  readonly #isLive: () => boolean;
  #handed: Data | undefined;

  constructor(
    session: Data,
    cookie: unknown,
    content: string,
    index: RecordIndex,
    isLive: () => boolean,
  ) {
    super(cookie, content, index);
    this.owner = session;
    this.#cookie = cookie;
    this.#content = content;
    this.#isLive = isLive;
  }

  get session(): object {
    return this.#handed ??= this.#cookie === this.owner["cookie"] && this.#isLive()
      ? this.owner
      : shadowOf(this.owner, this.#content, this.#cookie);
  }

  /** The store has it: what it noted on a stand-in belongs on the session. */
  arrived(): void {
    if (this.#handed !== undefined && this.#handed !== this.owner) {
      bringHome(this.owner, this.#handed, this.#content);
    }
  }
}
