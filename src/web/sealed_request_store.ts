/** One request's store where the browser has the session: what was sealed last is what leaves. */
import type { Data } from "../core/session_data.ts";
import type { SealedStore } from "../sealed_store.ts";
import type { CommitResult, SessionRecord, SessionStore, StoredSession } from "../store.ts";
import { liveSessionsOf } from "../core/live_sessions.ts";
import { notesIn, subjectIn } from "../core/session_metadata.ts";

/** The one session a request can have. */
interface Held {
  readonly id: string;
  readonly stored: StoredSession;
}

export class SealedRequestStore implements SessionStore {
  readonly atomic = false;
  /** What all requests share, though it keeps nothing. */
  readonly behind: SealedStore;
  /** Sealed for this response. */
  token: string | undefined;
  /** A session ended in this request: its cookies must not come again. */
  ended = false;
  readonly #sealed: SealedStore;
  readonly #name: string;
  readonly #rolling: boolean;
  #held: Held | undefined;
  #renew = false;

  constructor(sealed: SealedStore, name: string, rolling: boolean) {
    this.#sealed = this.behind = sealed;
    this.#name = name;
    this.#rolling = rolling;
  }

  /** The session the browser brought. `renew`: its end is moved by sealing it again, always. */
  hold(id: string, stored: StoredSession, renew: boolean): void {
    this.#held = { id, stored };
    this.#renew = renew;
  }

  /** A visit seals it again where its end has moved by as much as `isDue` asks for. */
  renewIf(isDue: (expires: number | null) => boolean): boolean {
    if (this.#held !== undefined && isDue(this.#held.stored.expires)) this.#renew = true;
    return this.#renew;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    this.#keep(id, record, await this.#sealed.seal(this.#name, withId(id, record)), undefined);
    return true;
  }

  read(id: string): StoredSession | undefined {
    return this.#find(id)?.stored;
  }

  async commit(id: string, record: SessionRecord): Promise<CommitResult> {
    const held = this.#find(id);
    if (held === undefined) return { status: "gone" };
    // What was sealed here first has no version: its token never left, so this one is the first.
    const { version } = held.stored;
    const token = await this.#sealed.seal(this.#name, withId(id, record), version);
    return this.#keep(id, record, token, version);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    const held = this.#find(id);
    if (held === undefined) return false;
    if (this.token !== undefined || !(this.#rolling || this.#renew)) return true;
    const { json } = held.stored;
    const record = { json, expires, subject: subjectIn(notesIn(JSON.parse(json) as Data)) };
    return (await this.commit(id, record)).status === "committed";
  }

  async rotate(from: string, to: string, record: SessionRecord): Promise<CommitResult> {
    const held = this.#find(from);
    if (held === undefined) return { status: "gone" };
    const { version } = held.stored;
    const moved = withId(to, record);
    const token = version === undefined
      ? await this.#sealed.seal(this.#name, moved)
      : await this.#sealed.rotate(this.#name, moved, version);
    return this.#keep(to, record, token, undefined);
  }

  async destroy(id: string): Promise<void> {
    const held = this.#find(id);
    if (held === undefined) return;
    if (held.stored.version !== undefined) await this.#sealed.revoke(held.stored.version);
    this.#held = this.token = undefined;
    this.ended = true;
  }

  #find(id: string): Held | undefined {
    return this.#held?.id === id ? this.#held : undefined;
  }

  #keep(
    id: string,
    { json, expires }: SessionRecord,
    token: string | undefined,
    version: unknown,
  ): CommitResult {
    this.token = token;
    liveSessionsOf(this)?.extend(id, expires ?? Infinity);
    this.#held = token === undefined ? undefined : { id, stored: { json, expires, version } };
    return token === undefined ? { status: "gone" } : { status: "committed", version };
  }
}

/** The id is a line of its own before the session's text. */
function withId(id: string, { json, expires, subject }: SessionRecord): SessionRecord {
  return { json: `${id}\n${json}`, expires, subject };
}
