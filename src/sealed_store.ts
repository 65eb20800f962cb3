/**
 * The contract of a store that keeps nothing: the browser
 * has the session, sealed.
 *
 * Nothing here runs; `./stores/cookie` keeps the promise.
 *
 * @module
 */
import type { SessionRecord, StoredSession, Version } from "./store.ts";

/** A session that came out of its token. */
export interface OpenedSession extends StoredSession {
  /** Sealed with a secret that is not the first one any more: seal it again. */
  readonly renew: boolean;
  /** When it was sealed: milliseconds since the epoch. */
  readonly sealedAt: number;
}

/**
 * Why tokens lead to no session: nobody with our secret sealed them for this name
 * (`signature`), or not as a session (`corrupt`); theirs is over (`expired`) or was
 * revoked (`unknown`); they are of different sessions (`duplicate`).
 */
export type SealedRefusal = "signature" | "corrupt" | "expired" | "unknown" | "duplicate";

/**
 * The part of the Web entries that serves sealed sessions. It comes with the store: programs whose
 * sessions are kept elsewhere do not load it. What it takes and gives is the library's own.
 */
export type SealedTransport = (...parts: never[]) => object;

/**
 * A store whose sessions live with the browser: the token is the session, and
 * a change is a new token. `name` is the cookie's name everywhere; a token
 * opens under its own name only.
 */
export interface SealedStore {
  /** Tells this store from a {@linkcode SessionStore}. */
  readonly sealed: true;
  /** Two tokens of one session know nothing of each other. */
  readonly atomic: false;
  /** Serves its sessions in the Web entries: `sealedTransport` of `./stores/cookie`, as it is. */
  readonly transport: SealedTransport;

  /**
   * Seals a record. Without `version` this is a new session; with the one that
   * `find()` gave it is the same session, and the answer is `undefined` when
   * that was revoked meanwhile.
   *
   * Rejects with `SESSION_TOO_LARGE` when the cookies cannot hold it.
   */
  seal(name: string, record: SessionRecord, version?: Version): Promise<string | undefined>;

  /**
   * Opens every token in a request's cookies. Of several tokens of one session
   * it answers the one that was sealed last. Tokens of different sessions are
   * ambiguous: somebody may have put one of them there, and nobody can tell
   * which. Then none is used: `undefined`.
   *
   * Where tokens lead to no session, `refused` is told why, once.
   */
  find(
    name: string,
    cookies: Iterable<readonly [name: string, value: string]>,
    refused?: (reason: SealedRefusal) => void,
  ): Promise<OpenedSession | undefined>;

  /**
   * Seals a record as a new session and revokes the one it was, as a login
   * does; `undefined` when that was revoked already.
   */
  rotate(name: string, record: SessionRecord, version: Version): Promise<string | undefined>;

  /**
   * Ends a session: every token of it that was ever sealed, for as long as any
   * of them could be accepted. Without an epoch it does nothing.
   */
  revoke(version: Version): Promise<void>;

  /**
   * Ends every session of a subject that was born until now. Rejects with
   * `STORE_UNSUPPORTED` without an epoch.
   */
  revokeAll(subject: string): Promise<void>;

  /** The cookies of a token: one, or several whose names end in `.0`, `.1` and so on. */
  split(name: string, token: string): [name: string, value: string][];

  /** The session's cookies in a request that are not `written` now: the response deletes them. */
  leftovers(
    name: string,
    cookies: Iterable<readonly [name: string, value: string]>,
    written: readonly (readonly [name: string, value: string])[],
  ): string[];
}
