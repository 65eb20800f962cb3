/** What is known of one session while calls that change it are under way, step by step. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Entry, Marks } from "../../src/stores/express/entry.ts";
import { GONE, isOld } from "../../src/stores/express/sent.ts";
import { Written } from "../../src/stores/express/written.ts";

const MINUTE = 60_000;
const written = (text = "{}") => new Written(text, null, {});
const cookie = (json: string) => ({ json, expires: null });

let entry: Entry;
let marks: Marks;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
  marks = new Marks();
  marks.next();
  entry = new Entry("id", marks);
});
afterEach(() => vi.useRealTimers());

/** A call that began, was answered, and is acknowledged. */
function store(text?: string) {
  const sent = entry.begin("write", {}, "wrapper");
  const newest = written(text);
  entry.end(sent);
  entry.acknowledge(newest, sent);
  return newest;
}
function destroy() {
  const sent = entry.begin("destroy", undefined, "wrapper");
  entry.acknowledge(GONE, sent);
  entry.ended(sent);
}

test("begins knowing nothing: quiet, settled, and of the mark that was the latest", () => {
  expect(entry).toMatchObject({
    id: "id",
    mark: 1,
    goneMark: 0,
    acknowledgedAt: 0,
    newest: undefined,
    isUnsettled: false,
    isQuiet: true,
    isEnding: false,
  });
  expect([entry.mayBeAhead(0), entry.needsMend()]).toEqual([false, false]);
});

describe("a call under way", () => {
  test("is one until it has ended", () => {
    const sent = entry.begin("write", {}, "wrapper");
    expect([entry.isQuiet, entry.isUnderWay("write"), entry.isUnderWay("touch"), entry.isEnding])
      .toEqual([false, true, false, false]);
    entry.end(sent);
    expect([entry.isQuiet, entry.isUnderWay("write")]).toEqual([true, false]);
    const ending = entry.begin("destroy", undefined, "application");
    expect(entry.isEnding).toBe(true);
    entry.end(ending);
    expect(entry.isEnding).toBe(false);
  });

  test("is waited for a minute, and no longer", () => {
    const sent = entry.begin("destroy", undefined, "wrapper");
    vi.advanceTimersByTime(MINUTE);
    expect([isOld(sent), entry.isEnding]).toEqual([false, true]);
    vi.advanceTimersByTime(1);
    expect([isOld(sent), entry.isEnding]).toEqual([true, false]);
  });

  test("is nothing new where it only says once more what was acknowledged", () => {
    entry.begin("write", {}, "mend", written());
    entry.begin("destroy", undefined, "mend", GONE);
    expect([entry.isUnderWay("write"), entry.isEnding, entry.isQuiet]).toEqual(
      [false, false, false],
    );
  });

  test.each<[string, Parameters<Entry["begin"]>, Parameters<Entry["begin"]>, boolean]>([
    ["two writes", ["write", {}, "wrapper"], ["write", {}, "wrapper"], true],
    ["a touch and a write", ["touch", {}, "wrapper"], ["write", {}, "wrapper"], true],
    ["a write and an end", ["write", {}, "wrapper"], ["destroy", undefined, "wrapper"], true],
    ["two touches", ["touch", {}, "wrapper"], ["touch", {}, "wrapper"], false],
    ["two ends", ["destroy", undefined, "wrapper"], ["destroy", undefined, "wrapper"], false],
  ])("crosses another where their order matters: %s", (_what, one, other, isCrossed) => {
    const [first, second] = [entry.begin(...one), entry.begin(...other)];
    expect([first.isCrossed, second.isCrossed]).toEqual([isCrossed, isCrossed]);
    expect([first.isDisturbed, second.isDisturbed]).toEqual([false, false]);
    // Whoever ends first may have been undone by the other, and not the other way round.
    entry.end(first);
    expect([first.isDisturbed, second.isDisturbed]).toEqual([false, isCrossed]);
  });

  test("crosses none that says the same once more", () => {
    const newest = written();
    const mend = entry.begin("write", {}, "mend", newest);
    const again = entry.begin("write", {}, "mend", newest);
    expect([mend.isCrossed, again.isCrossed]).toEqual([false, false]);
    const other = entry.begin("write", {}, "mend", written());
    expect([mend.isCrossed, again.isCrossed, other.isCrossed]).toEqual([true, true, true]);
  });

  test("that nobody waits for any more makes all doubtful, if it ends after all", () => {
    const lost = entry.begin("write", {}, "wrapper");
    vi.advanceTimersByTime(MINUTE + 1);
    const newest = store();
    expect([entry.isUnsettled, lost.isCrossed]).toEqual([false, false]);
    entry.end(lost);
    expect([entry.isUnsettled, lost.isCrossed, lost.isDisturbed]).toEqual([true, true, true]);
    expect([entry.needsMend(), entry.newest]).toEqual([true, newest]);
  });

  test("… but nothing where nothing is acknowledged", () => {
    const lost = entry.begin("write", {}, "wrapper");
    vi.advanceTimersByTime(MINUTE + 1);
    entry.end(entry.begin("touch", {}, "wrapper"));
    entry.end(lost);
    expect([entry.isUnsettled, entry.isQuiet]).toEqual([false, true]);
  });

  test("… nor where it is not known any more", () => {
    const lost = entry.begin("write", {}, "wrapper");
    vi.advanceTimersByTime(MINUTE + 1);
    store();
    entry.failedToEnd();
    entry.end(lost);
    expect([entry.newest, entry.isQuiet]).toEqual([undefined, true]);
    const mend = entry.begin("write", {}, "mend", store());
    vi.advanceTimersByTime(MINUTE + 1);
    store();
    entry.failedToEnd();
    entry.end(mend);
    expect([entry.newest, entry.isQuiet]).toEqual([undefined, true]);
  });

  test("… nor where the store has answered nothing since it began", () => {
    store();
    const lost = entry.begin("touch", {}, "wrapper");
    vi.advanceTimersByTime(MINUTE + 1);
    entry.end(entry.begin("touch", {}, "wrapper"));
    entry.end(lost);
    expect([entry.isQuiet, entry.mayBeAhead(marks.now)]).toEqual([true, false]);
  });
});

