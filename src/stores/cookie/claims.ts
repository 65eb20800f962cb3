/**
 * What a token says besides the session: a line of JSON before the session's.
 *
 * `[expires, sealedAt, born, key, subject]`
 *
 * @module
 */
import { toBase64Url } from "../../base64url.ts";
import type { SessionRecord } from "../../store.ts";
import type { EpochStore } from "./epoch.ts";

/** No token is accepted for longer after it was sealed; browsers keep no cookie longer either. */
export const MAX_LIFE = 400 * 86_400_000;
const KEY_BYTES = 16;

/** One session through all of its tokens; the store's version. */
export class Claims {
  readonly expires: number | null;
  readonly sealedAt: number;
  /** When the session, or its subject's part of it, began. */
  readonly born: number;
  /** What the session is called in the epoch store. */
  readonly key: string;
  readonly subject: string | undefined;

  constructor(
    expires: number | null,
    sealedAt: number,
    born: number,
    key: string,
    subject: string | undefined,
  ) {
    this.expires = expires;
    this.sealedAt = sealedAt;
    this.born = born;
    this.key = key;
    this.subject = subject;
  }

  /** When a token ends, whatever the browser does with it. */
  endsAt(ttl: number): number {
    return Math.min(this.expires ?? this.sealedAt + ttl, this.sealedAt + MAX_LIFE);
  }

  /** The same session, sealed again. A new subject is born now: older epochs are not its own. */
  next({ expires, subject }: SessionRecord, now: number): Claims {
    return new Claims(expires, now, subject === this.subject ? this.born : now, this.key, subject);
  }

  async isRevoked(epoch: EpochStore): Promise<boolean> {
    const keys = [this.key];
    if (this.subject !== undefined) keys.push(await subjectKey(this.subject));
    const epochs = await epoch.read(keys);
    return epochs.some((moment) => moment !== undefined && this.born <= moment);
  }
}

export function newClaims({ expires, subject }: SessionRecord, now: number): Claims {
  const key = `epoch-s-${toBase64Url(crypto.getRandomValues(new Uint8Array(KEY_BYTES)))}`;
  return new Claims(expires, now, now, key, subject);
}

/** A key that does not tell the subject. */
export async function subjectKey(subject: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subject));
  return `epoch-u-${toBase64Url(new Uint8Array(digest))}`;
}

export function toPlaintext(
  { expires, sealedAt, born, key, subject }: Claims,
  json: string,
): string {
  return `${JSON.stringify([expires, sealedAt, born, key, subject])}\n${json}`;
}

/** The token was authenticated: this text was written by us, in this format. */
export function fromPlaintext(text: string): { claims: Claims; json: string } | undefined {
  const end = text.indexOf("\n");
  if (end < 0) return undefined;
  const [expires, sealedAt, born, key, subject] = JSON.parse(text.slice(0, end)) as [
    number | null,
    number,
    number,
    string,
    string | null,
  ];
  const claims = new Claims(expires, sealedAt, born, key, subject ?? undefined);
  return { claims, json: text.slice(end + 1) };
}
