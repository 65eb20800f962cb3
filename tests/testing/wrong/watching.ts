/** What a store that tells of ends may do wrong. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import type { SessionNotice } from "../../../src/watchable_store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { AnyStore, StoreUnderTest } from "../../../src/testing/mod.ts";
import { type Late, lateStore } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const TELLS_ENDS =
  "watch() tells of a destroy(), whichever process it is of, when the session is gone";
const TELLS_MOVES = "watch() tells of a rotate() with both ids, and only if it took place";
const TELLS_SUBJECTS = "watch() tells of destroyAll(), and not of whom it spares";
const HOSTILE = "watch() knows hostile ids by their name";
const HOSTILE_SUBJECTS = "watch() knows hostile subjects by their name, and whom they spare";
const QUIET = "watch() tells of no change, visit or new session";
const TOO_EARLY =
  "watch() tells of nothing before it is so: whoever reads as soon as he hears finds nothing";
const NOTHING_MOVED =
  "watch() tells nothing of a rotate() that finds nothing, and no end of what moved";
const IN_TIME = "watch() tells nothing of clear(), sweep() and ends that come with time";
const ANNOUNCED = "announce() is heard by whoever watches";
const ALL_ANNOUNCED = "announce() says whatever a store can tell of";
const STOPPED = "who has stopped hears no more, and others do";
const REJECTS = "watch() rejects where nothing can be heard, also where somebody else watches";
const OUTAGE = "watch() goes on after each outage, and says that notices may have been lost";
const AGAIN_AFTER_OUTAGE = "watch() hears again where an outage refused one before";

/** A store, its listeners, and how it tells them. */
export interface Ground {
  readonly store: Late;
  readonly listeners: Set<(notice: SessionNotice) => void>;
  /** The way to everybody who listens. */
  readonly send: (notice: SessionNotice) => void;
  /** What every verb tells by: a fault may tell something else. */
  tell(notice: SessionNotice): void;
  /** What is done when an outage begins. */
  cut(): void;
  isDown(): boolean;
  /** What is done when an outage is over. */
  back(): void;
}

/**
 * A store that tells in the step that ends a session; `wrong` replaces verbs, which no outage
 * reaches then, or the way that it tells.
 */
export function tellingStore(
  now: () => number,
  wrong: (ground: Ground) => object = () => ({}),
  memory = memoryStore({ now }),
): StoreUnderTest {
  const store = lateStore(now, memory);
  const listeners = new Set<(notice: SessionNotice) => void>();
  let isDown = false;
  const send = (notice: SessionNotice) => {
    for (const hear of listeners) hear(notice);
  };
  const back = () => send({ what: "missed" });
  const ground: Ground = {
    ...{ store, listeners, send, tell: send, back },
    cut: () => {},
    isDown: () => isDown,
  };
  const telling = {
    async destroy(id: string) {
      const ended = await store.destroy(id);
      ground.tell({ what: "gone", id });
      return ended;
    },
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const moved = await store.rotate(from, to, record, version);
      if (moved.status === "committed") ground.tell({ what: "moved", id: from, to });
      return moved;
    },
    async destroyAll(subject: string, except?: string) {
      const count = await store.destroyAll(subject, except);
      ground.tell(subjectNotice(subject, except));
      return count;
    },
    async watch(hear: (notice: SessionNotice) => void) {
      const own = (notice: SessionNotice) => hear(notice);
      listeners.add(own);
      return async () => void listeners.delete(own);
    },
    announce: async (notice: SessionNotice) => ground.tell(notice),
  };
  const verbs: Record<string, unknown> = { ...store, ...telling };
  for (const [name, verb] of Object.entries(verbs)) {
    if (typeof verb !== "function" || name === "all") continue;
    verbs[name] = async (...args: unknown[]) => {
      if (isDown) throw new Error("connection refused");
      return await (verb as (...args: unknown[]) => unknown)(...args);
    };
  }
  verbs["all"] = async function* () {
    if (isDown) throw new Error("connection refused");
    yield* store.all();
  };
  return {
    store: { ...verbs, ...wrong(ground) } as unknown as AnyStore,
    outage() {
      isDown = true;
      ground.cut();
      return () => {
        isDown = false;
        ground.back();
      };
    },
  };
}

