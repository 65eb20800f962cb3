/** The options every door's conformance app is made with. */
import type { SessionStore } from "../../../mod.ts";

export const SECRET = "the secret of the conformance apps";
export const COOKIE = "sid";

export interface AppOptions {
  store?: SessionStore | undefined;
}
