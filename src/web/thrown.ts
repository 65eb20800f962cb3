/** What a handler threw: an answer after all, or an error. */
import { recordOf } from "../core/session_handle.ts";
import { loosenSignal } from "../core/session_signal.ts";
import type { RequestSession } from "./request_session.ts";
import { isResponse, respond } from "./response.ts";

type Loose = Record<string, unknown> | null | undefined;

/** How errors that bring their own response make it: Hono's `HTTPException`, Elysia's. */
const MAKERS = ["getResponse", "toResponse"];

/**
 * Ends the request of a handler that threw, and returns what is to be thrown on:
 * an answer is stored like one that was returned, and carries its cookie.
 */
export async function respondThrown(opened: RequestSession, thrown: unknown): Promise<unknown> {
  if (opened.isCommitted) return thrown;
  if (isResponse(thrown)) return await respond(opened, thrown);
  for (const maker of MAKERS) {
    const response = await madeBy(thrown as Loose, maker);
    if (response === undefined) continue;
    const answer = await respond(opened, response);
    if (!answer.headers.has("set-cookie")) return thrown;
    // The error itself may be a constant, which other visitors are answered with.
    return Object.create(thrown as object, { [maker]: { value: () => answer } });
  }
  const isAnswer = isRedirect(thrown as Loose);
  const failed = !isAnswer && !wasAborted(opened.request, thrown);
  try {
    await opened.finish(failed, () => false);
  } catch (error) {
    // It would tell the visitor that all went well.
    if (isAnswer) return error;
    // Nothing may hide a failure of the handler's.
    opened.adapter.events.emit("error", { error, during: "save" }, recordOf(opened.state));
  } finally {
    // Whoever answers instead knows nothing of the session.
    if (opened.isCommitted) loosenSignal(opened.state);
  }
  return thrown;
}

/** Whether a handler ended because its visitor had left: no failure, though nobody is answered. */
export function wasAborted({ signal }: Request, error: unknown): boolean {
  if (!signal?.aborted) return false;
  return error === signal.reason || (error as Loose)?.["name"] === "AbortError";
}

async function madeBy(thrown: Loose, maker: string): Promise<Response | undefined> {
  if (typeof thrown?.[maker] !== "function") return undefined;
  try {
    const made: unknown = await thrown[maker]();
    return isResponse(made) ? made : undefined;
  } catch {
    return undefined;
  }
}

/** SvelteKit's and Next's have no response in them, and so no cookie; yet nothing failed. */
function isRedirect(thrown: Loose): boolean {
  const { status, location, digest } = thrown ?? {};
  return (typeof location === "string" && Number(status) >= 300 && Number(status) < 400) ||
    /^NEXT_REDIRECT;/.test(String(digest));
}
