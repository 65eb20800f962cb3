/** What a session held when a call was made: it follows what calls before it store. */
import { describe, expect, test } from "vitest";
import { META } from "../../src/core/session_metadata.ts";
import { Snapshot, Snapshots } from "../../src/core/snapshot.ts";

const text = (data: object): string => JSON.stringify(data);
const messages = (...info: string[]): object => ({ [META]: { flash: { info } } });

describe("a snapshot", () => {
  test("is laid on what stands in the store by now", () => {
    const held = new Snapshot(text({ a: 1 }), text({ a: 2, b: 1 }));
    expect(held.onto(text({ a: 1, theirs: 1 }))).toBe(text({ a: 2, theirs: 1, b: 1 }));
  });

  test("has what a call before it has brought, and keeps what it changes itself", () => {
    const held = new Snapshot(text({ a: 1 }), text({ a: 1, mine: 1 }));
    held.follow(text({ a: 1 }), text({ a: 2, theirs: 1 }));
    expect(held).toMatchObject({
      base: text({ a: 2, theirs: 1 }),
      text: text({ a: 2, theirs: 1, mine: 1 }),
    });
  });

  test("leaves no message a second time that a call before it has stored", () => {
    const held = new Snapshot("{}", text(messages("one")));
    held.follow(text(messages("one")), text(messages("one")));
    expect(held.onto(text(messages("one")))).toBe(text(messages("one")));
    expect(held.onto(text(messages("theirs", "one")))).toBe(text(messages("theirs", "one")));
  });
});

describe("the snapshots of a request", () => {
  const session = {};

  test("follow what is stored of their own object", () => {
    const snapshots = new Snapshots();
    const [own, other] = [session, {}].map((of) => snapshots.hold(new Snapshot("{}", "{}", of)));
    snapshots.follow(session, "{}", text({ a: 1 }));
    expect([own!.text, other!.text]).toEqual([text({ a: 1 }), "{}"]);
  });

  test("follow while their calls are under way, and no longer", async () => {
    const snapshots = new Snapshots();
    const [kept, done, failed, late] = [1, 2, 3, 4].map(() => new Snapshot("{}", "{}", session));
    let end!: () => void;
    const ended = new Promise<void>((resolve) => end = resolve);
    snapshots.hold(kept!);
    const running = snapshots.during(late!, () => ended);
    snapshots.during(done!, () => {});
    expect(() =>
      snapshots.during(failed!, () => {
        throw new Error("planned");
      })
    ).toThrow("planned");
    snapshots.follow(session, "{}", text({ a: 1 }));
    const [has, hasNot] = [text({ a: 1 }), "{}"];
    expect([kept, done, failed, late].map((each) => each!.text)).toEqual([
      has,
      hasNot,
      hasNot,
      has,
    ]);
    end();
    await running;
    snapshots.release(kept!);
    snapshots.follow(session, text({ a: 1 }), text({ a: 2 }));
    expect([kept!.text, late!.text]).toEqual([has, has]);
  });

  test("one that is held twice follows once, and what a call answers is its answer", async () => {
    const snapshots = new Snapshots();
    const held = new Snapshot("{}", text(messages("mine")), session);
    snapshots.hold(held);
    const answer = snapshots.during(held, () => {
      snapshots.follow(session, "{}", text(messages("theirs")));
      return Promise.resolve(7);
    });
    expect(held.text).toBe(text(messages("theirs", "mine")));
    expect(await answer).toBe(7);
    await expect(snapshots.during(held, () => Promise.reject(new Error("planned")))).rejects
      .toThrow("planned");
    snapshots.follow(session, text(messages("theirs")), "{}");
    expect(held.text).toBe(text(messages("theirs", "mine")));
  });
});

test("those under way when another session takes the place of theirs are over, those that wait are not", () => {
  const snapshots = new Snapshots();
  const [running, waiting, done, later] = [0, 1, 2, 3].map(() => new Snapshot("{}", "{}"));
  snapshots.during(running!, () => new Promise(() => {}));
  snapshots.hold(waiting!);
  snapshots.during(done!, () => {});
  snapshots.end();
  snapshots.during(later!, () => new Promise(() => {}));
  const over = [running, waiting, done, later].map((each) => each!.isOver);
  expect(over).toEqual([true, false, false, false]);
});
