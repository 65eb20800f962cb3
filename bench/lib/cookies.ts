/** Cookies as express-session signs them, made before the clock starts. */
import { createHmac, randomBytes } from "node:crypto";

/** At least 32 bytes; every contestant has the same. */
export const SECRET = "bench-secret-bench-secret-bench-secret";

export function newId(): string {
  return randomBytes(24).toString("base64url");
}

export function signedValue(id: string): string {
  const mac = createHmac("sha256", SECRET).update(id).digest("base64").replace(
    /=+$/,
    "",
  );
  return encodeURIComponent(`s:${id}.${mac}`);
}

/** The pairs of a Set-Cookie list, as a browser would send them back. */
export function cookieHeader(setCookies: readonly string[]): string {
  return setCookies.map((each) => each.slice(0, each.indexOf(";"))).join("; ");
}
