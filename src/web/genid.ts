/** The option `genid`: what it draws must be an id. */
import { isSessionId } from "../core/session_id.ts";
import { kindOf } from "../errors.ts";

/** Refuses what no cookie, or no store, would take. */
export function checkedGenid(genid: (request: Request) => string): (request: Request) => string {
  return (request) => {
    const id: unknown = genid(request);
    if (isSessionId(id)) return id;
    const kind = typeof id === "string" ? "another string" : kindOf(id);
    throw new TypeError(`Option "genid" must return 1 to 128 of A-Z a-z 0-9 - _, not ${kind}`);
  };
}
