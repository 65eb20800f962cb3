/** Logouts that met a rotation in another process. */
import type { History } from "../model/history.ts";
import { isAcked, type Link } from "../model/model.ts";

/**
 * A logout follows a rotation within its process only: where another process moved the
 * session meanwhile, what it has become lives on. This excuses it, and counts what was seen
 * alive: ARCHITECTURE.md names the limit.
 */
export function overtaken(
  { sessions, openings }: History,
  processOf: (visit: number) => string | undefined,
): number {
  let count = 0;
  for (const { ends, children } of sessions) {
    for (const child of children) {
      const { from, to, by } = child.link as Link;
      for (const [index, end] of ends.entries()) {
        const isBeside = end.from < to && end.to > from;
        if (end.how !== "logout" || !isAcked(end) || !isBeside) continue;
        if (processOf(end.by) === processOf(by)) continue;
        // An end by others is not known to follow anybody.
        ends[index] = { ...end, how: "revoke" };
        const isAlive = openings.some(({ session, isLoaded, from }) => {
          return session === child && isLoaded && from > end.to;
        });
        if (isAlive) count++;
      }
    }
  }
  return count;
}
