/** An application as a fetch that needs no port: behind a proxy that has the certificate. */
import type { Fetch } from "../../dbsc/browser.ts";
import { exchange } from "./exchange.ts";
import type { Any } from "./libraries.ts";

export function fetchFrom(app: (req: Any, res: Any) => unknown): Fetch {
  return async ({ headers: given, method, url }) => {
    const { pathname, search, host, protocol } = new URL(url);
    const forwarded = { Host: host, "x-forwarded-proto": protocol.slice(0, -1) };
    const headers = { ...Object.fromEntries(given), ...forwarded };
    const reply = await exchange(app, { method, path: pathname + search, headers });
    const fields = reply.headers.map(([name, value]): [string, string] => [name, value]);
    return new Response(reply.body, { status: reply.status, headers: fields });
  };
}