describe("what is acknowledged", () => {
  test("is the newest, from a mark of its own on", () => {
    const began = marks.now;
    const newest = store('{"a":1}');
    expect([entry.newest, entry.isUnsettled, entry.isQuiet]).toEqual([newest, false, true]);
    expect([entry.mark, entry.acknowledgedAt]).toEqual([marks.now, marks.now]);
    // What was looked for before that may not have been there yet.
    expect([entry.mayBeAhead(began), entry.mayBeAhead(marks.now)]).toEqual([true, false]);
    expect(newest.began).toBe(began + 1);
  });

  test("is in doubt where another call may have undone it", () => {
    const touch = entry.begin("touch", {}, "wrapper");
    const newest = store();
    expect([entry.isUnsettled, entry.mayBeAhead(marks.now), entry.needsMend()])
      .toEqual([true, true, false]);
    // It has ended since: now the store is to be told again.
    entry.end(touch);
    expect(entry.needsMend()).toBe(true);
    const mend = entry.begin("write", {}, "mend", newest);
    entry.end(mend);
    entry.mended(mend);
    expect([entry.isUnsettled, entry.needsMend(), entry.isQuiet]).toEqual([false, false, true]);
    expect(entry.mayBeAhead(marks.now - 1)).toBe(true);
  });

  test("… and stays so where somebody crosses what tells it again, or has stored something else", () => {
    const touch = entry.begin("touch", {}, "wrapper");
    const newest = store();
    entry.end(touch);
    const mend = entry.begin("write", {}, "mend", newest);
    const visit = entry.begin("touch", {}, "wrapper");
    entry.end(visit);
    entry.end(mend);
    entry.mended(mend);
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, true]);
    const late = entry.begin("write", {}, "mend", newest);
    const { mark } = entry;
    entry.newest = written("{}");
    entry.mended(late);
    expect([entry.isUnsettled, entry.mark]).toEqual([true, mark]);
  });

  test("is told again at once where a write that it has overtaken may never answer", () => {
    const slow = entry.begin("write", {}, "wrapper");
    store();
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, true]);
    expect(slow.isDisturbed).toBe(true);
  });

  test("that it has ended, also beside a touch", () => {
    entry.begin("touch", {}, "wrapper");
    destroy();
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, true]);
  });

  test("… but not where nothing was under way", () => {
    destroy();
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([false, false]);
  });

  test("is not undone by what began when the store had answered", () => {
    entry.begin("touch", {}, "wrapper");
    store();
    entry.end(entry.begin("touch", {}, "wrapper"));
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, false]);
  });

  test("has the cookie of the latest touch, also where they were answered in turn", () => {
    const write = entry.begin("write", {}, "wrapper");
    for (const turn of [1, 2]) {
      entry.touched(cookie(`{"turn":${turn}}`), entry.begin("touch", {}, "wrapper"));
    }
    const newest = written('{"cookie":{},"a":1}');
    entry.end(write);
    entry.acknowledge(newest, write);
    expect(JSON.parse(newest.json)).toEqual({ cookie: { turn: 2 }, a: 1 });
  });

  test("has the cookie of the latest touch that was answered meanwhile", () => {
    const write = entry.begin("write", {}, "wrapper");
    const [first, second] = [1, 2].map(() => entry.begin("touch", {}, "wrapper"));
    entry.touched(cookie('{"late":2}'), second!);
    entry.touched(cookie('{"early":1}'), first!);
    const newest = written('{"cookie":{},"a":1}');
    entry.end(write);
    entry.acknowledge(newest, write);
    expect(JSON.parse(newest.json)).toEqual({ cookie: { late: 2 }, a: 1 });
    const third = entry.begin("touch", {}, "wrapper");
    entry.touched(cookie('{"third":3}'), third);
    expect(JSON.parse(newest.json)).toEqual({ cookie: { third: 3 }, a: 1 });
  });

  test("is all that is kept once nothing is under way", () => {
    const touch = entry.begin("touch", {}, "wrapper");
    entry.touched(cookie('{"old":1}'), touch);
    const newest = store('{"cookie":{}}');
    entry.end(touch);
    entry.rest();
    expect(newest.model).toBeUndefined();
    const next = store('{"cookie":{}}');
    expect(next.json).toBe('{"cookie":{}}');
    destroy();
    expect(() => entry.rest()).not.toThrow();
  });
});

