/** What a server's own time limit, kept beside the end, may do wrong. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import { memoryStore } from "../../../src/stores/memory.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import { lateStore } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const PAST = "a session lives past the end it had before commit, touch, rotate or readAndTouch";

/** The verbs that forget the limit. */
type Forgets = "commit" | "touch" | "touch to no end" | "rotate" | "readAndTouch";

/**
 * A store on a server that drops a key by its own limit, counted in real time from
 * the moment it is set, as EXPIRE or an item's lifetime do.
 */
export function limitedStore(now: () => number, forgets?: Forgets): AnyStore {
  const memory = memoryStore({ now });
  const limits = new Map<string, number>();
  const limit = (id: string, expires: number | null) =>
    limits.set(id, expires === null ? Infinity : performance.now() + expires - now());
  const drop = () => {
    for (const [id, at] of limits) {
      if (at > performance.now()) continue;
      limits.delete(id);
      memory.destroy(id);
    }
  };
  /** The server does one thing at a time: the verb and the limit are one step. */
  const verbs = {
    create(id: string, record: SessionRecord) {
      const made = memory.create(id, record);
      if (made) limit(id, record.expires);
      return made;
    },
    commit(id: string, record: SessionRecord, version: Version) {
      const result = memory.commit(id, record, version);
      if (result.status === "committed" && forgets !== "commit") limit(id, record.expires);
      return result;
    },
    touch(id: string, expires: number | null) {
      const done = memory.touch(id, expires);
      const forgot = forgets === "touch" || (forgets === "touch to no end" && expires === null);
      if (done && !forgot) limit(id, expires);
      return done;
    },
    rotate(from: string, to: string, record: SessionRecord, version: Version) {
      const result = memory.rotate(from, to, record, version);
      if (result.status !== "committed") return result;
      if (forgets === "rotate") limits.set(to, limits.get(from) ?? Infinity);
      else limit(to, record.expires);
      limits.delete(from);
      return result;
    },
    readAndTouch(id: string, maxAge: number) {
      const stored = memory.readAndTouch(id, maxAge);
      if (stored !== undefined && forgets !== "readAndTouch") limit(id, stored.expires);
      return stored;
    },
  };
  const server = new Proxy(memory, {
    get(target, name) {
      const verb = Reflect.get(verbs, name) as unknown ?? Reflect.get(target, name, target);
      if (typeof verb !== "function") return verb;
      return (...args: unknown[]) => {
        drop();
        return (verb as (...args: unknown[]) => unknown).apply(target, args);
      };
    },
  });
  return lateStore(now, server) as AnyStore;
}

const FORGETS: readonly Forgets[] = [
  "commit",
  "touch",
  "touch to no end",
  "rotate",
  "readAndTouch",
];

export const wrongServerLimits: readonly WrongStore[] = FORGETS.flatMap((verb) => [
  {
    fault: `the server's limit stays where it was after ${verb}`,
    caughtBy: [PAST],
    make: (now): AnyStore => limitedStore(now, verb),
  },
  {
    fault: `the server's limit stays where it was after ${verb}, on the server's clock`,
    caughtBy: [PAST],
    claims: { clock: "server" },
    make: (): AnyStore => limitedStore(() => Date.now(), verb),
  },
]);
