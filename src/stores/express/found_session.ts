/** A session as a callback store hands it out. */
import { expiryOf } from "../../expiry.ts";
import { sharedByBuilds } from "../../shared_by_builds.ts";
import type { StoredSession, Version } from "../../store.ts";

/** What stands for a record that a store could not parse. */
export const UNREADABLE: object = sharedByBuilds("unreadable", () => Object.freeze({}));

/** A session as the store gave it; its text is written only if somebody asks. */
export class FoundSession implements StoredSession {
  readonly session: object;
  readonly version: Version;

  constructor(session: object, version: Version) {
    this.session = session;
    this.version = version;
  }

  get json(): string {
    return JSON.stringify(this.session);
  }

  get expires(): number | null {
    return expiryOf((this.session as { cookie?: unknown }).cookie);
  }
}
