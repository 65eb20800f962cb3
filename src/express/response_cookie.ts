/** Our Set-Cookie on a response, beside those of others. */
import { serializeCookie, serializeRemoval } from "../cookie/set_cookie_header.ts";
import { blockedBy } from "../core/policy.ts";
import type { BlockedReason } from "../events.ts";
import type { HeaderResponse } from "./on_headers.ts";
import type { RequestContext } from "./request_context.ts";
import type { Session } from "./session.ts";

/** Why the session's cookie cannot leave, if it cannot. */
export function whyBlocked(
  { adapter, req }: RequestContext,
  { cookie }: Session,
  headersSent: boolean,
): BlockedReason | undefined {
  const isSecure = Boolean(cookie.secure);
  return blockedBy({ isSecure, overSecure: isSecure && adapter.isSecure(req), headersSent });
}

export function sendCookie(
  { adapter, state, signer }: RequestContext,
  res: HeaderResponse,
  session: Session,
  id: string,
): void {
  const value = state.valueFor(id) ?? signer.sign(id);
  append(res, serializeCookie(adapter.options.name, value, session.cookie.data));
  state.cookieSet = true;
}

/** Where the session was destroyed and the options say so: the browser's copy goes too. */
export function removeCookie(
  { clearsCookie, adapter, req }: RequestContext,
  res: HeaderResponse,
): void {
  const { name } = adapter.options;
  if (!clearsCookie || !req.headers.cookie?.includes(name)) return;
  append(res, serializeRemoval(name, adapter.newCookie(req).data));
}

function append(res: HeaderResponse, cookie: string): void {
  const before = res.getHeader?.("Set-Cookie") as string | string[] | undefined;
  res.setHeader?.("Set-Cookie", before == null ? [cookie] : [before, cookie].flat());
}
