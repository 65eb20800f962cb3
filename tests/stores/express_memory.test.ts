/** What is remembered of sessions in a callback store, and for how long. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { newestOf, WriteLog } from "../../src/stores/express/write_log.ts";
import { Written } from "../../src/stores/express/written.ts";

afterEach(() => vi.unstubAllGlobals());

const written = (a: number) => new Written(JSON.stringify({ cookie: {}, a }), a, undefined);
const turn = () => new Promise(setImmediate);
const quietLog = () => new WriteLog(() => {});

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Whatever nobody holds is gone. */
async function collectGarbage(): Promise<void> {
  // What was looked at in this turn is held until it is over.
  await turn();
  await turn();
  gc();
}

/** Something was stored beside a call that is never answered, and that nobody waits for. */
function owe(log: WriteLog, id: string): void {
  const entry = log.entry(id);
  void log.touch(entry, undefined, "wrapper", () => new Promise<void>(() => {}));
  log.write(entry, written(1), "commit", () => {});
}
const isKnown = (log: WriteLog, id: string) => newestOf(log.entry(id)) !== undefined;

describe("a session that a store owes something is remembered, whoever holds it", () => {
  test("once something is stored beside a call that is never answered", async () => {
    const log = quietLog();
    owe(log, "id");
    await collectGarbage();
    expect(isKnown(log, "id")).toBe(true);
  });

  test("from the first call on", async () => {
    const log = quietLog();
    const isHeld = (() => {
      const entry = log.entry("id");
      void log.touch(entry, undefined, "wrapper", () => new Promise<void>(() => {}));
      const reference = new WeakRef(entry);
      return () => reference.deref() !== undefined;
    })();
    await collectGarbage();
    expect(isHeld()).toBe(true);
  });

  test("among a thousand others: of more, the oldest is forgotten", async () => {
    const log = quietLog();
    for (let count = 1; count <= 1000; count++) owe(log, `id ${count}`);
    await collectGarbage();
    expect([isKnown(log, "id 1"), isKnown(log, "id 1000")]).toEqual([true, true]);
    owe(log, "one more");
    await collectGarbage();
    expect(["id 1", "id 2", "id 1000", "one more"].map((id) => isKnown(log, id)))
      .toEqual([false, true, true, true]);
  });
});

describe("a session that is owed nothing is forgotten, once nobody holds it", () => {
  test.each<[string, (log: WriteLog) => unknown]>([
    ["stored", (log) => log.write(log.entry("id"), written(1), "commit", () => {})],
    ["touched", (log) => log.touch(log.entry("id"), {}, "wrapper", async () => await turn())],
    ["ended", (log) => log.destroy(log.entry("id"), "wrapper", () => {})],
    ["told again", async (log) => {
      const entry = log.entry("id");
      const touching = log.touch(entry, {}, "wrapper", async () => await turn());
      log.write(entry, written(1), "commit", () => {});
      await touching;
    }],
    ["told again that it has ended", async (log) => {
      const entry = log.entry("id");
      const touching = log.touch(entry, {}, "wrapper", async () => await turn());
      await log.destroy(entry, "wrapper", () => {});
      await touching;
    }],
    ["told again once more, as somebody came meanwhile", async (log) => {
      const entry = log.entry("id");
      const touching = [1, 2].map(() => log.touch(entry, {}, "wrapper", async () => await turn()));
      log.write(entry, written(1), "commit", () => {});
      await Promise.all(touching);
      await turn();
    }],
  ])("%s", async (_what, act) => {
    const log = new WriteLog(() => turn() as Promise<void>);
    const reference = await (async () => {
      await act(log);
      return new WeakRef(log.entry("id"));
    })();
    await turn();
    // What is still on a stack's way out a collection may leave for the next.
    for (let again = 0; again < 5; again++) {
      await collectGarbage();
      if (await turn().then(() => reference.deref()) === undefined) break;
    }
    expect(reference.deref()).toBeUndefined();
  });
});

describe("ids of sessions that are forgotten", () => {
  /** A log whose garbage a test collects by hand; counts how often something is looked for. */
  function world() {
    const collected = new Set<string>();
    const count = { looks: 0 };
    vi.stubGlobal(
      "WeakRef",
      class {
        constructor(readonly entry: { readonly id: string }) {}
        deref(): unknown {
          count.looks++;
          return collected.has(this.entry.id) ? undefined : this.entry;
        }
      },
    );
    const log = quietLog();
    const makeAll = (from: number, to: number): number => {
      count.looks = 0;
      for (let id = from; id <= to; id++) log.entry(`${id}`);
      return count.looks;
    };
    return { log, collected, makeAll };
  }

  test("are looked for when there are 1024, and whatever is held keeps its id", () => {
    const { log, makeAll } = world();
    const first = log.entry("1");
    expect(makeAll(2, 1023)).toBe(0);
    expect(makeAll(1024, 1024)).toBe(1024);
    expect(log.entry("1")).toBe(first);
    // All are held: the next time is when there are twice as many.
    expect(makeAll(1025, 2047)).toBe(0);
    expect(makeAll(2048, 2048)).toBe(2048);
  });

  test("are let go, and are not looked for again sooner than that", () => {
    const { log, collected, makeAll } = world();
    makeAll(1, 1023);
    for (let id = 3; id <= 1023; id++) collected.add(`${id}`);
    const held = [log.entry("1"), log.entry("2")];
    expect(makeAll(1024, 1024)).toBe(1024);
    // Three are left: 1021 more may come.
    expect(makeAll(1025, 2044)).toBe(0);
    expect(makeAll(2045, 2045)).toBe(1024);
    expect([log.entry("1"), log.entry("2")]).toEqual(held);
  });
});
