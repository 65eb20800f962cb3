/** A session as a store whose ids are replaced hands it out: with the id it was found under. */
import type { StoredSession, Version } from "../store.ts";

/** A version, and the id it is of. */
export class Mark {
  readonly id: string;
  readonly version: Version;

  constructor(id: string, version: Version) {
    this.id = id;
    this.version = version;
  }
}

/** What was found, and under which id. */
export class FoundSession implements StoredSession {
  readonly id: string;
  readonly version: Mark;
  readonly #stored: StoredSession;

  constructor(id: string, stored: StoredSession) {
    this.id = id;
    this.version = new Mark(id, stored.version);
    this.#stored = stored;
  }

  /** Asked for only if needed: of an object at hand the text costs something. */
  get json(): string {
    return this.#stored.json;
  }

  get expires(): number | null {
    return this.#stored.expires;
  }

  get session(): object | undefined {
    return this.#stored.session;
  }
}
