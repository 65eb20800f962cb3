/** What the browser is told of a session it has registered. */
import type { BoundCookie } from "./bound_cookie.ts";

/** How long an origin, a path or a name may be is the browser's business; here they come from options. */
export interface Instructions {
  readonly identifier: string;
  readonly refreshPath: string;
  readonly origin: string;
  readonly cookie: BoundCookie;
}

/** The JSON of a successful registration. */
export function instructionsText(
  { identifier, refreshPath, origin, cookie }: Instructions,
): string {
  return JSON.stringify({
    session_identifier: identifier,
    refresh_url: refreshPath,
    scope: { origin, include_site: false, scope_specification: [] },
    credentials: [{ type: "cookie", name: cookie.name, attributes: cookie.attributes }],
  });
}

/** The JSON that ends the device's session in the browser. */
export const THE_END = JSON.stringify({ continue: false });
