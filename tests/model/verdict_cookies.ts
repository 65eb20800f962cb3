/** A cookie is sent only for what is stored; its attributes and its lifetime are the session's own. */
import { type History, recordOf, type Sent } from "./history.ts";
import { lineage } from "./lineage.ts";
import { isAcked, LIFE, type Session, type Span } from "./model.ts";
import { isWeb } from "./entries.ts";
import { type Attribute, EDITS } from "./program.ts";
import type { Failure } from "./verdict.ts";

/** A session may end by so little earlier than its last visit says. */
const MOST_SLACK = 60_000;

export function cookies(history: History): Failure[] {
  return history.sent.flatMap((sent) => {
    const { what, session, isStored, field, attributes, to, now } = sent;
    const failures: Failure[] = [];
    const isOver = now >= ends(session, sent).earliest;
    if (!isStored && !sent.isEarly && !isOver && !session.mayBeOver(to)) {
      failures.push({ kind: "cookie for nothing", text: `${what} was sent a cookie` });
    }
    const given = attributesOf(field);
    if (given !== attributes) {
      const text = `${what}: "${given}" instead of "${attributes}"`;
      failures.push({ kind: "cookie attributes", text });
    }
    if (!sent.isEarly && !endsRightly(sent)) {
      failures.push({ kind: "cookie lifetime", text: `${what}: ${field.replace(/^[^;]*; /, "")}` });
    }
    return failures;
  });
}

/** A session that is found has the attributes of the options, or what a handler made of them. */
export function attributes({ reads, program: { entry, isAuto } }: History): Failure[] {
  const given = isWeb(entry)
    ? { sameSite: "lax", httpOnly: true, secure: true, path: "/" }
    : { sameSite: undefined, httpOnly: true, secure: undefined, path: "/" };
  return reads.flatMap(({ what, session, attributes = given }) => {
    const names = Object.keys(given) as Attribute[];
    const wrong = names.filter((name) => {
      // `"auto"` is what each request makes of it.
      if (attributes[name] === given[name] || (name === "secure" && isAuto)) return false;
      return isWeb(entry) || attributes[name] !== EDITS[name] || !mayBeEdited(session, name);
    });
    return wrong.map((name) => {
      const text = `${what}: ${name} of its cookie is ${attributes[name]}`;
      return { kind: "cookie attributes", text };
    });
  });
}

function mayBeEdited(session: Session, name: Attribute): boolean {
  return [...lineage(session)].some(({ edits }) => edits.has(name));
}

function attributesOf(field: string): string {
  const [, ...attributes] = field.split("; ").map((each) => each.toLowerCase());
  return attributes.filter((each) => !/^(expires|max-age)=/.test(each)).sort().join("; ");
}

function endsRightly({ session, field, began, now, from, to }: Sent): boolean {
  const end = /expires=([^;]*)/i.exec(field)?.[1];
  return livesOf(session, { from, to }).some((life) => {
    if (life === null || end === undefined) return life === null && end === undefined;
    const seconds = Date.parse(end) / 1000;
    return seconds >= Math.floor((began + life) / 1000) && seconds <= (now + life) / 1000;
  });
}

/** The end that is stored is that of a visit, by the lifetime that is stored. */
export function lifetimes(history: History): Failure[] {
  const { states, sessions, program } = history;
  return states.flatMap(({ at, records }) =>
    sessions.flatMap((session): Failure[] => {
      const record = recordOf(records, session);
      if (record === undefined || session.over < at || history.isOwed(session)) return [];
      const life: number | null = record.data["cookie"].originalMaxAge ?? null;
      const span = { from: at, to: at };
      if (!session.mayShow(LIFE, JSON.stringify(life), span)) {
        return [{ kind: "lifetime", text: `the stored lifetime is ${life}` }];
      }
      const { expires } = record;
      const visits = visitsOf(session, span);
      const lives = program.isStrict ? [life] : [life, ...livesOf(session, span)];
      const isRight = lives.some((life) => {
        if (life === null || expires === null) return life === expires;
        // A store on the Web is not told of every new end.
        const slack = isWeb(program.entry) ? Math.min(life / 20, MOST_SLACK) : 0;
        return visits.some(({ began, ended }) =>
          expires >= began + life - slack && expires <= ended + life
        );
      });
      if (isRight) return [];
      const last = Math.max(...visits.map(({ ended }) => ended));
      const left = expires === null ? "never" : `${expires - last} ms after its last visit`;
      return [{ kind: "end", text: `it ends ${left}, by a lifetime of ${life} ms` }];
    })
  );
}

/** The visits that may have been the last to begin the lifetime. */
function visitsOf({ visits }: Session, { from, to }: Span) {
  const sure = visits.filter((visit) => isAcked(visit) && visit.to < from);
  return visits.filter((visit) => visit.from < to && !sure.some((later) => later.from > visit.to));
}

function livesOf(session: Session, span: Span): (number | null)[] {
  const values = new Set<string>();
  for (let each: Session | undefined = session; each !== undefined; each = each.link?.parent) {
    values.add(JSON.stringify(each.life));
    for (const { key, value } of each.writes) if (key === LIFE) values.add(value!);
  }
  const lives = [...values].filter((value) => session.mayShow(LIFE, value, span));
  return lives.map((value) => JSON.parse(value));
}

/** When a session ends by itself, at the earliest and at the latest. */
export function ends(session: Session, span: Span) {
  const lives = livesOf(session, span).map((life) => life ?? Infinity);
  const visits = visitsOf(session, span);
  if (visits.length === 0 || lives.length === 0) return { earliest: 0, latest: Infinity };
  return {
    earliest: Math.min(...visits.map(({ began }) => began)) + Math.min(...lives) - MOST_SLACK,
    latest: Math.max(...visits.map(({ ended }) => ended)) + Math.max(...lives),
  };
}
