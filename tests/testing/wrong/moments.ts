/** What may be taken for nothing: an end of 0, a write of the same text, the last second, what is beyond a page. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const PAST = "an end in the past ends the session, whichever verb sets it, and no verb fails";
const SAME = "a commit() or rotate() of the same text stores its new end, or that it has none";
const SAME_SUBJECT = "a commit() of the same text is for the subject it names";
const MOMENT = "sweep() drops nothing that lives, be it for a moment more";
const MANY = "list() and destroyAll() reach a subject's every session, however many";
const ALL = "all() yields every live session once, and length() counts them";
const BEGINS = "readAndTouch() leaves the end of a text alone that begins in another way";

/** A store that extends whatever `fits`. */
const slides = (
  fault: string,
  fits: (json: string, maxAge: number) => boolean,
): WrongStore => ({
  fault,
  caughtBy: [BEGINS],
  make: (now) =>
    but(now, (_, memory) => ({
      async readAndTouch(id: string, maxAge: number) {
        if (fits(memory.read(id)?.json ?? "", maxAge)) memory.touch(id, now() + maxAge);
        return memory.read(id);
      },
    })),
});

export const wrongMoments: readonly WrongStore[] = [
  {
    fault: "touch() to 0 is one to no end",
    caughtBy: [PAST],
    make: (now) =>
      but(now, (store) => ({
        touch: (id: string, expires: number | null) => store.touch(id, expires || null),
      })),
  },
  {
    fault: "commit() with the end 0 is one without an end",
    caughtBy: [PAST],
    make: (now) =>
      but(now, (store) => ({
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id, { ...record, expires: record.expires || null }, version),
      })),
  },
  {
    fault: "commit() of the same text is skipped",
    caughtBy: [SAME, SAME_SUBJECT],
    make: (now) =>
      but(now, (store) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const stored = await store.read(id);
          const isSame = stored?.json === record.json && stored.version === version;
          return isSame ? { status: "committed", version } : store.commit(id, record, version);
        },
      })),
  },
  {
    fault: "commit() of the same text moves the end alone",
    caughtBy: [SAME_SUBJECT],
    make: (now) =>
      but(now, (store, memory) => ({
        async commit(id: string, record: SessionRecord, version: Version) {
          const stored = memory.read(id);
          if (stored?.json !== record.json || stored.version !== version) {
            return await store.commit(id, record, version);
          }
          memory.touch(id, record.expires);
          return { status: "committed", version };
        },
      })),
  },
  ...[1, 1_000].map((ms): WrongStore => ({
    fault: `sweep() drops what ends within ${ms} ms`,
    caughtBy: [MOMENT],
    make: (now) =>
      but(now, (_, memory) => ({
        async sweep(limit = Infinity) {
          const over = memory.ids().filter((id) =>
            (memory.peek(id)?.expires ?? Infinity) <= now() + ms
          ).slice(0, limit);
          for (const id of over) memory.destroy(id);
          return over.length;
        },
      })),
  })),
  slides("readAndTouch() parses the text for its lifetime", (json, maxAge) => {
    const { cookie } = JSON.parse(json || "{}") as { cookie?: { originalMaxAge?: number } };
    return cookie?.originalMaxAge === maxAge;
  }),
  slides(
    "readAndTouch() looks for the lifetime, wherever the cookie is",
    (json, maxAge) => json.includes(`"cookie":{"originalMaxAge":${maxAge},`),
  ),
  slides(
    "readAndTouch() takes the brace after a lifetime for a comma",
    (json, maxAge) => /^\{"cookie":\{"originalMaxAge":(\d+)[,}]/.exec(json)?.[1] === `${maxAge}`,
  ),
  slides(
    "readAndTouch() knows no case of the lifetime",
    (json, maxAge) => json.toLowerCase().startsWith(`{"cookie":{"originalmaxage":${maxAge},`),
  ),
  slides(
    "readAndTouch() lets spaces stand before the lifetime",
    (json, maxAge) => {
      const found = /^\s*\{\s*"cookie"\s*:\s*\{\s*"originalMaxAge"\s*:\s*(\d+)\s*,/.exec(json);
      return found?.[1] === `${maxAge}`;
    },
  ),
  {
    ...slides("readAndTouch() takes a lifetime of a second more for its own", (json, maxAge) => {
      const found = /^\{"cookie":\{"originalMaxAge":(\d+),/.exec(json);
      return found !== null && Math.abs(Number(found[1]) - maxAge) < 1_000;
    }),
    caughtBy: [
      "readAndTouch() leaves the end of a session alone whose own lifetime is another one",
    ],
  },
  {
    fault: "list() stops at 1,000",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (store) => ({
        list: async (subject: string) => (await store.list(subject)).slice(0, 1_000),
      })),
  },
  {
    fault: "destroyAll() stops at 1,000",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (_, memory) => ({
        async destroyAll(subject: string, except?: string) {
          const ids = memory.list(subject).filter((id) => id !== except).slice(0, 1_000);
          for (const id of ids) memory.destroy(id);
          return ids.length;
        },
      })),
  },
  {
    fault: "destroyAll() forgets whom it has not destroyed, beyond 1,000",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (store, memory) => {
        const forgotten = new Set<string>();
        return {
          async destroyAll(subject: string, except?: string) {
            const ids = memory.list(subject).filter((id) => id !== except);
            for (const id of ids.slice(0, 1_000)) memory.destroy(id);
            for (const id of ids.slice(1_000)) forgotten.add(id);
            return ids.length;
          },
          list: async (subject: string) =>
            (await store.list(subject)).filter((id) => !forgotten.has(id)),
        };
      }),
  },
  {
    fault: "all() stops after ten pages of 100",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (store) => ({
        async *all() {
          let left = 1_000;
          for await (const entry of store.all()) if (left-- > 0) yield entry;
        },
      })),
  },
  {
    fault: "length() counts to 1,000",
    caughtBy: [MANY],
    make: (now) =>
      but(now, (store) => ({ length: async () => Math.min(await store.length(), 1_000) })),
  },
  {
    fault: "clear() stops after 100",
    caughtBy: [ALL],
    make: (now) =>
      but(now, (_, memory) => ({
        async clear() {
          for (const id of memory.ids().slice(0, 100)) memory.destroy(id);
        },
      })),
  },
];
