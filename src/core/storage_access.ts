/** Cookies in a frame on another site, where the browser keeps them back until it is asked. */
import { kindOf } from "../errors.ts";

/** What to answer a request that came without the cookies it may have. */
export interface StorageAccessAnswer {
  /** A request that is answered so is not for the application. */
  readonly status: 401;
  /** The headers of the answer: with them the browser sends the request once more, with its cookies. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks the browser to repeat a request of a frame with the cookies that its visitor has already
 * allowed there (the Storage Access API: `Sec-Fetch-Storage-Access: inactive`), where the
 * site around it is one of those that may embed the application. Only such a request is answered; where
 * the visitor has allowed nothing (`none`) or the cookies have come (`active`), there is nothing to ask.
 *
 * Answer it before a session is begun for the request. Cookies in frames need
 * `sameSite: "none"`. The answers of a path that does this depend on two headers of the request: send
 * `Vary: Sec-Fetch-Storage-Access, Origin` with the others as well.
 *
 * @param headers The request's, as `Headers` or as Node has them.
 * @param allowed The origins that may embed the application, as `https://shop.example`.
 * @returns What to answer; `undefined`: the request goes on.
 * @throws {TypeError} If one of the allowed origins is none: `*`, say, or one with a path.
 *
 * @example
 * ```ts
 * import { storageAccess } from "@websession/websession";
 *
 * const handler = (request: Request): Response => {
 *   const answer = storageAccess(request.headers, ["https://shop.example"]);
 *   if (answer !== undefined) return new Response(null, answer);
 *   return new Response("the page");
 * };
 * const response = handler(
 *   new Request("https://widget.example/", {
 *     headers: { "sec-fetch-storage-access": "inactive", origin: "https://shop.example" },
 *   }),
 * );
 * if (response.status !== 401) throw new Error("not asked for its cookies");
 * ```
 */
export function storageAccess(
  headers: Pick<Headers, "get"> | object,
  allowed: readonly string[],
): StorageAccessAnswer | undefined {
  for (const origin of allowed) checkOrigin(origin);
  const read = (name: string): unknown => {
    const { get } = headers as Partial<Headers>;
    if (typeof get === "function") return get.call(headers, name);
    return (headers as Record<string, unknown>)[name];
  };
  if (read("sec-fetch-storage-access") !== "inactive") return undefined;
  const origin = read("origin");
  if (typeof origin !== "string" || !allowed.includes(origin)) return undefined;
  return {
    status: 401,
    headers: {
      "Activate-Storage-Access": `retry; allowed-origin="${origin}"`,
      "Vary": "Sec-Fetch-Storage-Access, Origin",
      "Cache-Control": "no-store",
    },
  };
}

/** An origin and nothing else: no wildcard, no path, no quote that would end the header's text. */
function checkOrigin(origin: unknown): void {
  if (typeof origin === "string" && URL.canParse(origin) && new URL(origin).origin === origin) {
    return;
  }
  const what = typeof origin === "string" ? "another string" : kindOf(origin);
  throw new TypeError(`storageAccess() needs origins, as "https://shop.example", not ${what}`);
}
