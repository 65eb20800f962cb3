/** What a browser is asked to forget at a logout: the header Clear-Site-Data. */
import { kindOf } from "../errors.ts";

/** What can be forgotten (W3C Clear Site Data). */
export type SiteData = "cache" | "cookies" | "storage" | "executionContexts" | "*";

/** What a logout may ask of the browser. */
export interface LogoutOptions {
  /**
   * Has the browser forget what it keeps of the site (OWASP ASVS 14.3.1): `true` is its
   * cache and storage. Only over https, and the response takes longer. @default {false}
   */
  readonly clearSiteData?: boolean | readonly SiteData[] | undefined;
}

const KNOWN: ReadonlySet<unknown> = new Set<SiteData>([
  "cache",
  "cookies",
  "storage",
  "executionContexts",
  "*",
]);

/** The header's text, or `undefined` where there is to be none. */
export function clearSiteDataText(option: LogoutOptions["clearSiteData"]): string | undefined {
  if (option === undefined || option === false) return undefined;
  const types: unknown = option === true ? ["cache", "storage"] : option;
  if (!Array.isArray(types) || types.length === 0 || !types.every((each) => KNOWN.has(each))) {
    throw new TypeError(
      `Option "clearSiteData" must be a boolean or an array of "cache", "cookies", "storage", ` +
        `"executionContexts" and "*", not ${kindOf(option)}`,
    );
  }
  return types.map((type) => `"${type}"`).join(", ");
}
