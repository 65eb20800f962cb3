/** What a store that tells of ends may tell to some, or at times, and not always. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import type { SessionNotice } from "../../../src/watchable_store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import { does, inOutage, subjectNotice, tellingStore, tells } from "./watching.ts";
import type { WrongStore } from "./wrong_store.ts";

const AGAIN = "watch() hears again after who watched before has stopped";
const ENDS = "watch() tells of a destroy() of whatever session, and of that one alone";
const MOVES = "watch() tells of a rotate() of whatever session, and to whatever subject";
const AT_ONCE = "watch() tells of every end and move, however many come at once";
const SUBJECTS = "watch() tells of each destroyAll(), of a subject's every session and once more";
const NEIGHBOUR = "watch() tells of no session of a neighbour";
const AGAIN_AFTER_OUTAGE = "watch() hears again where an outage refused one before";

type Hear = (notice: SessionNotice) => void;

/** A store that does not tell of some moves, by what was there before and what is after. */
const keepsMoves = (
  fault: string,
  isUntold: (before: SessionRecord, after: SessionRecord) => boolean,
) =>
  does(fault, [MOVES], (ground) => {
    const records = new Map<string, SessionRecord>();
    return {
      create(id: string, record: SessionRecord) {
        records.set(id, record);
        return ground.store.create(id, record);
      },
      async rotate(from: string, to: string, record: SessionRecord, version: Version) {
        const moved = await ground.store.rotate(from, to, record, version);
        if (moved.status !== "committed") return moved;
        const before = records.get(from);
        records.set(to, record);
        if (before === undefined || !isUntold(before, record)) {
          ground.tell({ what: "moved", id: from, to });
        }
        return moved;
      },
    };
  });

/** A store that tells of ends by what the session was. */
const endsBy = (
  fault: string,
  told: (id: string, record: SessionRecord) => readonly SessionNotice[],
) =>
  does(fault, [ENDS], (ground) => {
    const records = new Map<string, SessionRecord>();
    return {
      create(id: string, record: SessionRecord) {
        records.set(id, record);
        return ground.store.create(id, record);
      },
      async destroy(id: string) {
        const ended = await ground.store.destroy(id);
        const record = records.get(id);
        if (ended && record) { for (const notice of told(id, record)) ground.tell(notice); }
        return ended;
      },
    };
  });

export const wrongHearing: readonly WrongStore[] = [
  does("after a stop the next watch() hears nothing", [AGAIN], (ground) => {
    let isOver = false;
    return {
      async watch(hear: Hear) {
        if (!isOver) ground.listeners.add(hear);
        return async () => {
          isOver = true;
          ground.listeners.delete(hear);
        };
      },
    };
  }),
  endsBy(
    "tells of no destroy() of a session without an end",
    (id, { expires }) => expires === null ? [] : [{ what: "gone", id }],
  ),
  endsBy(
    "tells of no destroy() of nobody's session",
    (id, { subject }) => subject === undefined ? [] : [{ what: "gone", id }],
  ),
  endsBy(
    "tells of no destroy() of somebody's session",
    (id, { subject }) => subject === undefined ? [{ what: "gone", id }] : [],
  ),
  endsBy(
    "tells of a destroy() as of the end of its whole subject",
    (id, { subject }) => [subject === undefined ? { what: "gone", id } : subjectNotice(subject)],
  ),
  keepsMoves("tells of no rotate() of a session without an end", (_, { expires }) => {
    return expires === null;
  }),
  keepsMoves("tells of no rotate() from one subject to another", (before, { subject }) => {
    return before.subject !== undefined && subject !== undefined && before.subject !== subject;
  }),
  keepsMoves("tells of no rotate() at a login", (before, { subject }) => {
    return before.subject === undefined && subject !== undefined;
  }),
  keepsMoves("tells of no rotate() at a logout", (before, { subject }) => {
    return before.subject !== undefined && subject === undefined;
  }),
  does("loses what comes while three notices are under way", [AT_ONCE, SUBJECTS], (ground) => {
    let under = 0;
    ground.tell = (notice) => {
      if (under >= 3) return;
      under++;
      setTimeout(() => {
        under--;
        ground.send(notice);
      }, 0);
    };
    return {
      async destroyAll(subject: string, except?: string) {
        const ids = await ground.store.list(subject);
        const ended = await ground.store.destroyAll(subject, except);
        for (const id of ids) if (id !== except) ground.tell({ what: "gone", id });
        return ended;
      },
    };
  }),
  does("destroyAll() tells of the first hundred", [SUBJECTS], (ground) => ({
    async destroyAll(subject: string, except?: string) {
      const ids = (await ground.store.list(subject)).filter((id) => id !== except);
      const ended = await ground.store.destroyAll(subject, except);
      for (const id of ids.slice(0, 100)) ground.tell({ what: "gone", id });
      return ended;
    },
  })),
  (() => {
    const fault = "tells of a subject's end once and never again";
    return {
      ...tells(fault, [SUBJECTS], (notice) => [notice]),
      make: (now) =>
        tellingStore(now, (ground) => {
          const told = new Set<string>();
          ground.tell = (notice) => {
            const key = JSON.stringify(notice);
            if (notice.what !== "subject" || !told.has(key)) ground.send(notice);
            told.add(key);
          };
          return {};
        }).store,
    } satisfies WrongStore;
  })(),
  {
    fault: "tells of the ends of the store next door",
    caughtBy: [NEIGHBOUR],
    claims: { watch: true },
    make(now) {
      let tell: Hear = () => {};
      const { store } = tellingStore(now, (ground) => {
        tell = ground.send;
        return {};
      });
      const neighbour = tellingStore(now, (ground) => {
        ground.tell = (notice) => tell(notice);
        return {};
      }, memoryStore({ now })).store;
      return { store, neighbour };
    },
  },
  inOutage("once watch() was refused, no other hears", (ground) => {
    let isDeaf = false;
    return {
      async watch(hear: Hear) {
        if (ground.isDown()) {
          isDeaf = true;
          throw new Error("connection refused");
        }
        if (!isDeaf) ground.listeners.add(hear);
        return async () => void ground.listeners.delete(hear);
      },
    };
  }, [AGAIN_AFTER_OUTAGE]),
  inOutage("goes on after an outage as if it had missed nothing", (ground) => {
    ground.back = () => {};
    return {};
  }),
  inOutage("says that it missed some when the connection is lost, and not after", (ground) => {
    ground.cut = () => ground.send({ what: "missed" });
    ground.back = () => {};
    return {};
  }),
  inOutage("says that it missed some after the first outage alone", (ground) => {
    let outages = 0;
    ground.back = () => {
      if (++outages === 1) ground.send({ what: "missed" });
    };
    return {};
  }),
  inOutage("says to one alone that it missed some", (ground) => {
    ground.back = () => {
      for (const hear of [...ground.listeners].slice(0, 1)) hear({ what: "missed" });
    };
    return {};
  }),
  inOutage("says that it missed some, and hears nothing more", (ground) => {
    ground.back = () => {
      ground.send({ what: "missed" });
      ground.listeners.clear();
    };
    return {};
  }),
];
