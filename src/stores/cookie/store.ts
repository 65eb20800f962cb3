/** The store in the cookie: what it seals, opens, rotates or revokes. */
import type { OpenedSession, SealedRefusal, SealedStore } from "../../sealed_store.ts";
import type { MaybePromise, SessionRecord, Version } from "../../store.ts";
import type { EpochStore } from "./epoch.ts";
import { SessionError } from "../../errors.ts";
import { isEndless } from "../../own_lifetime.ts";
import { sealedTransport } from "../../web/sealed_transport.ts";
import { capacity, join, leftovers, MAX_COOKIES, split, tooLarge } from "./chunks.ts";
import { Claims, fromPlaintext, MAX_LIFE, newClaims, subjectKey, toPlaintext } from "./claims.ts";
import { Sealer } from "./sealer.ts";

/** A day more than any token is accepted, for requests under way at a revocation. */
const EPOCH_LIFE = MAX_LIFE + 86_400_000;

/** So often the clock is looked at: one that stands still, as in a test, is not waited for. */
const LOOKS = 5;

// A test with fake timers of its own waits on real ones.
const { setTimeout } = globalThis;
const soon = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

/** Seals what a session holds together with its claims. */
export class CookieStore implements SealedStore {
  readonly sealed = true;
  readonly atomic = false;
  readonly transport = sealedTransport;
  readonly #sealer: Sealer;
  readonly #maxCookies: number;
  readonly #ttl: number;
  readonly #epoch: EpochStore | undefined;
  readonly #now: () => number;

  constructor(
    sealer: Sealer,
    maxCookies: number,
    ttl: number,
    epoch: EpochStore | undefined,
    now: () => number,
  ) {
    this.#sealer = sealer;
    this.#maxCookies = maxCookies;
    this.#ttl = ttl;
    this.#epoch = epoch;
    this.#now = now;
  }

  async seal(name: string, record: SessionRecord, version?: Version): Promise<string | undefined> {
    const from = version instanceof Claims ? version : undefined;
    const now = this.#now();
    const limited = { ...record, expires: this.#limited(record, now) };
    const claims = from === undefined ? newClaims(limited, now) : from.next(limited, now);
    const plain = new TextEncoder().encode(toPlaintext(claims, record.json));
    const length = Sealer.tokenLength(plain.length);
    if (length > capacity(name, this.#maxCookies)) throw tooLarge(length, name, this.#maxCookies);
    if (from !== undefined && await this.#isRevoked(from)) return undefined;
    return await this.#sealer.seal(name, plain);
  }

  /** What ends a session whose cookie names no end does not let it live longer than without. */
  #limited({ json, expires }: SessionRecord, now: number): number | null {
    if (expires === null || !isEndless(json)) return expires;
    return Math.min(expires, now + this.#ttl);
  }

  async open(name: string, token: string): Promise<OpenedSession | undefined> {
    const opened = await this.#open(name, token);
    return typeof opened === "string" ? undefined : opened;
  }

  async #open(name: string, token: string): Promise<OpenedSession | SealedRefusal> {
    // What is longer was not sealed here: no crypto for it.
    if (token.length > capacity(name, MAX_COOKIES)) return "signature";
    const opened = await this.#sealer.open(name, token);
    if (opened === undefined) return "signature";
    const found = fromPlaintext(opened.text);
    if (found === undefined) return "corrupt";
    const { claims, json } = found;
    if (claims.endsAt(this.#ttl) <= this.#now()) return "expired";
    if (await this.#isRevoked(claims)) return "unknown";
    return {
      json,
      version: claims,
      expires: claims.expires,
      renew: opened.key > 0,
      sealedAt: claims.sealedAt,
    };
  }

  async find(
    name: string,
    cookies: Iterable<readonly [string, string]>,
    refused?: (reason: SealedRefusal) => void,
  ): Promise<OpenedSession | undefined> {
    let latest: OpenedSession | undefined;
    let why: SealedRefusal | undefined;
    for (const token of join(name, cookies)) {
      const opened = await this.#open(name, token);
      if (typeof opened === "string") {
        // Junk beside a token of ours says nothing of it.
        if (why === undefined || why === "signature") why = opened;
        continue;
      }
      if (latest !== undefined && keyOf(opened) !== keyOf(latest)) {
        refused?.("duplicate");
        return undefined;
      }
      if (latest === undefined || opened.sealedAt > latest.sealedAt) latest = opened;
    }
    if (latest === undefined && why !== undefined) refused?.(why);
    return latest;
  }

  async rotate(
    name: string,
    record: SessionRecord,
    version: Version,
  ): Promise<string | undefined> {
    if (!(version instanceof Claims) || await this.#isRevoked(version)) return undefined;
    const token = await this.seal(name, record);
    await this.revoke(version);
    return token;
  }

  async revoke(version: Version): Promise<void> {
    if (this.#epoch === undefined || !(version instanceof Claims)) return;
    // Until no token of it is accepted: another one may live much longer than this one, sealed
    // before it or by a parallel request.
    const until = Math.max(this.#now(), version.sealedAt) + EPOCH_LIFE;
    // No moment is late enough: a session that was revoked has no later life.
    await this.#epoch.write(version.key, Number.MAX_SAFE_INTEGER, until);
  }

  async revokeAll(subject: string): Promise<void> {
    if (this.#epoch === undefined) {
      throw new SessionError("STORE_UNSUPPORTED", "Revoking sealed sessions needs an epoch");
    }
    const now = this.#now();
    await this.#epoch.write(await subjectKey(subject), now, now + EPOCH_LIFE);
    // Who logs in behind this does so later: what begins in this millisecond is revoked.
    for (let looks = 0; looks < LOOKS && this.#now() <= now; looks++) await soon();
  }

  split(name: string, token: string): [string, string][] {
    return split(name, token, this.#maxCookies);
  }

  join(name: string, cookies: Iterable<readonly [string, string]>): string[] {
    return join(name, cookies);
  }

  leftovers(
    name: string,
    cookies: Iterable<readonly [string, string]>,
    written: readonly (readonly [string, string])[],
  ): string[] {
    return leftovers(name, cookies, written);
  }

  #isRevoked(claims: Claims): MaybePromise<boolean> {
    return this.#epoch === undefined ? false : claims.isRevoked(this.#epoch);
  }
}

function keyOf({ version }: OpenedSession): string {
  return (version as Claims).key;
}
