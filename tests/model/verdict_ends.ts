/** What was ended stays ended, what was not is there, and whoever was refused is told why. */
import { GRACE } from "../../src/core/alias_record.ts";
import { type History, recordOf, type Refusal } from "./history.ts";
import { below, lineage } from "./lineage.ts";
import { type End, isAcked, LIFE, type Session, SUBJECT } from "./model.ts";
import { ends } from "./verdict_cookies.ts";
import type { Failure } from "./verdict.ts";

/** Whoever was logged in when everybody was logged out, was. */
export function endAll({ program, sessions, revoked }: History): void {
  for (const { subject, spared, from, to, fate, by } of revoked) {
    const value = JSON.stringify(subject);
    // What the spared one moves to meanwhile is another session for whoever ends the others.
    const theirs = new Set(spared === undefined ? [] : below(spared));
    const ended = sessions.filter((session) => session !== spared).map((session) => {
      if (theirs.has(session)) return { session, fate: "doubt" } as const;
      if (isSurely(session, value, from)) return { session, fate };
      return { session, fate: mayEver(session, value) ? "doubt" : "refused" } as const;
    });
    // Between the two writes that replace an id, the new record cannot be told from another device.
    if (spared !== undefined && program.rotateAfter !== undefined) {
      spared.ends.push({ how: "revoke", from, to, fate: "doubt", by });
    }
    for (const { session, fate } of ended) {
      session.ends.push({ how: "revoke", from, to, fate, by });
    }
  }
}

/** Whether a session was a subject's by then, and nobody logged in since. */
function isSurely(session: Session, subject: string, by: number): boolean {
  for (const { isBeside, writes, link } of lineage(session)) {
    // It is not in the store before its request ends.
    if (isBeside) return false;
    const own = writes.filter(({ key }) => key === SUBJECT);
    if (own.length > 0) {
      return own.every((write) => isAcked(write) && write.to < by && write.value === subject);
    }
    if (link?.keep !== true) return false;
  }
  return false;
}

function mayEver(session: Session, subject: string): boolean {
  return [...lineage(session)].some(({ writes }) => {
    return writes.some(({ key, value }) => key === SUBJECT && value === subject);
  });
}

/** An answer acknowledges nothing in a session that others ended: there was nothing to store it in. */
export function withdraw({ sessions, program }: History): void {
  for (const session of sessions) {
    if (!session.isBeside) continue;
    // One that is not in the store yet can be ended by no id.
    for (const end of session.ends) {
      if (end.how === "revoke" && end.by === session.link!.by) end.fate = "doubt";
    }
  }
  for (const { children, ends } of sessions) {
    for (const { isAfterFailure, link } of children) {
      if (!isAfterFailure) continue;
      for (const end of ends) if (end.by === link!.by) end.fate = "doubt";
    }
  }
  for (const session of sessions) {
    for (const deed of [...session.writes, ...session.said, ...session.heard]) {
      if (deed.byAnswer && session.mayBeOver(deed.to, deed.by)) deed.fate = "doubt";
    }
    if (!program.isStrict) excuseLifetimes(session);
  }
}

/** A request that has read the lifetime before may touch by it when another one has been set. */
function excuseLifetimes({ writes, visits }: Session): void {
  for (const write of writes) {
    if (write.key !== LIFE || !isAcked(write)) continue;
    const isBeside = visits.some(({ from, to, by }) => {
      return by !== write.by && from < write.to && to > write.from;
    });
    if (isBeside) write.fate = "doubt";
  }
}

/** Nothing that was ended is ever seen again. */
export function ended(history: History): Failure[] {
  const { openings, states, sessions } = history;
  const kind = "ended, and back";
  const failures: Failure[] = [];
  for (const { what, session, isLoaded, from, former, now } of openings) {
    if (isLoaded && session.over < from) failures.push({ kind, text: `${what} found it` });
    if (isLoaded && former !== undefined && now >= former.latest + GRACE) {
      failures.push({ kind, text: `${what} found it by an id that was replaced long ago` });
    }
  }
  for (const { at, records } of states) {
    for (const session of sessions) {
      if (session.over >= at || history.isOwed(session)) continue;
      if (recordOf(records, session) === undefined) continue;
      failures.push({ kind, text: "it is in the store" });
    }
  }
  for (const { children } of sessions) {
    const moved = children.filter(({ link }) => !link!.isLogin);
    if (moved.length > 1) failures.push({ kind: "forked", text: "a session moved to two places" });
  }
  return failures;
}

