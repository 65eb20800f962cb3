/** The session id a request's cookies prove. */
import { readCookies } from "../cookie/cookie_header.ts";
import type { SyncSigner, Unsigned } from "../cookie/signer.ts";
import { debug } from "./debug.ts";
import { deprecate } from "./deprecate.ts";
import type { ExpressAdapter } from "./express_adapter.ts";
import type { SessionRequest } from "./types.ts";

const MOVED = "cookie should be available in req.headers.cookie";

/** Reads the header, then what cookie-parser left, as express-session does. */
export function readSessionId(
  req: SessionRequest,
  { options, events }: ExpressAdapter,
  signer: SyncSigner,
): Unsigned | undefined {
  const { name, isId, readsParsedCookies } = options;
  const header = req.headers.cookie;
  if (header) {
    const values = readCookies(header, name);
    for (const value of values) {
      const proven = signer.unsign(value);
      if (proven !== undefined && isId(proven.id)) return proven;
    }
    if (values.length > 0) {
      const isSigned = values.some((value) => value.startsWith("s:"));
      debug(isSigned ? "cookie signature invalid" : "cookie unsigned");
      events.emit("rejected", { reason: isSigned ? "signature" : "unsigned" });
    }
  }
  if (!readsParsedCookies) return undefined;
  const proven = fromCookieParser(req, name, signer);
  if (proven === undefined) return undefined;
  deprecate(MOVED);
  if (isId(proven.id)) return proven;
  events.emit("rejected", { reason: "signature" });
}

/** What cookie-parser verified need not be text: it reads JSON as well. */
function fromCookieParser(
  req: SessionRequest,
  name: string,
  signer: SyncSigner,
): Unsigned | undefined {
  const signed = req.signedCookies?.[name];
  if (signed) return { id: signed as string, current: false, value: "" };
  const raw = req.cookies?.[name];
  return typeof raw === "string" ? signer.unsign(raw) : undefined;
}
