/** What an act does to the sessions of the model. */
import { idOf } from "../model/entries.ts";
import type { History } from "../model/history.ts";
import { Session, SUBJECT } from "../model/model.ts";
import type { Outcome, Visit } from "../model/visit.ts";
import type { Reply } from "./client.ts";
import { type Act, LIFE, type Told } from "./protocol.ts";

/** A request that was sent. */
export interface Asked {
  readonly number: number;
  readonly act: Act;
  /** Which process was asked, at which of its entries. */
  readonly url: string;
  readonly from: number;
  /** The session whose cookie it brings. */
  readonly known: Session | undefined;
}

/** What is noted beside the sessions themselves. */
export interface Notes {
  readonly history: History;
  /** Requests that read messages, and whose answer never came. */
  readonly unheard: { readonly session: Session; readonly by: number; readonly from: number }[];
  /** Which session a value was taken out of. */
  readonly taken: Map<string, Session>;
}

/** A request that was answered, or never will be. */
export interface Performed {
  readonly visit: Visit;
  readonly asked: Asked;
  readonly told: Told | undefined;
  readonly outcome: Outcome;
  /** Its session was found. */
  readonly isLoaded: boolean;
  readonly to: number;
}

export function perform(notes: Notes, performed: Performed): void {
  const { visit, asked, told, outcome, isLoaded, to } = performed;
  const { act, from, number: by } = asked;
  const { fate, until } = outcome;
  const { current } = visit;
  const isAcked = fate === "acked";
  const { values, result }: Partial<Told> & Pick<Told, "values"> = told ?? { values: {} };
  switch (act[0]) {
    case "set":
      visit.set(act[1], JSON.stringify(act[2]), JSON.stringify(values[act[1]]), from);
      if (isAcked) stored(current, to);
      break;
    case "delete":
      // Whoever removes what he does not see changes nothing.
      if (told !== undefined && !Object.hasOwn(values, act[1])) break;
      visit.set(act[1], undefined, JSON.stringify(values[act[1]] ?? "unseen"), from);
      break;
    case "update":
      current.appended.push({ token: act[1], from, to: until, fate, by });
      if (fate === "refused") notes.history.refused.add(act[1]);
      if (isAcked) stored(current, to);
      break;
    case "take":
      if (fate === "refused" || (isAcked && result === undefined)) break;
      current.writes.push({ key: act[1], value: undefined, from, to: until, fate, by });
      if (isAcked) handed(notes, current, String(result), asked);
      break;
    case "say":
      visit.say(act[1], from);
      if (isAcked) stored(current, to);
      break;
    case "hear":
      if (told === undefined) notes.unheard.push({ session: current, by, from });
      else if (Array.isArray(result) && result.length > 0) visit.hear(result as string[]);
      break;
    case "login":
      moved(visit, keepsAll(told, act[1]), outcome, { from, to }, act[1]);
      break;
    case "regenerate":
      if (act[1]) moved(visit, act[1], outcome, { from, to });
      else if (fate !== "refused") {
        visit.end("regenerate", from, isLoaded ? outcome : { fate: "doubt", until });
        if (isAcked) visit.begin(true);
      }
      break;
    case "logout":
      if (fate === "refused") break;
      // Only the process that has moved it knows where to.
      if (visit.missed !== undefined) {
        visit.end("logout elsewhere", from, { fate: "doubt", until }, visit.missed);
      }
      if (!isLoaded) break;
      visit.drop(from);
      visit.isOver = true;
      visit.end("logout", from, outcome);
  }
}

/** The session of a cookie: where nobody knows whether it was moved, there may be another. */
export function holder(
  visit: Visit,
  { act, from, number: by }: Asked,
  { told, cookie }: Reply,
  to: number,
): Session {
  const { current: parent } = visit;
  if (parent.id === undefined || parent.id === idOf(cookie!) || told?.error === undefined) {
    return parent;
  }
  const keep = act[0] === "regenerate" ? act[1] : keepsAll(told, act[1]);
  const child = new Session(LIFE, {
    ...{ parent, keep, read: from, from, to, fate: "doubt", by },
    // It stands beside the other, or there is but one of the two.
    isLogin: true,
  });
  if (act[0] === "login") {
    const value = JSON.stringify(act[1]);
    child.writes.push({ key: SUBJECT, value, from, to: Infinity, fate: "doubt", by });
  }
  return child;
}

function handed(
  { taken, history }: Notes,
  session: Session,
  token: string,
  { number }: Asked,
): void {
  if (taken.get(token) === session) {
    history.failures.push(`taken twice: request ${number} took ${token}`);
  }
  taken.set(token, session);
}

/** The store has it from then on. */
export function stored(session: Session, step: number): void {
  session.stored = Math.min(session.stored, step);
}

/** Whoever logs in as somebody else takes nothing along. */
function keepsAll(told: Told | undefined, subject: string | undefined): boolean {
  return told?.subject === undefined || told.subject === subject;
}

function moved(
  visit: Visit,
  keep: boolean | readonly string[],
  outcome: Outcome,
  { from, to }: { readonly from: number; readonly to: number },
  subject?: string,
): void {
  if (outcome.fate === "refused") return;
  if (outcome.fate === "doubt") return visit.end("move", from, outcome);
  const { isStored } = visit;
  visit.moved(keep, subject !== undefined, from, to, subject);
  if (isStored) visit.current.moved = to;
}
