/** The session id a request's cookies prove. */
import { readCookies } from "../../cookie.ts";
import type { RejectedReason } from "../../events.ts";
import type { SyncSigner } from "../../signer.ts";
import { deprecate } from "./deprecate.ts";
import type { SessionRequest } from "./types.ts";

const MOVED = "cookie should be available in req.headers.cookie";

/** Reads the header, then what cookie-parser left, as express-session does. */
export function readSessionId(
  req: SessionRequest,
  name: string,
  signer: SyncSigner,
  readsParsed: boolean,
  rejected: (reason: RejectedReason) => void,
): string | undefined {
  const header = req.headers.cookie;
  if (header) {
    const values = readCookies(header, name);
    for (const value of values) {
      const id = signer.unsign(value)?.id;
      if (id !== undefined) return id;
    }
    if (values.length > 0) {
      rejected(values.some((value) => value.startsWith("s:")) ? "signature" : "unsigned");
    }
  }
  if (!readsParsed) return undefined;
  const signed = req.signedCookies?.[name];
  if (signed) {
    deprecate(MOVED);
    return signed as string;
  }
  const raw = req.cookies?.[name];
  const id = typeof raw === "string" ? signer.unsign(raw)?.id : undefined;
  if (id !== undefined) deprecate(MOVED);
  return id;
}
