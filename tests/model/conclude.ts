/** The end of a request: what its answer acknowledges, and which cookie came with it. */
import { type Answer, idOf, isWeb, NAME, Planned, valueOf } from "./entries.ts";
import type { Attributes, Handler, Stage } from "./handler.ts";
import { hasId } from "./history.ts";
import type { Session, Span } from "./model.ts";
import type { Ending, Request } from "./program.ts";
import type { Shape } from "./stores.ts";
import type { Outcome } from "./visit.ts";

interface Over extends Span {
  readonly handler: Handler;
  readonly request: Request;
  readonly answer: Answer;
  /** The session whose cookie the request brought. */
  readonly known: Session | undefined;
  /** When it came. */
  readonly began: number;
  readonly shape: Shape;
}

/** Endings that need not bring a cookie: the headers have left, or the framework makes the answer. */
const BLOCKED: ReadonlySet<Ending> = new Set(["stream", "cut", "throwRedirect"]);

function isStream(ends: Ending): boolean {
  return ends === "stream" || ends === "cut";
}

export function conclude(stage: Stage, over: Over): void {
  const { history, world } = stage;
  const { handler: { visit, settleEarly }, request, answer, known, from, to } = over;
  world.trace.push(`request ${visit.number} is answered ${answer.status ?? "not at all"}`);
  const unplanned = answer.errors.filter((error) => !(error instanceof Planned));
  for (const error of unplanned) {
    const { number: by, current: session } = visit;
    history.refusals.push({ from, to, what: `request ${by}`, session, known, error, by });
  }
  if (answer.status !== undefined && answer.status < 500 && !isStream(request.ends)) {
    history.wentWell.add(visit.number);
  }
  const sent = readCookie(stage, over);
  const outcome = outcomeOf(stage, over, unplanned.length > 0);
  const { hasChanges, isUnsaid } = visit;
  settleEarly?.(outcome);
  // As under express-session: a new session is not stored a second time for its cookie alone.
  const isKnown = isWeb(stage.program.entry) || visit.current === known;
  const isNew = !isKnown && (visit.isStored || isUnsaid);
  // As under express-session: a store that is told of nothing but a lifetime may fail without a word.
  const broken = history.brokenIn({ from, to }, [known, visit.current]);
  const lifeStays = isNew || broken.some(({ deed }) => {
    return deed === "touch" || (!isWeb(stage.program.entry) && !visit.changesData);
  });
  visit.answered(settleEarly === undefined ? outcome : { fate: "doubt", until: to }, lifeStays);
  noteVisit(stage, over, outcome);
  if (outcome.fate !== "acked" || visit.isOver) return;
  const { current } = visit;
  const isBlocked = BLOCKED.has(request.ends) || (stage.program.isAuto && request.isPlain);
  if (isUnsaid && !visit.isStored) return;
  if (sent !== undefined || (hasChanges && current.id !== undefined && !isBlocked)) {
    current.stored = Math.min(current.stored, to);
  }
  if (hasChanges && current.id === undefined && !isBlocked) {
    history.failures.push(
      `no cookie: request ${visit.number} was answered ${answer.status}, and nothing leads to what it stored`,
    );
  }
}

function outcomeOf(stage: Stage, over: Over, hasFailed: boolean): Outcome {
  const { handler, request: { ends }, answer: { status }, from, to } = over;
  const { visit } = handler;
  const isOnWeb = isWeb(stage.program.entry);
  // Headers that have left cannot be taken back.
  if (ends === "abort" || ends === "cut" || (ends === "stream" && hasFailed)) {
    return { fate: "doubt", until: to };
  }
  if (status !== undefined && status < 500) {
    // A store without `touch()` is told of a visit that changed data, and of no other.
    const isUntold = stage.program.store === "noTouch" && over.known === visit.current &&
      !visit.changesData;
    const isUnsure = visit.isSpoiled || isUntold || leavesEarly(stage, over);
    return { fate: isUnsure ? "doubt" : "acked", until: to };
  }
  // express-session stores what a handler that fails has changed; the Web entries drop it.
  const isPlanned = ends === "throw" || ends === "error";
  if (!isOnWeb && isPlanned) return { fate: "doubt", until: to };
  return handler.outcome({ from, to }, visit.current);
}

