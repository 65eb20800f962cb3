/** However many write to one session at a time: nothing is lost, nobody is refused, nobody starves. */
import { describe, expect, test } from "vitest";
import { begin, dataOf, type Entry, stop } from "./entries.ts";
import { HandTime } from "./hand_time.ts";
import type { MakeWorld } from "./worlds.ts";

/** How far the store is away. */
const MS = 20;

export function describeContention(make: MakeWorld): void {
  const distant = () => {
    const time = new HandTime();
    return { time, world: make({ distance: { time, ms: MS }, clock: time }) };
  };

  test.each([8, 50, 200])(
    "a burst of %i requests, each with a key of its own: all are stored",
    async (count) => {
      const { time, world: { entry } } = distant();
      await pass(time, async () => {
        const cookie = await begin(entry, { first: true });
        const loaded = stop();
        let open = 0;
        const replies = await Promise.all(
          numbers(count).map((number) =>
            entry.request(cookie, async ({ session }) => {
              if (++open === count) loaded.release();
              await loaded.here();
              session[`key${number}`] = number;
            })
          ),
        );
        expect(replies.map(({ status }) => status)).toEqual(Array(count).fill(200));
        expect(replies.flatMap(({ errors }) => errors)).toEqual([]);
        expect(Object.keys(await dataOf(entry, cookie))).toHaveLength(count + 1);
      });
    },
  );

  test.each([20, 200])("%i update() at a time: all are counted, each once", async (count) => {
    const { time, world: { entry } } = distant();
    await pass(time, async () => {
      const cookie = await begin(entry, { n: 0 });
      const replies = await Promise.all(
        numbers(count).map(() =>
          entry.request(cookie, ({ update }) => update((data) => data.n += 1))
        ),
      );
      const results = replies.map(({ result }) => result).sort((a, b) => a - b);
      expect(results).toEqual(numbers(count).map((number) => number + 1));
      expect(await dataOf(entry, cookie)).toEqual({ n: count });
    });
  });

  test.each([16, 64])(
    "%i steady writers of one session: none waits longer than for each other one",
    async (count) => {
      const { time, world: { entry } } = distant();
      await pass(time, async () => {
        const cookie = await begin(entry, { first: true });
        const { lost, refused, longest } = await write(time, cookie, [entry], count, 6);
        expect({ lost, refused }).toEqual({ lost: 0, refused: 0 });
        expect(longest).toBeLessThan(1.5 * (count + 2) * MS);
      });
    },
  );

  if (!make.isShared) return;
  describe("in three processes", () => {
    test("16 steady writers each: nobody starves", async () => {
      const { time, world: { entry, elsewhere } } = distant();
      await pass(time, async () => {
        const cookie = await begin(entry, { first: true });
        const processes = [entry, elsewhere(), elsewhere()];
        const { lost, refused, longest } = await write(time, cookie, processes, 16, 15);
        expect({ lost, refused }).toEqual({ lost: 0, refused: 0 });
        // One after the other they would wait for 48; some rounds are lost.
        expect(longest).toBeLessThan(4 * 48 * MS);
      });
    });

    test("nobody starves beside a process that is nearer to the store", async () => {
      const { time, world: { memory, elsewhere } } = distant();
      const [near, far] = [elsewhere({ store: time.distant(memory, 1) }), elsewhere()];
      await pass(time, async () => {
        const cookie = await begin(far, { first: true });
        let isOver = false;
        const busy = write(time, cookie, [near], 16, Infinity, "near", () => isOver);
        const { lost, refused, longest } = await write(time, cookie, [far], 4, 6, "far");
        isOver = true;
        await busy;
        expect({ lost, refused }).toEqual({ lost: 0, refused: 0 });
        expect(longest).toBeLessThan(100 * MS);
      });
    });
  });
}

/** Here each call of the store takes its time, so few turns tell that all wait. */
function pass(time: HandTime, act: () => Promise<void>): Promise<void> {
  return time.during(act, 3);
}

/** Writers that write again and again, each to keys of its own. */
async function write(
  time: HandTime,
  cookie: string,
  entries: readonly Entry[],
  count: number,
  times: number,
  name = "key",
  isOver: () => boolean = () => false,
) {
  let refused = 0;
  let longest = 0;
  const stored: string[] = [];
  await Promise.all(entries.flatMap((entry, number) =>
    numbers(count).map(async (writer) => {
      for (let round = 0; round < times && !isOver(); round++) {
        const key = `${name}_${number}_${writer}_${round % 3}`;
        const began = time.passed;
        const { status, errors } = await entry.request(cookie, ({ session }) => {
          session[key] = round;
        });
        longest = Math.max(longest, time.passed - began);
        if (status !== 200 || errors.length > 0) refused++;
        else stored.push(`${key}=${round}`);
      }
    })
  ));
  const data = await dataOf(entries[0]!, cookie);
  const newest = new Map(stored.map((each) => each.split("=") as [string, string]));
  const lost = [...newest].filter(([key, round]) => String(data[key]) !== round).length;
  return { lost, refused, longest };
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
