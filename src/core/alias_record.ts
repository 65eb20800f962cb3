/**
 * What stands under an id that was replaced: where its session is, for whoever has the id.
 *
 * The new id is sealed with the old one: a store that keeps no ids in the clear
 * (`hashIds`) keeps none here either.
 */
import { fromBase64Url, toBase64Url } from "../base64url.ts";
import type { SessionRecord, StoredSession } from "../store.ts";
import { randomValues } from "./random_source.ts";
import type { Data } from "./session_data.ts";
import { parseStored } from "./session_json.ts";
import { META } from "./session_metadata.ts";

/** So long, in milliseconds, an id leads to its session after it was replaced. */
export const GRACE = 30_000;

/** What a record says that is no session any more. */
export interface Alias {
  /** The sealed id of the session; left out: it has ended. */
  readonly moved?: string | undefined;
  /** From when on it says nothing, whatever its store was told: milliseconds since the epoch. */
  readonly until: number;
}

const NONCE_BYTES = 12;

/** A record that leads to another id … */
export async function aliasRecord(from: string, to: string, now: number): Promise<SessionRecord> {
  const iv = randomValues(new Uint8Array(NONCE_BYTES));
  const cipher = { name: "AES-GCM", iv };
  const text = new TextEncoder().encode(to);
  const sealed = await crypto.subtle.encrypt(cipher, await keyOf(from), text);
  return recordOf({ moved: toBase64Url(iv, new Uint8Array(sealed)), until: now + GRACE });
}

/** … and one that says that its session is ending. */
export function endingRecord(now: number): SessionRecord {
  return recordOf({ until: now + GRACE });
}

/** Stores of express-session's kind are handed an object, and ask its cookie for the end. */
function recordOf(alias: Alias): SessionRecord {
  const expires = new Date(alias.until);
  const cookie = { originalMaxAge: GRACE, expires, httpOnly: true, path: "/" };
  const session = { cookie, [META]: { alias } };
  return { json: JSON.stringify(session), expires: alias.until, session };
}

/** Whether a record is an alias; most are told from it by a look at their text. */
export function aliasIn(stored: StoredSession): Alias | undefined {
  const { session } = stored;
  if (session === undefined && !stored.json.includes('"alias":{')) return undefined;
  const data = (session ?? parseStored(stored)?.data ?? {}) as Data;
  const { alias } = Object(data[META]) as { alias?: Partial<Alias> };
  return typeof alias?.until === "number" ? alias as Alias : undefined;
}

/** The id an alias leads to; `undefined`: it was not sealed with this one. */
export async function targetOf(from: string, { moved }: Alias): Promise<string | undefined> {
  const bytes = moved === undefined ? undefined : fromBase64Url(moved);
  if (bytes === undefined) return undefined;
  const cipher = { name: "AES-GCM", iv: bytes.subarray(0, NONCE_BYTES) };
  try {
    const sealed = bytes.subarray(NONCE_BYTES);
    const text = await crypto.subtle.decrypt(cipher, await keyOf(from), sealed);
    return new TextDecoder().decode(text);
  } catch {
    return undefined;
  }
}

async function keyOf(id: string): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(`websession alias ${id}`);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return await crypto.subtle.importKey("raw", digest, "AES-GCM", false, ["encrypt", "decrypt"]);
}
