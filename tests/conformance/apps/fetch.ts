/** The conformance app behind `createSessions()`. */
import { createSessions } from "../../../mod.ts";
import { act, type AnySession, toResponse } from "./actions.ts";
import { type AppOptions, COOKIE, SECRET } from "./options.ts";

/** How a runtime lets a WebSocket take over: every message is answered by `answer`. */
export type Upgrade = (request: Request, answer: () => string) => Response | undefined;

export function fetchApp(
  { store }: AppOptions = {},
  upgrade?: Upgrade,
): (request: Request) => Promise<Response | undefined> {
  const sessions = createSessions<AnySession>({ secret: SECRET, name: COOKIE, store });
  const handler = sessions.wrap(async (request, session) => {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/socket") {
      session["sockets"] = (session["sockets"] ?? 0) + 1;
      return upgrade?.(request, () => `${session["user"]} ${session["sockets"]}`);
    }
    // Handed on as it came: its headers cannot be changed.
    if (pathname === "/proxy") {
      session["proxied"] = "yes";
      return await fetch(searchParams.get("url")!);
    }
    return toResponse(await act({ path: pathname, query: searchParams }, () => session));
  });
  return async (request) => {
    try {
      return await handler(request);
    } catch {
      return new Response("failed", { status: 500 });
    }
  };
}
