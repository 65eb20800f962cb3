/** From a request to what the middleware knows of it. */
import type { RequestContext } from "./request_context.ts";
import type { SessionRequest } from "./types.ts";

const CONTEXT = Symbol("websession.context");
type Marked = SessionRequest & { [CONTEXT]?: RequestContext };

/** What the middleware knows of a request, if it ran for it. */
export function contextOf(req: SessionRequest | undefined): RequestContext | undefined {
  return (req as Marked | undefined)?.[CONTEXT];
}

export function setContext(req: SessionRequest, context: RequestContext): void {
  (req as Marked)[CONTEXT] = context;
}
