/** From an id to what a store has under it, if that is a session. */
import { lifetimeOf } from "../cookie/lifetime.ts";
import type { EventHub, RejectedReason } from "../events.ts";
import { after, attempt } from "../maybe_promise.ts";
import type { MaybePromise, SlidingStore, StoredSession } from "../store.ts";
import type { CommitLoop } from "./commit_loop.ts";
import { isForeign, type LifecycleRules, mayBeExtended } from "./lifecycle.ts";
import type { DataSchema } from "./data_schema.ts";
import type { FoundSession } from "./found_session.ts";
import type { Data } from "./session_data.ts";
import { type Parsed, parseStored } from "./session_json.ts";
import { notesIn } from "./session_metadata.ts";

/** What was found under an id. */
export interface Loaded extends Parsed {
  /** Its id: another than was asked for, where that was replaced a moment ago. */
  readonly id: string;
  readonly stored: StoredSession;
  /** When it ends, as the store knows it: of an object at hand the handler may move that. */
  readonly end: number | null;
  /** The read has already moved the record's end. */
  readonly touched: boolean;
}

export interface LoaderSettings {
  readonly schema?: DataSchema | undefined;
  readonly rules: LifecycleRules;
  readonly events: EventHub;
  /** Throws where a record that is no session is to be an error; it is nobody's session else. */
  readonly corrupt?: ((stored: StoredSession) => void) | undefined;
}

export class SessionLoader {
  readonly #loop: CommitLoop;
  readonly #settings: LoaderSettings;

  constructor(loop: CommitLoop, settings: LoaderSettings) {
    this.#loop = loop;
    this.#settings = settings;
  }

  /**
   * Finds a session. A record that is none is `undefined` and an event; a failing store throws.
   *
   * @param maxAge Extends the session by so many milliseconds, if that is its own lifetime.
   */
  load(id: string, maxAge?: number | null): MaybePromise<Loaded | undefined> {
    const { calls } = this.#loop;
    const { store } = calls;
    const slides = maxAge != null && "readAndTouch" in store &&
      mayBeExtended(maxAge, this.#settings.rules);
    const asked = calls.ask(
      id,
      () => slides ? (store as SlidingStore).readAndTouch(id, maxAge) : store.read(id),
    );
    return after(asked, (stored) => this.#found(id, stored, slides ? maxAge : undefined));
  }

  #found(
    id: string,
    stored: StoredSession | undefined,
    movedBy: number | undefined,
  ): MaybePromise<Loaded | undefined> {
    if (stored === undefined) return this.#reject("unknown", id);
    const parsed = parseStored(stored);
    if (parsed === undefined) {
      this.#reject("corrupt", id);
      this.#settings.corrupt?.(stored);
      return undefined;
    }
    // Of an entry that replaces ids: the session is under another.
    if ("alias" in notesIn(parsed.data)) return this.#reject("unknown", id);
    if (isForeign(notesIn(parsed.data), this.#settings.rules)) return this.#reject("purpose", id);
    const why = this.#loop.whyOver(stored, parsed);
    if (why === "expired") return this.#reject(why, id);
    // No store knows of these limits: what is beyond them goes here.
    if (why !== undefined) return after(this.#drop(id), () => this.#reject(why, id));
    // A lifetime of its own is the session's: that the store extends, if it must, at the end.
    const touched = movedBy !== undefined &&
      movedBy === lifetimeOf(parsed.data["cookie"]).originalMaxAge;
    const { id: actual = id } = stored as Partial<FoundSession>;
    const data = this.#settings.schema === undefined ? parsed.data : this.#fitted(parsed.data, id);
    if (data === undefined) return this.#reject("schema", id);
    const { text } = parsed;
    return { data, text, id: actual, stored, end: stored.expires, touched };
  }

  /** What the schema makes of data; where it cannot, the operator hears why. */
  #fitted(data: Data, id: string): Data | undefined {
    try {
      return this.#settings.schema!.read(data);
    } catch (error) {
      this.#settings.events.emit("error", { error, during: "load" }, id);
      return undefined;
    }
  }

  #reject(reason: RejectedReason, id: string): undefined {
    this.#settings.events.emit("rejected", { reason }, id);
  }

  /** Removes what nobody can use any more; that it could not be is no visitor's concern. */
  #drop(id: string): MaybePromise<void> {
    const { calls } = this.#loop;
    return attempt(() => calls.ask(id, () => after(calls.store.destroy(id), () => {})), (error) => {
      this.#settings.events.emit("error", { error, during: "destroy" }, id);
    });
  }
}
