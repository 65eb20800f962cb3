/** A verdict on a session that has moved thousands of times, or in circles: the same as on a short one. */
import { expect, test } from "vitest";
import { History } from "./history.ts";
import { type Link, Session, SUBJECT, type Write } from "./model.ts";
import type { Keep } from "./program.ts";
import { verdict } from "./verdict.ts";

/** What this many calls of one another need is more than a stack holds. */
const LONG = 20_000;

const PROGRAM = { entry: "wrap", store: "atomic", life: null, waves: [], schedule: [] } as const;

function write(key: string, value: string, at: number): Write {
  return { key, value: JSON.stringify(value), from: at, to: at + 1, fate: "acked", by: 0 };
}

/** A session that the store has had since a step, and which came of another by a login. */
function after(parent: Session, at: number, keep: Keep = true, isTwice = false): Session {
  const link: Link = {
    ...{ parent, keep, isLogin: true, read: at, from: at + 1, to: at + 2 },
    ...{ fate: "acked", by: at },
  };
  const session = new Session(null, link);
  parent.moved = at + 1;
  session.stored = at + 2;
  // The same form, sent twice at once.
  if (isTwice) new Session(null, { ...link, by: at + 1, from: at + 2, to: at + 3 });
  return session;
}

/** The last of a long line, and the first. */
function line(length: number, keep: (at: number) => Keep, isTwice = false): [Session, Session] {
  const first = new Session(null);
  first.stored = 0;
  first.writes.push(write("a", "a-1", 0), write(SUBJECT, "ann", 0));
  first.appended.push({ token: "log-1", from: 0, to: 1, fate: "acked", by: 0 });
  first.said.push({ token: "said-1", from: 0, to: 1, fate: "acked", by: 0 });
  first.heard.push({ tokens: ["said-1"], from: 2, to: 3, fate: "acked", by: 1 });
  let last = first;
  for (let at = 1; at <= length; at++) last = after(last, at * 10, keep(at), isTwice);
  return [last, first];
}

const END = { from: LONG * 10 + 100, to: LONG * 10 + 101 };

for (const length of [3, LONG]) {
  test(`what ${length} logins have taken along may be seen, and nothing else`, () => {
    const [last] = line(length, () => true);
    expect(last.mayShow("a", '"a-1"', END)).toBe(true);
    expect(last.mayShow("a", '"a-2"', END)).toBe(false);
    expect(last.mayShow("a", undefined, END)).toBe(false);
    expect(last.tokens("appended", END.from).must.map(({ token }) => token)).toEqual(["log-1"]);
    expect(last.tokens("said", END.from).all.map(({ token }) => token)).toEqual(["said-1"]);
    expect(last.allHeard().sure.map(({ tokens }) => tokens)).toEqual([["said-1"]]);
    expect(last.isBeside).toBe(false);
    expect(last.over).toBe(Infinity);
  });

  test(`what one of ${length} logins has left behind may not be seen`, () => {
    const [last] = line(length, (at) => at !== 2);
    expect(last.mayShow("a", '"a-1"', END)).toBe(false);
    expect(last.mayShow("a", undefined, END)).toBe(true);
    expect(last.tokens("appended", END.from)).toEqual({ all: [], must: [] });
  });

  test(`a logout of the first of ${length} follows to the last`, () => {
    const [last, first] = line(length, () => true);
    expect(last.mayBeOver(END.to)).toBe(false);
    first.ends.push({ how: "logout", from: 3, to: 4, fate: "acked", by: 7 });
    expect(last.over).toBe(last.link!.to);
    expect(last.mayBeOver(END.to)).toBe(true);
  });

  test(`a verdict on ${length} logins names the one value that was never written`, () => {
    const judged = (value: string) => {
      const [last, first] = line(length, () => true);
      const history = new History(PROGRAM);
      for (const each of [first, last]) history.everySession.add(each);
      history.sessions.push(last);
      const values = new Map([["a", JSON.stringify(value)], ["log", '["log-1"]'], [
        "last",
        '"log-1"',
      ]]);
      const what = "a read";
      history.reads.push({ what, session: last, values, own: new Set(), subject: "ann", ...END });
      history.revoked.push({
        ...{ subject: "ann", spared: undefined, by: 9, fate: "refused" },
        ...{ from: END.to + 1, to: END.to + 2 },
      });
      return verdict(history);
    };
    expect(judged("a-1")).toEqual([]);
    expect(judged("a-2")).toEqual([{ kind: "kept", text: 'a read: "a" is "a-2"' }]);
  });
}

for (const length of [3, 1_000]) {
  test(`what ${length} forms, each sent twice, have taken along may be seen`, () => {
    const [last] = line(length, () => true, true);
    expect(last.isBeside).toBe(true);
    expect(last.mayShow("a", '"a-1"', END)).toBe(true);
    expect(last.tokens("appended", END.from).must.map(({ token }) => token)).toEqual(["log-1"]);
  });
}

test("what nobody in a family has written may not be seen, though each asks what the others have", () => {
  const first = new Session(null);
  first.stored = 0;
  const one = after(first, 10, true, true);
  const [, other] = first.children;
  const child = after(one, 20);
  for (const each of [one, other!, child]) {
    expect(each.mayShow("a", '"a-1"', END)).toBe(false);
    expect(each.mayShow("a", undefined, END)).toBe(true);
  }
  other!.writes.push(write("a", "a-1", 11));
  for (const each of [one, other!, child]) expect(each.mayShow("a", '"a-1"', END)).toBe(true);
});