export const subjectNotice = (subject: string, except?: string): SessionNotice =>
  except === undefined ? { what: "subject", subject } : { what: "subject", subject, except };

/** A store that tells something else than what was so. */
export const tells = (
  fault: string,
  caughtBy: readonly string[],
  turn: (notice: SessionNotice) => readonly SessionNotice[],
): WrongStore => ({
  fault,
  caughtBy,
  claims: { watch: true },
  make: (now) =>
    tellingStore(now, (ground) => {
      ground.tell = (notice) => {
        for (const each of turn(notice)) ground.send(each);
      };
      return {};
    }).store,
});

/** A store of which some verbs do something else. */
export const does = (
  fault: string,
  caughtBy: readonly string[],
  wrong: (ground: Ground) => object,
): WrongStore => ({
  fault,
  caughtBy,
  claims: { watch: true },
  make: (now) => tellingStore(now, wrong).store,
});

export const inOutage = (
  fault: string,
  wrong: (ground: Ground) => object,
  caughtBy: readonly string[] = [OUTAGE],
): WrongStore => ({
  fault,
  caughtBy,
  claims: { watch: true, outage: true },
  make: (now) => tellingStore(now, wrong),
});

const lower = (notice: SessionNotice): SessionNotice =>
  JSON.parse(JSON.stringify(notice).toLowerCase()) as SessionNotice;

