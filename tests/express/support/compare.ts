/** Says where two outcomes differ, once the documented differences are taken out. */
import { TAKEN_KEYS } from "./common_keys.ts";
import { type Answer, cookieOf } from "./drive.ts";
import type { Case, Outcome } from "./run_case.ts";
import { tolerates } from "./differences.ts";
import type { Asked } from "./stores.ts";

/** An outcome, and in how far each of its requests was corrected. */
export interface Expected extends Outcome {
  readonly dropped: readonly number[];
}

/**
 * What express-session did, without the two bugs that need no mistake of the
 * application: a session written twice after `regenerate()` and `save()`, and
 * a session stored although its cookie cannot be sent.
 */
export function withoutBugs(one: Case, outcome: Outcome): Expected {
  const name = cookieNameOf(one);
  const content = { ...outcome.content };
  const dropped = outcome.asked.map(() => 0);
  const known = new Set<string>();
  const asked = outcome.asked.map((list, index) => {
    const kept: Asked[] = [];
    const cookie = cookieOf(outcome.answers[index]!, name);
    const rotated = list.some(({ verb, during }) => verb === "destroy" && during === "handler");
    for (const call of list) {
      if (call.verb === "set" && call.during === "end" && !known.has(call.id)) {
        if (cookie === undefined && tolerates("orphans")) {
          dropped[index]!++;
          delete content[call.id];
          continue;
        }
      }
      const last = kept.findLast(({ verb, id }) => verb === "set" && id === call.id);
      if (rotated && call.during === "end" && call.verb === "set") {
        if (last?.session === call.session && tolerates("stored-twice")) {
          dropped[index]!++;
          continue;
        }
      }
      kept.push(call);
      if (call.verb === "set") known.add(call.id);
    }
    return kept;
  });
  return { ...outcome, asked, content, dropped };
}

/**
 * What a library asked of its store in one request. When the application does
 * not wait for a `save()`, ours may send the last word again: each call counts
 * once then.
 */
function normal(one: Case, index: number, asked: readonly Asked[]): readonly Asked[] {
  const isPlain = !one.requests[index]!.steps.some(([name]) => name === "saveAnyway");
  if (isPlain || !tolerates("saves-in-order")) return asked;
  const texts = new Set<string>();
  return asked.filter(({ verb, id, session }) => {
    const { cookie: _, ...data } = JSON.parse(session ?? "{}");
    const text = JSON.stringify([verb, id, data]);
    return !texts.has(text) && texts.add(text);
  }).map(({ verb, id }) => ({ verb, id, session: undefined, during: "handler" }));
}

/** The first difference, in words; `undefined` when there is none. */
export function difference(one: Case, theirs: Expected, ours: Outcome): string | undefined {
  for (let index = 0; index < theirs.answers.length; index++) {
    const isErrorPage = isOwnErrorPage(one, index, theirs, ours);
    for (const place of ["answers", "asked", "seen", "errors"] as const) {
      // Ours asks its own store directly: what it is asked is compared on "watched-memory".
      if (place === "asked" && one.store === "memory") continue;
      if (place === "answers" && isErrorPage) continue;
      const [a, b] = [theirs, ours].map((outcome) => {
        const part = place === "asked"
          ? normal(one, index, outcome.asked[index]!)
          : place === "answers"
          ? comparable(one, index, theirs, outcome)
          : outcome[place][index];
        return JSON.stringify(part).replaceAll("error no such file", () => {
          return tolerates("reload-error") && "error failed to load session";
        });
      });
      if (a !== b) return `request ${index + 1}, ${place}:\n  theirs ${a}\n  ours   ${b}`;
    }
    // From here on the browsers hold different cookies.
    if (isErrorPage) return undefined;
  }
  const [a, b] = [theirs.content, ours.content].map((part) => JSON.stringify(sorted(part)));
  return a === b ? undefined : `content of the store:\n  theirs ${a}\n  ours   ${b}`;
}

function comparable(one: Case, index: number, theirs: Expected, outcome: Outcome): Answer {
  const answer = outcome.answers[index]!;
  if (theirs.dropped[index]! > 0) return unframed(answer);
  return outcome === theirs ? answer : withoutNewSignature(one, index, theirs, outcome);
}

const CHANGES = ["write", "body", "nested", "remove", "regenerate", "destroyAndWrite", "id"];
const BEGINS = { bare: ["flush"], other: ["part", "flush", "partAndEnd"] };

/**
 * Where changed data were not stored and nothing has left, ours sends the
 * application's error page, without a cookie for what is not stored; theirs says
 * that all went well, and what is an error page already has its cookie.
 */
function isOwnErrorPage(one: Case, index: number, theirs: Expected, ours: Outcome): boolean {
  const lastly = theirs.asked[index]!.findLast(({ verb }) => verb === "set");
  if (one.store !== "failing-set" || !lastly?.refused) return false;
  const { steps, method } = one.requests[index]!;
  const does = (names: string[]) => steps.some(([step]) => names.includes(step));
  // Where there is no body, a part of it sends nothing.
  const isBare = method === "HEAD" ||
    steps.some(([step, code]) => step === "status" && [204, 304].includes(code));
  const begins = does(isBare ? BEGINS.bare : BEGINS.other);
  const [answer, other] = [ours.answers[index]!, theirs.answers[index]!];
  // What an earlier request wrote over a method is not loaded again: that is a change.
  const changes = does(CHANGES) || one.requests.slice(0, index).some(({ steps }) => {
    return steps.some(([step, key]) => step === "write" && TAKEN_KEYS.includes(key));
  });
  const isStored = ours.asked[index]!.filter(({ verb }) => verb === "set").length > 1;
  const isPage = other.status === 500
    ? answer.body === other.body
    : ["", "failed: the disk is full"].includes(answer.body) &&
      theirs.errors[index]!.at(-1) === "the disk is full";
  return isPage && changes && !begins && answer.status === 500 &&
    (isStored || cookieOf(answer, cookieNameOf(one)) === undefined) && tolerates("error-page");
}

/** What an older secret signed, ours signs anew when the session is stored. */
function withoutNewSignature(one: Case, index: number, theirs: Expected, ours: Outcome): Answer {
  const answer = ours.answers[index]!;
  const name = cookieNameOf(one);
  const isOld = one.requests[index]!.cookie === "old-key" && one.options["secret"] === "many";
  const isStored = ours.asked[index]!.some(({ verb }) => verb === "set");
  const isTheirs = cookieOf(theirs.answers[index]!, name) !== undefined;
  if (!isOld || !(isStored || one.store === "memory") || isTheirs) return answer;
  const headers = answer.headers.filter(([, value]) => {
    return !value.startsWith(`${name}=`) || !tolerates("signed-anew");
  });
  return { ...answer, headers };
}

function cookieNameOf({ options }: Case): string {
  return options["name"] ?? options["key"] ?? "connect.sid";
}

/** A response that waits for no store has its length written by Node. */
function unframed(answer: Answer): Answer {
  const framing = ["content-length", "transfer-encoding"];
  return {
    ...answer,
    headers: answer.headers.filter(([name]) => !framing.includes(name.toLowerCase())),
  };
}

function sorted(content: Record<string, string>): [string, string][] {
  return Object.entries(content).sort(([a], [b]) => a < b ? -1 : 1);
}