describe("what has ended", () => {
  test("is gone for whoever read it, or began to write it, before that was done", () => {
    store();
    const [early] = [entry.begin("touch", {}, "wrapper")];
    const { mark } = entry;
    destroy();
    expect(entry.goneMark).toBeGreaterThan(mark);
    expect([entry.mark, entry.goneMark, entry.newest]).toEqual([marks.now, marks.now, GONE]);
    expect(entry.isTooLate(early!)).toBe(true);
    expect(entry.isTooLate(entry.begin("write", {}, "wrapper"))).toBe(false);
  });

  test("… from the store's answer on, and until it is sure to be ended", () => {
    const early = entry.begin("touch", {}, "wrapper");
    const ending = entry.begin("destroy", undefined, "wrapper");
    entry.acknowledge(GONE, ending);
    expect(entry.goneMark).toBe(entry.mark);
    expect(entry.goneMark).toBeGreaterThan(early.began);
    // The store is being told again meanwhile, and fails to be.
    const late = entry.begin("write", {}, "wrapper");
    entry.end(ending);
    expect(entry.isTooLate(late)).toBe(false);
    entry.ended(ending);
    expect(entry.isTooLate(late)).toBe(true);
  });

  test("… unless somebody has begun it anew by then", () => {
    const ending = entry.begin("destroy", undefined, "wrapper");
    entry.acknowledge(GONE, ending);
    const newest = store();
    const { mark } = entry;
    entry.ended(ending);
    expect([entry.newest, entry.mark, entry.goneMark < mark]).toEqual([newest, mark, true]);
  });

  test("… while it is being ended only where it moves, or is ended once more", () => {
    const write = entry.begin("write", {}, "wrapper");
    const ending = entry.begin("destroy", undefined, "wrapper");
    expect(entry.isTooLate(write)).toBe(false);
    entry.moved();
    expect(entry.isTooLate(write)).toBe(true);
    entry.end(ending);
    expect(entry.isTooLate(write)).toBe(false);
    const other = new Entry("other", marks);
    other.newest = GONE;
    const late = other.begin("write", {}, "wrapper");
    expect(other.isTooLate(late)).toBe(false);
    other.begin("destroy", undefined, "wrapper");
    expect(other.isTooLate(late)).toBe(true);
  });

  test("a move is over with what is stored next, or where the old record could not be ended", () => {
    const write = entry.begin("write", {}, "wrapper");
    entry.moved();
    store();
    entry.begin("destroy", undefined, "wrapper");
    expect(entry.isTooLate(write)).toBe(false);
    entry.moved();
    entry.failedToEnd();
    expect(entry.isTooLate(write)).toBe(false);
  });

  test("a failure to end it has whoever has read it look again, and forgets what is sure to stand there", () => {
    store();
    const { mark } = entry;
    entry.failedToEnd();
    expect([entry.mark > mark, entry.newest, entry.mayBeAhead(0)]).toEqual([
      true,
      undefined,
      false,
    ]);
    const touch = entry.begin("touch", {}, "wrapper");
    const newest = store();
    entry.failedToEnd();
    expect(entry.newest).toBe(newest);
    entry.end(touch);
  });

  test("is told again where the store has it after all, and begun anew where others have", () => {
    const touch = entry.begin("touch", {}, "wrapper");
    const ending = entry.begin("destroy", undefined, "wrapper");
    entry.end(touch);
    entry.acknowledge(GONE, ending);
    entry.ended(ending);
    const mend = entry.begin("destroy", undefined, "mend", GONE);
    const visit = entry.begin("touch", {}, "wrapper");
    entry.end(mend);
    entry.mended(mend);
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, false]);
    entry.foundAfterAll();
    expect(entry.needsMend()).toBe(true);
    entry.end(visit);
    entry.foundAgain();
    expect(entry.newest).toBeUndefined();
    const newest = store();
    entry.foundAgain();
    entry.foundAfterAll();
    expect([entry.newest, entry.needsMend()]).toEqual([newest, false]);
    // What is there has not been told in vain, whatever crosses it.
    entry.begin("touch", {}, "wrapper");
    store();
    entry.foundAfterAll();
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, false]);
  });

  test("leaves what was acknowledged to whoever ends it", () => {
    const touch = entry.begin("touch", {}, "wrapper");
    store();
    entry.end(touch);
    expect(entry.needsMend()).toBe(true);
    const ending = entry.begin("destroy", undefined, "wrapper");
    expect(entry.needsMend()).toBe(false);
    entry.end(ending);
    expect(entry.needsMend()).toBe(true);
  });
});