/** As under express-session: a response does not wait for a save() nobody awaited. */
function leavesEarly({ program: { entry, isStrict } }: Stage, { handler }: Over): boolean {
  return !isWeb(entry) && !isStrict && handler.loosePending > 0;
}

/** The lifetime begins again with a visit that went well. */
function noteVisit(stage: Stage, over: Over, { fate }: Outcome): void {
  const { handler, request: { ends, rest }, known, from, to, began } = over;
  const { visit } = handler;
  const { store } = stage.program;
  const { current } = visit;
  const ended = stage.world.now;
  const isBroken = stage.history.brokenIn({ from, to }, [known, current]).length > 0;
  // As under express-session: what is loaded after the headers have left brings its end along.
  const reloads = rest?.some(([name]) => name === "reload") && !isWeb(stage.program.entry);
  // Express does not wait with the end of a response for a save() nobody awaits.
  const isLoose = handler.loose > 0 || (isStream(ends) && (store === "noTouch" || reloads));
  const isSure = fate === "acked" && !isBroken && !visit.isOver && !isLoose;
  const noted = { from, to, began, ended, by: visit.number };
  current.visits.push({ ...noted, fate: isSure ? "acked" : "doubt" });
  for (const each of [...visit.past, current]) stage.history.everySession.add(each);
  for (const each of visit.past) each.visits.push({ ...noted, fate: "doubt" });
}

function readCookie(stage: Stage, over: Over): Session | undefined {
  const { history, world } = stage;
  const { handler, answer, from, to, began, shape } = over;
  const { visit } = handler;
  const fields = answer.setCookies.filter((text) => {
    return text.startsWith(`${NAME}=`) && valueOf(text) !== "";
  });
  const what = `request ${visit.number}`;
  if (fields.length > 1) history.failures.push(`two cookies: ${what} was sent ${fields.length}`);
  const [field] = fields;
  if (field === undefined) return undefined;
  const cookie = valueOf(field);
  const id = idOf(cookie);
  const { session, attributes: given } = handler.atHeaders ??
    { session: visit.current, attributes: handler.attributes };
  const isRenewed = stage.program.rotateAfter !== undefined && session === over.known &&
    history.byId(id) === undefined;
  if (session.id === undefined || isRenewed) stage.bind(session, id);
  if (session.id !== id) {
    const { ends } = over.request;
    // It left with the headers, before the other's, or nothing was stored that could have told of the other.
    const isUntold = isStream(ends) || leavesEarly(stage, over) || ends === "throw" ||
      ends === "error" || history.broken.length > 0;
    if (!visit.isSpoiled && !(isUntold && hasId(session, id))) {
      history.failures.push(`another's cookie: ${what} was sent the cookie of another session`);
    }
    return undefined;
  }
  session.cookie = cookie;
  const isStored = shape.records().has(id);
  const isEarly = isStream(over.request.ends) || leavesEarly(stage, over) ||
    (visit.isUnsaid && !visit.isStored);
  history.sent.push({
    ...{ from, to, what, session, id, isStored, isEarly, field, began, by: visit.number },
    now: world.now,
    attributes: inWords(given),
  });
  return session;
}

/** A cookie's attributes as its field has them. */
function inWords({ sameSite, httpOnly, secure, path }: Attributes): string {
  const words = [
    ...httpOnly ? ["HttpOnly"] : [],
    `Path=${path}`,
    ...secure ? ["Secure"] : [],
    ...sameSite ? [`SameSite=${sameSite}`] : [],
  ];
  return words.map((each) => each.toLowerCase()).sort().join("; ");
}
