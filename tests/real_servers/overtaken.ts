/** Logouts that met a rotation in another process. */
import type { History } from "../model/history.ts";
import { isAcked, type Link, type Session, SUBJECT } from "../model/model.ts";

/**
 * A logout follows the rotation of an anonymous session within its process only: where
 * another process moved it meanwhile, what it has become lives on. This excuses it, and counts
 * what was seen alive: ARCHITECTURE.md names the limit.
 */
export function overtaken(
  { sessions, openings }: History,
  processOf: (visit: number) => string | undefined,
): number {
  let count = 0;
  for (const { ends, children } of sessions) {
    for (const child of children) {
      const { from, to, by } = child.link as Link;
      if (isFollowed(child)) continue;
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

/** Whether it belongs to whoever was logged in before: it is found by its device. */
function isFollowed(child: Session): boolean {
  const { parent, isLogin, keep } = child.link as Link;
  if (parent.link?.isLogin !== true) return false;
  const [[before, ...others], [now]] = [subjectsOf(parent), subjectsOf(child)] as const;
  if (before === undefined || others.length > 0) return false;
  return isLogin ? now === before : keep === true;
}

function subjectsOf({ writes }: Session): (string | undefined)[] {
  return writes.filter(({ key }) => key === SUBJECT).map(({ value }) => value);
}