export const wrongWatching: readonly WrongStore[] = [
  tells("tells of no destroy()", [TELLS_ENDS], (notice) => notice.what === "gone" ? [] : [notice]),
  tells(
    "tells a rotate() as the end of its old id",
    [TELLS_MOVES, NOTHING_MOVED],
    (notice) => notice.what === "moved" ? [{ what: "gone", id: notice.id }] : [notice],
  ),
  tells(
    "tells a rotate() and an end of its old id",
    [TELLS_MOVES, NOTHING_MOVED],
    (notice) => notice.what === "moved" ? [notice, { what: "gone", id: notice.id }] : [notice],
  ),
  tells(
    "tells a rotate() and an end of its new id",
    [NOTHING_MOVED],
    (notice) => notice.what === "moved" ? [notice, { what: "gone", id: notice.to }] : [notice],
  ),
  tells(
    "tells a rotate() twice",
    [TELLS_MOVES, NOTHING_MOVED],
    (notice) => notice.what === "moved" ? [notice, notice] : [notice],
  ),
  tells(
    "takes the ids of a rotate() one for the other",
    [TELLS_MOVES, NOTHING_MOVED],
    (notice) =>
      notice.what === "moved" ? [{ what: "moved", id: notice.to, to: notice.id }] : [notice],
  ),
  tells(
    "tells the end of a subject without whom it spares",
    [TELLS_SUBJECTS],
    (notice) =>
      notice.what === "subject" ? [{ what: "subject", subject: notice.subject }] : [notice],
  ),
  tells(
    "tells of no destroyAll()",
    [TELLS_SUBJECTS],
    (notice) => notice.what === "subject" ? [] : [notice],
  ),
  tells(
    "writes subjects in lower case",
    [HOSTILE_SUBJECTS],
    (notice) =>
      notice.what === "subject" ? [{ ...notice, subject: notice.subject.toLowerCase() }] : [notice],
  ),
  tells(
    "cuts the id of whom a subject spares",
    [HOSTILE_SUBJECTS],
    (notice) =>
      notice.what === "subject" && notice.except !== undefined
        ? [{ ...notice, except: notice.except.slice(0, 40) }]
        : [notice],
  ),
  tells(
    "joins what it tells with colons",
    [HOSTILE],
    (notice) =>
      notice.what === "gone" && notice.id.includes(":")
        ? [{ what: "gone", id: notice.id.split(":")[0]! }]
        : [notice],
  ),
  tells("writes ids in lower case", [HOSTILE], (notice) => [lower(notice)]),
  does("announces moves alone", [ALL_ANNOUNCED], (ground) => ({
    announce: async (notice: SessionNotice) => {
      if (notice.what === "moved") ground.tell(notice);
    },
  })),
  does(
    "tells of a destroy() before it is so",
    [TOO_EARLY],
    (ground) => ({
      async destroy(id: string) {
        ground.tell({ what: "gone", id });
        return await ground.store.destroy(id);
      },
    }),
  ),
  does("tells of a rotate() before it is so", [TOO_EARLY], (ground) => ({
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const current = await ground.store.read(from);
      if (current?.version === version) ground.tell({ what: "moved", id: from, to });
      for (let turns = 20; turns > 0; turns--) await undefined;
      return await ground.store.rotate(from, to, record, version);
    },
  })),
  does("tells of a destroyAll() before it is so", [TOO_EARLY], (ground) => ({
    async destroyAll(subject: string, except?: string) {
      ground.tell(subjectNotice(subject, except));
      for (let turns = 20; turns > 0; turns--) await undefined;
      return await ground.store.destroyAll(subject, except);
    },
  })),
  does("tells of a rotate() that met a conflict", [TELLS_MOVES], (ground) => ({
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const moved = await ground.store.rotate(from, to, record, version);
      if (moved.status !== "gone") ground.tell({ what: "moved", id: from, to });
      return moved;
    },
  })),
  does("tells of a rotate() that found nothing", [NOTHING_MOVED], (ground) => ({
    async rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const moved = await ground.store.rotate(from, to, record, version);
      if (moved.status !== "conflict") ground.tell({ what: "moved", id: from, to });
      return moved;
    },
  })),
  does("tells of commits", [QUIET], (ground) => ({
    async commit(id: string, record: SessionRecord, version: Version) {
      const done = await ground.store.commit(id, record, version);
      ground.tell({ what: "gone", id });
      return done;
    },
  })),
  does("tells of visits", [QUIET], (ground) => ({
    async touch(id: string, end: number | null) {
      ground.tell({ what: "moved", id, to: id });
      return await ground.store.touch(id, end);
    },
  })),
  does("tells of clear()", [IN_TIME], (ground) => ({
    async clear() {
      for await (const [id] of ground.store.all()) ground.tell({ what: "gone", id });
      await ground.store.clear();
    },
  })),
  does("tells of sessions that ended with time", [IN_TIME], (ground) => ({
    async read(id: string) {
      const found = await ground.store.read(id);
      if (found === undefined && !id.includes("never")) ground.tell({ what: "gone", id });
      return found;
    },
  })),
  {
    fault: "hears of its own process alone",
    caughtBy: [TELLS_ENDS],
    claims: { watch: true },
    make(now) {
      const memory = memoryStore({ now });
      const one = () => tellingStore(now, undefined, memory).store;
      return { store: one(), peer: one() };
    },
  },
  does("announce() is heard by nobody", [ANNOUNCED, ALL_ANNOUNCED], () => ({
    announce: async () => {},
  })),
  does("who stops stops everybody", [STOPPED], (ground) => ({
    async watch(hear: (notice: SessionNotice) => void) {
      ground.listeners.add(hear);
      return async () => ground.listeners.clear();
    },
  })),
  does("who stops hears on", [STOPPED], (ground) => ({
    async watch(hear: (notice: SessionNotice) => void) {
      ground.listeners.add(hear);
      return async () => {};
    },
  })),
  does("a second watch() takes the place of the first", [STOPPED], (ground) => ({
    async watch(hear: (notice: SessionNotice) => void) {
      ground.listeners.clear();
      ground.listeners.add(hear);
      return async () => void ground.listeners.delete(hear);
    },
  })),
  inOutage("watch() resolves in an outage", (ground) => ({
    async watch(hear: (notice: SessionNotice) => void) {
      ground.listeners.add(hear);
      return async () => void ground.listeners.delete(hear);
    },
  }), [REJECTS, AGAIN_AFTER_OUTAGE]),
  inOutage("hears nothing any more after an outage", (ground) => {
    ground.back = () => ground.listeners.clear();
    return {};
  }),
];
