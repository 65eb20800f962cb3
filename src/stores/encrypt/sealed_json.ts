/** The text of a session in an encrypted store: sealed whole, beside a copy of its cookie in the clear. */
import type { KeyRing } from "./keys.ts";

/** The member that holds the sealed data: `v1.<key>.<nonce and ciphertext, base64>`. */
export const SEALED = "$sealed";
const FORMAT = "v1";
const NONCE_BYTES = 12;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Seals a session's text; a copy of the cookie stands first, where stores look for its lifetime. */
export async function seal(ring: KeyRing, id: string, json: string): Promise<string> {
  const { cookie } = JSON.parse(json) as Record<string, unknown>;
  const key = ring.newest;
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const sealed = await crypto.subtle.encrypt(
    { name: "AES-GCM", iv, additionalData: boundTo(id, key) },
    await ring.get(key)!,
    encoder.encode(json),
  );
  const bytes = new Uint8Array(NONCE_BYTES + sealed.byteLength);
  bytes.set(iv);
  bytes.set(new Uint8Array(sealed), NONCE_BYTES);
  const token = { [SEALED]: `${FORMAT}.${key}.${toBase64(bytes)}` };
  // A text that begins in another way has no lifetime that readAndTouch() would begin again.
  return JSON.stringify(
    json.startsWith(`{"cookie":${JSON.stringify(cookie)}`)
      ? { cookie, ...token }
      : { ...token, cookie },
  );
}

/**
 * Opens it again. `undefined`: it was changed, it is of another session, or its key
 * is not there. A text that nothing was sealed in is `unsealed`.
 */
export async function open(
  ring: KeyRing,
  id: string,
  json: string,
): Promise<{ json: string; isSealed: boolean } | undefined> {
  try {
    const { [SEALED]: token } = JSON.parse(json) as Record<string, unknown>;
    if (token === undefined) return { json, isSealed: false };
    const [format, name, text, ...rest] = String(token).split(".");
    const key = format === FORMAT && rest.length === 0 ? ring.get(name ?? "") : undefined;
    if (key === undefined) return undefined;
    const bytes = Uint8Array.from(atob(text ?? ""), (char) => char.charCodeAt(0));
    const opened = await crypto.subtle.decrypt(
      {
        name: "AES-GCM",
        iv: bytes.subarray(0, NONCE_BYTES),
        additionalData: boundTo(id, name!),
      },
      await key,
      bytes.subarray(NONCE_BYTES),
    );
    return { json: decoder.decode(opened), isSealed: true };
  } catch {
    return undefined;
  }
}

function boundTo(id: string, key: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(`websession.encrypt\n${FORMAT}\n${key}\n${id}`) as Uint8Array<ArrayBuffer>;
}

function toBase64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}
