/** A store's verbs, with data that only this process can read. */
import type {
  CommitResult,
  MaybePromise,
  SessionRecord,
  SessionStore,
  StoredSession,
  Version,
} from "../../store.ts";
import type { KeyRing } from "./keys.ts";
import { open, seal } from "./sealed_json.ts";

export class EncryptingStore implements SessionStore {
  readonly atomic: boolean;
  readonly #store: SessionStore;
  readonly #ring: KeyRing;
  readonly #migrates: boolean;

  constructor(store: SessionStore, ring: KeyRing, migrates: boolean) {
    this.atomic = store.atomic;
    this.#store = store;
    this.#ring = ring;
    this.#migrates = migrates;
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    return await this.#store.create(id, await this.#sealed(id, record));
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return await this.opened(id, this.#store.read(id));
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    const result = await this.#store.commit(id, await this.#sealed(id, record), version);
    return await this.#openedResult(id, result);
  }

  async touch(id: string, expires: number | null): Promise<boolean> {
    return await this.#store.touch(id, expires);
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    const result = await this.#store.rotate(from, to, await this.#sealed(to, record), version);
    return await this.#openedResult(from, result);
  }

  async destroy(id: string): Promise<boolean | void> {
    return await this.#store.destroy(id);
  }

  /** What the store has, readable. What does not open is handed on as no session's text. */
  async opened(
    id: string,
    asked: MaybePromise<StoredSession | undefined>,
  ): Promise<StoredSession | undefined> {
    const stored = await asked;
    if (stored === undefined) return undefined;
    const { expires, keptUntil, version } = stored;
    const found = await open(this.#ring, await this.#nameOf(id), stored.json);
    const isRefused = found === undefined || (!found.isSealed && !this.#migrates);
    // Not `undefined`: whoever listens is to hear of a record that was tampered with.
    return { json: isRefused ? "" : found.json, expires, keptUntil, version };
  }

  async #sealed(id: string, { json, expires, subject }: SessionRecord): Promise<SessionRecord> {
    return { json: await seal(this.#ring, await this.#nameOf(id), json), expires, subject };
  }

  /** What the store behind lists a session as: a text is bound to that, however it is asked for. */
  async #nameOf(id: string): Promise<string> {
    const { listedAs } = this.#store as { listedAs?: (id: string) => Promise<string> };
    return listedAs === undefined ? id : await listedAs.call(this.#store, id);
  }

  async #openedResult(id: string, result: CommitResult): Promise<CommitResult> {
    if (result.status !== "conflict") return result;
    return { status: "conflict", current: (await this.opened(id, result.current))! };
  }
}
