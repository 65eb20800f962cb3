/** What the browser is told of a session it has registered. */
import type { BoundCookie } from "./bound_cookie.ts";

/**
 * The scope's origin is the one the browser has registered with, which it knows best: behind a proxy
 * an application may see another one.
 */
export interface Instructions {
  readonly identifier: string;
  readonly refreshPath: string;
  readonly cookie: BoundCookie;
  /** All hosts of the site are in scope: only from the host that has its name do browsers take that. */
  readonly includesSite: boolean;
}

/** The JSON of a successful registration. */
export function instructionsText(
  { identifier, refreshPath, cookie, includesSite }: Instructions,
): string {
  return JSON.stringify({
    session_identifier: identifier,
    refresh_url: refreshPath,
    scope: { include_site: includesSite, scope_specification: [] },
    credentials: [{ type: "cookie", name: cookie.name, attributes: cookie.attributes }],
  });
}

/** The JSON that ends the device's session in the browser. */
export const THE_END = JSON.stringify({ continue: false });
