/** What a store may write later that it has refused. */
import type { SessionRecord } from "../../../src/store.ts";
import type { StoreUnderTest } from "../../../src/testing/mod.ts";
import { distantStore } from "./failures.ts";
import type { WrongStore } from "./wrong_store.ts";

const LATER = [
  "a commit() or rotate() that failed in an outage is not written later over what is newer",
];

type Verbs = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** A store that writes a little after an outage what it refused in it, by what then stands there. */
function lateWriter(
  now: () => number,
  verb: "commit" | "rotate",
  write: (store: StoreUnderTest["store"], args: unknown[], version: unknown) => unknown,
): StoreUnderTest {
  const refused: unknown[][] = [];
  const made = distantStore(now, {
    [verb]: (...args: unknown[]) => {
      refused.push(args);
      throw new Error("connection refused");
    },
  });
  return {
    store: made.store,
    async outage() {
      const restore = await made.outage!();
      return async () => {
        await restore();
        setTimeout(async () => {
          for (const args of refused.splice(0)) {
            const current = await made.store.read(args[0] as string);
            await write(made.store, args, current?.version);
          }
        }, 50);
      };
    },
  };
}

export const wrongGhosts: readonly WrongStore[] = [
  {
    fault: "a commit() that an outage refused is written when it is over, whatever is there",
    caughtBy: LATER,
    claims: { outage: true },
    make: (now) =>
      lateWriter(
        now,
        "commit",
        (store, [id, record], version) =>
          store.commit(id as string, record as SessionRecord, version),
      ),
  },
  {
    fault: "a rotate() that an outage refused takes place when it is over, whatever is there",
    caughtBy: LATER,
    claims: { outage: true },
    make: (now) =>
      lateWriter(now, "rotate", (store, [from, to, record], version) => {
        return store.rotate(from as string, to as string, record as SessionRecord, version);
      }),
  },
];

/** One that waits for the server and then compares, as a queue of calls does: it is right. */
export function patientStore(now: () => number): StoreUnderTest {
  let waiting = Promise.resolve();
  const made = distantStore(now);
  const verbs: Record<string, unknown> = { ...made.store };
  for (const verb of ["commit", "rotate"]) {
    const call = (made.store as unknown as Verbs)[verb]!;
    verbs[verb] = async (...args: unknown[]) => {
      await waiting;
      return await call(...args);
    };
  }
  return {
    store: verbs as unknown as StoreUnderTest["store"],
    async outage() {
      const restore = await made.outage!();
      let isBack = () => {};
      waiting = new Promise((resolve) => (isBack = resolve));
      return async () => {
        await restore();
        isBack();
      };
    },
  };
}
