/** Our Set-Cookie on a response, beside those of others. */
import { serializeCookie, serializeRemoval } from "../cookie/set_cookie_header.ts";
import type { HeaderResponse } from "./on_headers.ts";
import type { RequestContext } from "./request_context.ts";
import type { Session } from "./session.ts";

/** A Secure cookie leaves over an encrypted connection only. */
export function canSend({ door, req }: RequestContext, { cookie }: Session): boolean {
  return !cookie.secure || door.isSecure(req);
}

export function sendCookie(
  { door, state, signer }: RequestContext,
  res: HeaderResponse,
  session: Session,
  id: string,
): void {
  const value = state.valueFor(id) ?? signer.sign(id);
  append(res, serializeCookie(door.options.name, value, session.cookie.data));
  state.cookieSet = true;
}

/** Where the session was destroyed and the options say so: the browser's copy goes too. */
export function removeCookie(
  { clearsCookie, door, req }: RequestContext,
  res: HeaderResponse,
): void {
  const { name } = door.options;
  if (!clearsCookie || !req.headers.cookie?.includes(name)) return;
  append(res, serializeRemoval(name, door.newCookie(req).data));
}

function append(res: HeaderResponse, cookie: string): void {
  const before = res.getHeader?.("Set-Cookie") as string | string[] | undefined;
  res.setHeader?.("Set-Cookie", before == null ? [cookie] : [before, cookie].flat());
}
