/** What all() may do wrong where it is left, shared, or changed under. */
import type { StoredSession } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import { distantStore } from "./failures.ts";
import type { WrongStore } from "./wrong_store.ts";

const LEFT =
  "all() that is left half-way holds nothing up, and two at once yield all, each of them";
const DESTROYED =
  "all() yields every session that stays, also where each is destroyed as it is yielded";
const STAYS = "what all() has yielded stays what it was, whatever is yielded next";
const INTERRUPTED =
  "all() that an outage interrupts is an error, and never an end before all are yielded";

type Pair = [id: string, stored: StoredSession];

export const wrongWalks: readonly WrongStore[] = [
  {
    fault: "all() locks what it has not unlocked when it is left",
    caughtBy: [LEFT],
    make(now) {
      let isLocked = false;
      return but(now, (store) => ({
        async *all() {
          if (isLocked) throw new Error("lock wait timeout exceeded");
          isLocked = true;
          yield* store.all();
          isLocked = false;
        },
      }));
    },
  },
  {
    fault: "every all() of a store has one place to go on from",
    caughtBy: [LEFT],
    make(now) {
      let pairs: Pair[] | undefined;
      return but(now, (store) => ({
        async *all() {
          if (pairs === undefined) {
            const fresh: Pair[] = [];
            for await (const pair of store.all()) fresh.push(pair);
            pairs = fresh;
          }
          for (let pair = pairs.shift(); pair !== undefined; pair = pairs?.shift()) yield pair;
          pairs = undefined;
        },
      }));
    },
  },
  {
    fault: "all() goes from page to page by how many it has seen",
    caughtBy: [DESTROYED],
    make: (now) =>
      but(now, (store, memory) => ({
        async *all() {
          for (let seen = 0;; seen += 10) {
            const page: Pair[] = [];
            const ids = memory.ids().sort().slice(seen, seen + 10);
            for await (const pair of store.all()) if (ids.includes(pair[0])) page.push(pair);
            if (page.length === 0) return;
            yield* page;
          }
        },
      })),
  },
  {
    fault: "all() yields one pair, each time with something else in it",
    caughtBy: [STAYS],
    make: (now) =>
      but(now, (store) => ({
        async *all() {
          const pair: unknown[] = [];
          for await (const [id, stored] of store.all()) {
            [pair[0], pair[1]] = [id, stored];
            yield pair;
          }
        },
      })),
  },
  {
    fault: "all() ends where an outage begins",
    caughtBy: [INTERRUPTED],
    claims: { outage: true },
    make(now) {
      const made = distantStore(now);
      let isDown = false;
      return {
        store: {
          ...made.store,
          async *all() {
            for await (const pair of made.store.all!()) {
              if (isDown) return;
              yield pair;
            }
          },
        },
        async outage() {
          isDown = true;
          const restore = await made.outage!();
          return async () => {
            isDown = false;
            await restore();
          };
        },
      };
    },
  },
];
