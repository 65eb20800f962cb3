/** A store's verbs, under keys that are no ids. */
import type {
  CommitResult,
  SessionRecord,
  SessionStore,
  StoredSession,
  Version,
} from "../../store.ts";
import { isKey, Keys } from "./key.ts";

/** Reads a record by the key it is stored under. */
export type ReadByKey = (key: string) => ReturnType<SessionStore["read"]>;

export class HashingStore implements SessionStore {
  readonly atomic: boolean;
  readonly keys = new Keys();
  readonly #store: SessionStore;
  readonly #migrates: boolean;

  constructor(store: SessionStore, migrates: boolean) {
    this.atomic = store.atomic;
    this.#store = store;
    this.#migrates = migrates;
  }

  /** What `list()` and `all()` call the session of an id. */
  async listedAs(id: string): Promise<string> {
    return await this.keys.of(id);
  }

  async create(id: string, record: SessionRecord): Promise<boolean> {
    if (this.#migrates && await this.#store.read(id) !== undefined) return false;
    return await this.#store.create(await this.keys.of(id), record);
  }

  async read(id: string): Promise<StoredSession | undefined> {
    return await this.find(id, (key) => this.#store.read(key));
  }

  /** Finds a record under its key; one under its plain id is moved there first. */
  async find(id: string, read: ReadByKey): Promise<StoredSession | undefined> {
    const key = await this.keys.of(id);
    const found = await read(key);
    if (found !== undefined || !this.#migrates || isKey(id)) return found;
    return await this.#move(id, key) ? await read(key) : undefined;
  }

  async commit(id: string, record: SessionRecord, version: Version): Promise<CommitResult> {
    return await this.#store.commit(await this.keys.of(id), record, version);
  }

  async touch(id: string, expires: number | null, session?: object): Promise<boolean> {
    return await this.#store.touch(await this.keys.of(id), expires, session);
  }

  async rotate(
    from: string,
    to: string,
    record: SessionRecord,
    version: Version,
  ): Promise<CommitResult> {
    return await this.#store.rotate(
      await this.keys.of(from),
      await this.keys.of(to),
      record,
      version,
    );
  }

  async destroy(id: string): Promise<boolean | void> {
    const was = await this.#store.destroy(await this.keys.of(id));
    if (!this.#migrates || isKey(id)) return was;
    const wasPlain = await this.#store.destroy(id);
    return was === false ? wasPlain : was;
  }

  /** Whether the session may be under its key now: moved by this request, or by another. */
  async #move(id: string, key: string): Promise<boolean> {
    let plain = await this.#store.read(id);
    if (plain === undefined) return (await this.#store.read(key)) !== undefined;
    for (;;) {
      const { json, expires, version } = plain;
      const record = { json, expires, subject: subjectIn(json) };
      const moved: CommitResult = await this.#store.rotate(id, key, record, version);
      if (moved.status !== "conflict") return true;
      plain = moved.current;
    }
  }
}

/** Who is logged in, as the session's notes say: the index has to follow the move. */
function subjectIn(json: string): string | undefined {
  try {
    const subject: unknown = JSON.parse(json)?.$websession?.subject;
    return typeof subject === "string" ? subject : undefined;
  } catch {
    return undefined;
  }
}