test.each<["write" | "destroy"]>([["write"], ["destroy"]])(
  "telling it again twice is no reason to tell it once more: %s",
  (deed) => {
    const [early, late] = [1, 2].map(() => entry.begin("touch", {}, "wrapper"));
    if (deed === "write") store();
    else destroy();
    const { newest } = entry;
    entry.end(early!);
    const [first, second] = [1, 2].map(() => entry.begin(deed, {}, "mend", newest));
    entry.end(second!);
    entry.mended(second!);
    entry.end(first!);
    expect([entry.isUnsettled, entry.needsMend()]).toEqual([true, false]);
    // What may have undone it is.
    entry.end(late!);
    expect(entry.needsMend()).toBe(true);
  },
);

describe("a call that reaches the store", () => {
  const plain = { cookie: {} };
  const saved = { cookie: {}, save() {} };

  test("is this wrapper's own, once", () => {
    entry.begin("write", saved, "wrapper");
    expect([entry.isPart("write", saved), entry.isPart("write", saved)]).toEqual([true, false]);
    entry.begin("write", saved, "mend", written());
    expect([entry.isPart("write", undefined), entry.isPart("write", undefined)])
      .toEqual([true, false]);
    entry.begin("write", saved, "application");
    expect([entry.isPart("write", saved), entry.isPart("touch", undefined)]).toEqual([
      false,
      false,
    ]);
  });

  test("is part of another where that was handed the same session", () => {
    const sent = entry.begin("destroy", saved, "wrapper");
    expect([entry.isPart("write", saved), entry.isPart("write", { ...saved })])
      .toEqual([true, false]);
    entry.end(sent);
    expect(entry.isPart("write", saved)).toBe(false);
  });

  test("is part of a touch where it stores what was just read: that has no methods", () => {
    expect(entry.isPart("write", plain)).toBe(false);
    entry.begin("touch", saved, "wrapper");
    expect([entry.isPart("write", plain), entry.isPart("write", { ...saved })])
      .toEqual([true, false]);
    expect(entry.isPart("write", undefined)).toBe(false);
    const other = new Entry("other", marks);
    other.begin("write", saved, "wrapper");
    expect(other.isPart("touch", plain)).toBe(false);
  });
});
