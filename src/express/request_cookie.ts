/** The session id a request's cookies prove. */
import type { EventHub } from "../events.ts";
import { readCookies } from "../cookie/cookie_header.ts";
import type { SyncSigner, Unsigned } from "../cookie/signer.ts";
import { deprecate } from "./deprecate.ts";
import type { SessionRequest } from "./types.ts";

const MOVED = "cookie should be available in req.headers.cookie";

/** Reads the header, then what cookie-parser left, as express-session does. */
export function readSessionId(
  req: SessionRequest,
  name: string,
  signer: SyncSigner,
  readsParsed: boolean,
  events: EventHub,
): Unsigned | undefined {
  const header = req.headers.cookie;
  if (header) {
    const values = readCookies(header, name);
    for (const value of values) {
      const proven = signer.unsign(value);
      if (proven !== undefined) return proven;
    }
    if (values.length > 0) {
      const isSigned = values.some((value) => value.startsWith("s:"));
      events.emit("rejected", { reason: isSigned ? "signature" : "unsigned" });
    }
  }
  if (!readsParsed) return undefined;
  const signed = req.signedCookies?.[name];
  if (signed) {
    deprecate(MOVED);
    return { id: signed as string, current: false, value: "" };
  }
  const raw = req.cookies?.[name];
  const proven = typeof raw === "string" ? signer.unsign(raw) : undefined;
  if (proven !== undefined) deprecate(MOVED);
  return proven;
}
