/** What is kept for a session's signal is kept until the body of its response has ended. */
import { hasSignal, loosenSignal } from "../core/session_signal.ts";
import type { SessionState } from "../core/session_state.ts";

/** A request that is being answered. */
interface Answered {
  readonly request: Request;
  readonly state: SessionState;
  /** No other handler has a response of its own for it. */
  readonly isCommitted: boolean;
}

interface Inspector {
  inspect(value: unknown): string;
}

/**
 * The response with its body watched, where the signal of its session was asked for.
 *
 * @param copyOf Makes the same response with another body.
 */
export function untilBodyEnds(
  { isCommitted, request, state }: Answered,
  response: Response,
  copyOf: (response: Response, body: BodyInit) => Response,
): Response {
  if (!isCommitted || !hasSignal(state) || isUpgrade(request, response)) return response;
  const ended = () => loosenSignal(state);
  if (!isInMemory(response)) {
    const { body } = response;
    // Somebody else reads it: then its end is not seen here.
    if (body?.locked) return response;
    if (body !== null && request.method !== "HEAD") return copyOf(response, watched(body, ended));
  }
  ended();
  return response;
}

/** A connection goes on of which nothing is seen here. */
export function isUpgrade({ headers }: Request, response: Response): boolean {
  const { status } = response;
  if (status < 200) return true;
  // Bun switches protocols by a call, and drops the empty response that Hono is handed for it.
  return status === 200 && headers.get("upgrade")?.toLowerCase() === "websocket" &&
    !hasBody(response);
}

/** Whether it has one, even an empty one. */
export function hasBody(response: Response): boolean {
  return isInMemory(response) || response.body !== null;
}

/**
 * What Bun has in memory it shows. It names the type of a text only when it is sent, and not
 * where its `body` was asked for.
 */
function isInMemory(response: Response): boolean {
  return /^ +Blob /m.test((globalThis as { Bun?: Inspector }).Bun?.inspect(response)!);
}

/** A body that says when it was read to its end, or given up. */
function watched(body: ReadableStream<Uint8Array<ArrayBuffer>>, ended: () => void): BodyInit {
  const reader = body.getReader();
  reader.closed.then(ended, ended);
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(stream) {
      const { done, value } = await reader.read();
      if (done) stream.close();
      else stream.enqueue(value);
    },
    cancel: (reason) => reader.cancel(reason),
    // Nothing is read that nobody has asked for.
  }, { highWaterMark: 0 });
}