/** What is in the store and was not ended, is found. */
export function alive(history: History): Failure[] {
  const kind = "lost";
  const { openings, states, sessions } = history;
  const failures: Failure[] = [];
  for (const { what, session, isLoaded, from, to, now, former } of openings) {
    if (!isLoaded && former !== undefined && now >= former.earliest + GRACE) continue;
    if (isLoaded && now >= ends(session, { from, to }).latest) {
      failures.push({ kind: "expired, and back", text: `${what} found it` });
    }
    if (isLoaded || session.must >= from || session.mayBeOver(to)) continue;
    if (now >= ends(session, { from, to }).earliest) continue;
    if (history.brokenIn({ from, to }, [session]).length > 0) continue;
    failures.push({ kind, text: `${what} did not find its session` });
  }
  for (const { at, now, records } of states) {
    for (const session of sessions) {
      if (session.must >= at || session.mayBeOver(at)) continue;
      if (recordOf(records, session) !== undefined) continue;
      if (history.isOwed(session)) continue;
      if (now >= ends(session, { from: at, to: at }).earliest) continue;
      failures.push({ kind, text: "a session is not in the store" });
    }
  }
  return failures;
}

/** Nobody is refused without a reason: a store that failed, or a session that was ended. */
export function refusals(history: History): Failure[] {
  return history.refusals.flatMap((refusal) => {
    const { what, error } = refusal;
    const { code = "", message = "" } = Object(error) as { code?: string; message?: string };
    const failure = { kind: `refused ${code}`, text: `${what}: ${message}` };
    return isExplained(history, refusal, code, message) ? [] : [failure];
  });
}

function isExplained(history: History, refusal: Refusal, code: string, message: string): boolean {
  const { session, what } = refusal;
  // A logout goes on to what the session of its cookie has moved to.
  const moved = refusal.known === undefined ? [] : [...below(refusal.known)];
  const isBroken = history.brokenIn(refusal, [session, ...moved]).length > 0;
  switch (code) {
    case "SESSION_GONE":
      if (isBroken || refusal.isOver) return true;
      return what.includes('"login"') ? isEnded(session) : mayBeGone(refusal);
    case "ECONNRESET":
    case "STORE_FAILED":
    case "STORE_TIMEOUT":
      return isBroken;
    case "STORE_UNSUPPORTED":
      return what.includes("revokeAll");
    case "SESSION_COMMITTED":
      return true;
    default:
      return message === "failed to load session" && (isBroken || mayBeGone(refusal));
  }
}

function mayBeGone({ session, to, what }: Refusal): boolean {
  const isNew = what.includes('"reload"') && (session.must > to || session.isBeside);
  return isNew || session.mayBeOver(to) || session.ends.some(({ from }) => from < to);
}

/** Where it moved to, and from there. */
function isEndedBelow(session: Session): boolean {
  return [...below(session)].some((each) => {
    return each !== session &&
      (!each.link!.isLogin || each.ends.some(({ how }) => how !== "move"));
  });
}

/** A login is refused where the session was ended, not where another login has just moved it. */
function isEnded(session: Session): boolean {
  const isEnd = ({ how }: End) => how !== "move";
  for (let each: Session | undefined = session; each !== undefined; each = each.link?.parent) {
    if (each.ends.some(isEnd)) return true;
    // Of two that one form has begun, a logout of either ends both.
    const twins = each.link?.isLogin ? each.link.parent.children : [];
    if (twins.some(({ link, ends }) => link!.isLogin && ends.some(isEnd))) return true;
  }
  return isEndedBelow(session);
}
