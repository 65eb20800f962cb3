/** What an index by subject may do wrong. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

export const wrongSubjects: readonly WrongStore[] = [
  {
    fault: "destroyAll() lists, waits and then destroys",
    caughtBy: ["nothing in flight outlives destroyAll()"],
    make: (now) =>
      but(now, (store) => ({
        async destroyAll(subject: string, except?: string) {
          const ids = (await store.list(subject)).filter((id) => id !== except);
          for (const id of ids) await store.destroy(id);
          return ids.length;
        },
      })),
  },
  {
    fault: "destroyAll() spares nobody",
    caughtBy: ["destroyAll() removes every session of a subject except one, and says how many"],
    make: (now) =>
      but(now, (store) => ({ destroyAll: (subject: string) => store.destroyAll(subject) })),
  },
  {
    fault: "list() forgets that rotate() moved a session",
    caughtBy: [
      "a rotate() within one subject lists the new id only",
      "an application that logs a subject out everywhere reaches every browser",
    ],
    make: (now) =>
      but(now, (store) => ({
        rotate: (from: string, to: string, { json, expires }: SessionRecord, version: Version) =>
          store.rotate(from, to, { json, expires }, version),
      })),
  },
];
