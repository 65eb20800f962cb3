/** Whether a history is one that the promises allow. */
import { type History, type Read, recordOf } from "./history.ts";
import { lineage } from "./lineage.ts";
import { LIFE, LOG, type Session, SUBJECT } from "./model.ts";
import { attributes, cookies, lifetimes } from "./verdict_cookies.ts";
import { alive, endAll, ended, refusals, withdraw } from "./verdict_ends.ts";
import { messages } from "./verdict_flash.ts";

/** A broken promise: which kind, and where. */
export interface Failure {
  readonly kind: string;
  readonly text: string;
}

/** Every way in which this history breaks a promise. */
export function verdict(history: History): Failure[] {
  endAll(history);
  withdraw(history);
  return [
    ...history.failures.map((text) => ({ kind: text.split(":")[0]!, text })),
    ...refusals(history),
    ...ended(history),
    ...alive(history),
    ...history.reads.flatMap(seen),
    ...stored(history),
    ...messages(history),
    ...unheard(history),
    ...attributes(history),
    ...cookies(history),
    ...lifetimes(history),
  ];
}

/** What was seen is what was written, and was not refused, overwritten or left behind. */
function seen(read: Read): Failure[] {
  const { session, values, own, what } = read;
  const keys = new Set([...values.keys(), ...keysOf(session)]);
  const failures: Failure[] = [];
  for (const key of keys) {
    if (own.has(key) || key === LOG || key === "last" || key.startsWith("#")) continue;
    if (key === "$websession") {
      failures.push({ kind: "notes", text: `${what}: our notes are among the data` });
      continue;
    }
    if (read.isPart && !values.has(key)) continue;
    const value = values.get(key);
    if (session.mayShow(key, value, read)) continue;
    failures.push({ kind: kindOf(session, key, value), text: `${what}: "${key}" is ${value}` });
  }
  if (!read.isPart) failures.push(...listed(read));
  const { subject, life } = read;
  if (life !== undefined && !own.has(LIFE) && !session.mayShow(LIFE, JSON.stringify(life), read)) {
    failures.push({ kind: "lifetime", text: `${what}: the lifetime is ${life}` });
  }
  if (
    subject !== null && !own.has(SUBJECT) &&
    !session.mayShow(SUBJECT, JSON.stringify(subject), read)
  ) {
    failures.push({ kind: "subject", text: `${what}: the subject is ${subject}` });
  }
  return failures;
}

/** A value that may not be there was refused, or left behind, or is an older one. */
function kindOf(session: Session, key: string, value: string | undefined): string {
  const writes = [];
  for (let each: Session | undefined = session; each !== undefined; each = each.link?.parent) {
    writes.push(...each.writes.filter((write) => write.key === key && write.value === value));
  }
  if (value === undefined || writes.length === 0 && session.link === undefined) return "lost";
  if (writes.some(({ fate }) => fate === "refused")) return "refused, and seen";
  return session.writes.includes(writes[0]!) ? "lost" : "kept";
}

/** Of updates none is lost, none counts twice, none is half done. */
function listed({ session, values, what, from }: Read): Failure[] {
  const list: string[] = JSON.parse(values.get(LOG) ?? "[]");
  const { all, must } = session.tokens("appended", from);
  const failures: Failure[] = [];
  for (const { token } of must) {
    if (!list.includes(token)) failures.push({ kind: "lost update", text: `${what}: no ${token}` });
  }
  for (const token of new Set(list)) {
    const times = list.filter((each) => each === token).length;
    const allowed = all.filter((each) => each.token === token && each.fate !== "refused").length;
    if (allowed === 0) {
      failures.push({ kind: "refused, and seen", text: `${what}: ${token} of an update` });
    } else if (times > allowed) {
      failures.push({ kind: "update counted twice", text: `${what}: ${times} times ${token}` });
    }
  }
  const last = JSON.parse(values.get("last") ?? "null");
  if ((list.at(-1) ?? null) !== last) {
    failures.push({ kind: "half an update", text: `${what}: ${last} after ${list}` });
  }
  return failures;
}

function keysOf(session: Session): string[] {
  return [...lineage(session)].flatMap(({ writes }) => writes.map(({ key }) => key));
}

/** What failed and was awaited by nobody is the failure of the answer, unless its session is gone. */
function unheard({ unheard, wentWell }: History): Failure[] {
  return unheard
    .filter(({ by, code }) => wentWell.has(by) && code !== "SESSION_GONE")
    .map(({ what, code }) => ({
      kind: "unheard",
      text: `${what} failed (${code}), and all is well`,
    }));
}

/** The store holds what may be seen, and nothing that was refused, under whichever id. */
function stored(history: History): Failure[] {
  const { states, sessions, everySession, refused } = history;
  const failures: Failure[] = [];
  const never = new Set([...refused].map((token) => JSON.stringify(token)));
  for (const { writes, said } of everySession) {
    for (const { fate, value } of writes) if (fate === "refused" && value) never.add(value);
    for (const { fate, token } of said) if (fate === "refused") never.add(JSON.stringify(token));
  }
  for (const { at, records } of states) {
    for (const [id, { text }] of records) {
      if (history.isForsaken(id)) continue;
      for (const token of never) {
        if (isToken(token) && text.includes(token)) {
          failures.push({ kind: "refused, and seen", text: `${token} is in the store` });
        }
      }
    }
    for (const session of sessions) {
      const record = recordOf(records, session);
      if (record === undefined || session.over < at || history.isOwed(session)) continue;
      const { cookie: _, $websession: _notes, ...data } = record.data;
      const values = new Map(
        Object.entries(data).map(([key, each]) => [key, JSON.stringify(each)]),
      );
      const what = "in the store";
      const own = new Set<string>();
      failures.push(...seen({ what, session, values, own, from: at, to: at, subject: null }));
    }
  }
  return failures;
}

/** Numbers and subjects are written more than once. */
function isToken(value: string): boolean {
  return /-\d+"/.test(value);
}
