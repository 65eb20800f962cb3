/** `update()` reaches the session and the store together, or neither. */
import { describe, expect, test } from "vitest";
import { type Any, begin, dataOf, stop, visit } from "./entries.ts";
import type { MakeWorld } from "./worlds.ts";
import { describeIf, testIf } from "./where.ts";

const refusal = new Error("not enough money");

export function describeTransactions(make: MakeWorld): void {
  describe("an update() that fails leaves no trace, not at the end of its request either", () => {
    test.each<[string, (data: Any) => unknown]>([
      ["throws", (data) => {
        data.balance -= 10;
        throw refusal;
      }],
      ["rejects", async (data) => {
        data.balance -= 10;
        await Promise.resolve();
        throw refusal;
      }],
      ["rejects after another step", async (data) => {
        data.balance -= 10;
        await new Promise(setImmediate);
        data.gone = delete data.list;
        throw refusal;
      }],
    ])("its function %s", async (_how, change) => {
      const { entry } = make();
      const cookie = await begin(entry, { balance: 5, list: [1] });
      await visit(entry, cookie, async ({ session, update }) => {
        await expect(update(change)).rejects.toBe(refusal);
        expect(session.balance).toBe(5);
        session.other = true;
      });
      expect(await dataOf(entry, cookie)).toEqual({ balance: 5, list: [1], other: true });
    });

    test("the store refuses it", async () => {
      const { entry, gate } = make();
      const cookie = await begin(entry, { balance: 5 });
      await visit(entry, cookie, async ({ session, update }) => {
        gate.fail("write", new Error("no connection"));
        await expect(update((data) => void (data.balance -= 1))).rejects.toThrow();
        expect(session.balance).toBe(5);
        session.other = true;
      });
      expect(await dataOf(entry, cookie)).toEqual({ balance: 5, other: true });
    });

    testIf(make.isShared)("others were faster each time", async () => {
      const { entry, memory } = make();
      const cookie = await begin(entry, { balance: 5 });
      await visit(entry, cookie, async ({ session, update }) => {
        const { commit } = memory;
        memory.commit = (id) => ({ status: "conflict", current: memory.read(id)! });
        await expect(update((data) => void (data.balance -= 1))).rejects.toMatchObject({
          code: "SESSION_CONFLICT",
        });
        memory.commit = commit;
        expect(session.balance).toBe(5);
        session.other = true;
      });
      expect(await dataOf(entry, cookie)).toEqual({ balance: 5, other: true });
    });

    test("its data are more than maxBytes", async () => {
      const { entry } = make({ maxBytes: 100 });
      const cookie = await begin(entry, { a: 1 });
      await visit(entry, cookie, async ({ session, update }) => {
        const growing = update((data) => void (data.big = "x".repeat(100)));
        await expect(growing).rejects.toMatchObject({ code: "SESSION_TOO_LARGE" });
        expect(session.big).toBeUndefined();
        session.b = 2;
      });
      expect(await dataOf(entry, cookie)).toEqual({ a: 1, b: 2 });
    });
  });

  test("an update() that failed once counts once when it is called again", async () => {
    const { entry, gate } = make();
    const cookie = await begin(entry, { n: 1 });
    await visit(entry, cookie, async ({ session, update }) => {
      const increment = () => update((data) => void data.n++);
      gate.fail("write", new Error("connection reset"));
      await expect(increment()).rejects.toThrow();
      await increment();
      expect(session.n).toBe(2);
    });
    expect(await dataOf(entry, cookie)).toEqual({ n: 2 });
  });

  describeIf(make.isShared)("a conflict runs it again on fresh data, never on its own", () => {
    test.each<[string, string, boolean, object]>([
      ["that others have changed", "list", false, {}],
      ["that others have left alone", "other", false, { other: ["x"] }],
      ["that this request has not stored yet", "other", true, { other: ["x"] }],
    ])("data %s", async (_what, theirs, isUnsaved, others) => {
      const { entry, gate, elsewhere } = make();
      const cookie = await begin(entry, { list: [], other: [] });
      const seen: unknown[] = [];
      const before = isUnsaved ? ["w"] : [];
      const expected = theirs === "list" ? ["x", "y"] : [...before, "y"];
      const held = gate.hold("write");
      const slow = visit(entry, cookie, async ({ session, update }) => {
        if (isUnsaved) session.list = [...before];
        await update((data) => {
          seen.push([...data.list]);
          data.list.push("y");
        });
        return [...session.list];
      });
      await held.arrived;
      await visit(
        elsewhere(),
        cookie,
        ({ update }) => update((data) => void data[theirs].push("x")),
      );
      held.release();
      expect((await slow).result).toEqual(expected);
      expect(await dataOf(entry, cookie)).toEqual({ other: [], list: expected, ...others });
      expect(seen).toEqual([before, expected.slice(0, -1)]);
    });
  });

  test.each([1, 5])(
    "while its function takes its time others write %i times, and all counts",
    async (times) => {
      const { entry } = make();
      const cookie = await begin(entry, { n: 0 });
      let left = times;
      let runs = 0;
      await visit(entry, cookie, async ({ update }) => {
        await update(async (data) => {
          runs++;
          if (left-- > 0) {
            const others = visit(entry, cookie, ({ session, update }) => {
              session[`other${runs}`] = true;
              return update((their) => void (their.n += 10));
            });
            // After some rounds these wait for it, and not it for them.
            if (runs <= 2) await others;
            else await new Promise(setImmediate);
          }
          data.n += 1;
        });
      });
      for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
      const { n, ...others } = await dataOf(entry, cookie);
      expect(n).toBe(1 + 10 * Object.keys(others).length);
    },
  );

  test("a function that rejects after others were faster stores nothing of it", async () => {
    const { entry } = make();
    const cookie = await begin(entry, { n: 0 });
    let runs = 0;
    await visit(entry, cookie, async ({ update }) => {
      const slow = update(async (data) => {
        data.n = -1;
        if (++runs > 3) throw refusal;
        await visit(entry, cookie, ({ update }) => update((their) => void their.other++));
      });
      await expect(slow).rejects.toBe(refusal);
    });
    expect((await dataOf(entry, cookie)).n).toBe(0);
  });

  test("it is given what the handler has not stored yet, and the session has the result", async () => {
    const { entry } = make();
    const cookie = await begin(entry, { a: 1 });
    await visit(entry, cookie, async ({ session, update }) => {
      session.mine = 2;
      const sum = await update((data) => data.sum = data.a + data.mine);
      expect([sum, session.sum]).toEqual([3, 3]);
    });
    expect(await dataOf(entry, cookie)).toEqual({ a: 1, mine: 2, sum: 3 });
  });

  describe("of two at a time in one request both count", () => {
    const slowly = async (data: Any) => {
      const { n } = data;
      await new Promise(setImmediate);
      data.n = n + 1;
    };
    test.each<[string, (data: Any) => unknown, boolean]>([
      ["at once", (data) => void data.n++, true],
      ["slowly", slowly, true],
      ["at once, in a new session", (data) => void data.n++, false],
      ["slowly, in a new session", slowly, false],
    ])("%s", async (_how, change, isStored) => {
      const { entry } = make();
      const known = isStored ? await begin(entry, { n: 0 }) : undefined;
      const { cookie } = await visit(entry, known, async ({ session, update }) => {
        session.n = 5;
        await Promise.all([update(change), update(change)]);
        expect(session.n).toBe(7);
      });
      expect(await dataOf(entry, cookie)).toEqual({ n: 7 });
    });
  });

  test("of parallel take() one gets it", async () => {
    const { entry } = make();
    const cookie = await begin(entry, { state: "once", other: 1 });
    const gate = stop();
    const takers = [1, 2, 3, 4].map(async () => {
      const { result } = await visit(entry, cookie, async ({ take }) => {
        await gate.here();
        return await take("state");
      });
      return result;
    });
    await gate.arrived;
    gate.release();
    expect((await Promise.all(takers)).filter((value) => value === "once")).toHaveLength(1);
    expect(await dataOf(entry, cookie)).toEqual({ other: 1 });
  });
}
