/** What may mark a record, and marks too little. */
import { createHash } from "node:crypto";
import type { CommitResult, SessionRecord, StoredSession, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import type { AnyStore } from "../../../src/testing/mod.ts";
import type { WrongStore } from "./wrong_store.ts";

const ONE_TEXT = "a mark stands for one text, and for none that is like it";
const OTHERS = "the mark of another session fits none, be it younger or older";
const AGAIN = "no mark of a session comes again, however often it is written";
const OLD = "an old mark is a conflict, also where the text that it comes with stands there";

type Fits = (version: Version, current: StoredSession, record: SessionRecord) => boolean;

/** A store that hands out marks of its own making, and compares them in its own way. */
function marked(
  now: () => number,
  mark: (stored: StoredSession) => Version,
  fits: Fits = (version, current) => version === mark(current),
): AnyStore {
  return but(now, (_, memory) => {
    const outward = (stored: StoredSession) => ({ ...stored, version: mark(stored) });
    const swap = (
      from: string,
      version: Version,
      record: SessionRecord,
      write: (version: Version) => CommitResult,
      to: string,
    ): CommitResult => {
      const current = memory.read(from);
      if (current === undefined) return { status: "gone" };
      if (version === undefined || !fits(version, current, record)) {
        return { status: "conflict", current: outward(current) };
      }
      write(current.version);
      return { status: "committed", version: mark(memory.read(to)!) };
    };
    return {
      async read(id: string) {
        const stored = memory.read(id);
        return stored && outward(stored);
      },
      commit: async (id: string, record: SessionRecord, version: Version) =>
        swap(id, version, record, (own) => memory.commit(id, record, own), id),
      rotate: async (from: string, to: string, record: SessionRecord, version: Version) =>
        swap(from, version, record, (own) => memory.rotate(from, to, record, own), to),
    };
  });
}

const digest = (text: string | Uint8Array) => createHash("sha256").update(text).digest("hex");

function hash(text: string, factor: number): number {
  let sum = 0;
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum, factor) + text.charCodeAt(at) | 0;
  return sum;
}

function sorted(text: string): string {
  return JSON.stringify(Object.entries(JSON.parse(text) as object).sort());
}

const ofText = (what: string, mark: (text: string) => Version): WrongStore => ({
  fault: `a version is ${what}`,
  caughtBy: [ONE_TEXT],
  make: (now) => marked(now, ({ json }) => mark(json)),
});

export const wrongMarks: readonly WrongStore[] = [
  ...[1_024, 4_096, 32_768].map((most) =>
    ofText(`the digest of the first ${most} characters`, (text) => digest(text.slice(0, most)))
  ),
  ofText("the digest of the last 1,024 characters", (text) => digest(text.slice(-1_024))),
  ofText("a hash that multiplies by 31", (text) => hash(text, 31)),
  ofText("a hash that multiplies by 33", (text) => hash(text, 33)),
  ofText("the digest of the low bytes", (text) => digest(Buffer.from(text, "latin1"))),
  ofText("the digest of the text as ASCII", (text) => digest(text.replace(/[^\0-\x7f]/g, "?"))),
  ofText("the digest of a composed text", (text) => digest(text.normalize("NFC"))),
  ofText("the digest of the text in lower case", (text) => digest(text.toLowerCase())),
  ofText("the digest of the data without the cookie", (text) => {
    const { cookie: _, ...data } = JSON.parse(text) as Record<string, unknown>;
    return digest(JSON.stringify(data));
  }),
  ofText("the digest of a text whose keys are sorted", (text) => digest(sorted(text))),
  ...[256, 1_000, 1_024].map((most): WrongStore => ({
    fault: `versions begin again after ${most}`,
    caughtBy: [AGAIN],
    make: (now) => marked(now, ({ version }) => Number(version) % most),
  })),
  {
    fault: "a version is old enough where it is younger",
    caughtBy: [OTHERS],
    make: (now) =>
      marked(
        now,
        ({ version }) => version,
        (version, current) => Number(version) >= Number(current.version),
      ),
  },
  {
    fault: "an old version will do where the text is the same",
    caughtBy: [OLD],
    make: (now) =>
      marked(
        now,
        ({ version }) => version,
        (version, current, { json }) => version === current.version || json === current.json,
      ),
  },
  {
    fault: "create() says that it made what is there already, where the text is the same",
    caughtBy: ["create() answers false for a live id and leaves its record as it is"],
    make: (now) =>
      but(now, (_, memory) => ({
        create: async (id: string, record: SessionRecord) =>
          memory.create(id, record) || memory.read(id)?.json === record.json,
      })),
  },
];
