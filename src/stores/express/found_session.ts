/** A session as a callback store hands it out, or takes it in. */
import { expiryOf } from "../../expiry.ts";
import type { SessionRecord, StoredSession, Version } from "../../store.ts";

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

/** The object a callback store expects, with dates where stores read dates. */
export function parsedSession(record: SessionRecord): object {
  const session = JSON.parse(record.json) as { cookie?: { expires?: unknown } };
  const expires = session.cookie?.expires;
  if (session.cookie && typeof expires === "string") session.cookie.expires = new Date(expires);
  return session;
}
