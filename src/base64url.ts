/** Bytes as base64url without padding (RFC 4648 section 5): no character of it needs to be escaped. */

/** The text of bytes, laid end to end. */
export function toBase64Url(...parts: readonly Uint8Array[]): string {
  let binary = "";
  for (const part of parts) for (const byte of part) binary += String.fromCharCode(byte);
  return urlSafe(btoa(binary)).replace(/=+$/, "");
}

/** Base64 as it may stand in a URL. */
export function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}

/** The bytes of a text, be it base64 or base64url; `undefined` if it is neither. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  let binary: string;
  try {
    binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined;
  }
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
