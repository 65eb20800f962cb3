/** What a session id may look like, whoever proves it: it goes to a store as it is. */
import { generateSessionId, isSessionId } from "../core/session_id.ts";

const MAX_LENGTH = 256;

/** Whether an id is one that `genid` may have drawn. */
export function idShapeOf(genid: unknown): (id: unknown) => id is string {
  // A value signed for another purpose with the same secret is no id.
  return genid === generateSessionId ? isSessionId : isHarmless;
}

/**
 * An application may draw what it likes, but nothing that could lead a store
 * elsewhere: to another folder, into a query, to the end of a line.
 */
function isHarmless(id: unknown): id is string {
  return typeof id === "string" && id !== "" && id.length <= MAX_LENGTH &&
    !/[\p{Cc}/\\]|^\.{1,2}$/u.test(id);
}
