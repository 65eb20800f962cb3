/** The cases of a store that tells of ends, and is cut off at times. */
import type { Kit, StoreCase } from "../kit.ts";
import { check } from "../assert.ts";
import { ends, Heard, until, watched } from "../heard.ts";
import { inOutage, later } from "../later.ts";
import { unlessRefused } from "../unless_refused.ts";

const offered: NonNullable<StoreCase["when"]> = ({ watch, outage }) =>
  watch === true && outage === true;

/** How often a server that comes back is asked, and after how many milliseconds again. */
const TRIES = 100;
const PAUSE = 100;

/** An outage, in which somebody may begin to watch. */
async function outage(kit: Kit, watches: boolean, isOver: () => void = () => {}): Promise<void> {
  const restore = await kit.subject.outage!();
  let asked: ReturnType<typeof unlessRefused<() => unknown>> | undefined;
  try {
    if (watches) asked = unlessRefused(() => kit.store.watch!(() => {}));
    const answered = asked && await inOutage(asked);
    check(answered === undefined || answered === "late", "watch() resolved in an outage");
  } finally {
    isOver();
    await restore();
    // Who waited for the server may hear by now.
    void asked?.then((late) => unlessRefused(() => late?.answer()));
  }
}

/** Asks until the server is there again. */
async function soon<T>(what: string, call: () => Promise<T> | T): Promise<T> {
  for (let tries = 0;; tries++) {
    const done = await unlessRefused(call);
    if (done !== undefined) return done.answer;
    check(tries < TRIES, `${what} is still refused ${TRIES * PAUSE} ms after an outage`);
    await later(PAUSE);
  }
}

/** An end that is told of. */
async function hears(kit: Kit, heard: Heard): Promise<void> {
  const { id } = await soon("create()", () => kit.make());
  await soon("destroy()", () => kit.peer.destroy(id));
  await heard.first(ends(id), "a session that was destroyed after an outage");
}

/** What becomes of those who watch. */
export const watchOutageCases: readonly StoreCase[] = [
  {
    name: "watch() rejects where nothing can be heard, also where somebody else watches",
    when: offered,
    async run(kit) {
      await watched(kit, async (heard) => {
        await hears(kit, heard);
        await outage(kit, true);
      });
    },
  },
  {
    name: "watch() goes on after each outage, and says that notices may have been lost",
    when: offered,
    async run(kit) {
      const other = new Heard(kit.patience);
      await until(await kit.store.watch!(other.hear), () =>
        watched(kit, async (heard) => {
          for (let times = 1; times <= 2; times++) {
            for (const each of [heard, other]) await hears(kit, each);
            // What was told when the connection was lost says nothing of what came after.
            await outage(kit, false, () => [heard, other].forEach((each) => each.forget()));
            for (const each of [heard, other]) {
              const what = `notices that may have been lost in outage ${times} ("missed")`;
              await each.first((notice) => notice.what === "missed", what);
              await hears(kit, each);
            }
          }
        }));
    },
  },
  {
    name: "watch() hears again where an outage refused one before",
    when: offered,
    async run(kit) {
      await outage(kit, true);
      const heard = new Heard(kit.patience);
      const stop = await soon("watch()", () => kit.store.watch!(heard.hear));
      await until(stop, () => hears(kit, heard));
    },
  },
];
