/** What may become of ids or texts on their way. */
import type { SessionRecord, Version } from "../../../src/store.ts";
import { but } from "../late_store.ts";
import { renamed } from "./renamed.ts";
import type { WrongStore } from "./wrong_store.ts";

export const wrongTexts: readonly WrongStore[] = [
  {
    fault: "ids know no case",
    caughtBy: ["ids that look alike are different sessions"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) => store.create(id.toLowerCase(), record),
        read: (id: string) => store.read(id.toLowerCase()),
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id.toLowerCase(), record, version),
        destroy: (id: string) => store.destroy(id.toLowerCase()),
      })),
  },
  {
    fault: "ids are properties of a plain object",
    caughtBy: ["a hostile id is an id like any other"],
    make: (now) =>
      but(now, (store) => {
        const known: Record<string, unknown> = {};
        return {
          create(id: string, record: SessionRecord) {
            if (known[id]) return false;
            known[id] = true;
            return store.create(id, record);
          },
          destroy(id: string) {
            delete known[id];
            return store.destroy(id);
          },
          async rotate(from: string, to: string, record: SessionRecord, version: Version) {
            const result = await store.rotate(from, to, record, version);
            if (result.status === "committed") delete known[from];
            return result;
          },
        };
      }),
  },
  {
    fault: "text is cut at 60,000 characters",
    caughtBy: ["64 KiB of data come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: record.json.slice(0, 60_000) }),
      })),
  },
  {
    fault: "text is Latin-1",
    caughtBy: ["unicode, quotes and hostile keys come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: record.json.replace(/[^\0-\xff]/g, "?") }),
      })),
  },
  ...[32, 64, 127].map((length): WrongStore => ({
    fault: `ids are cut at ${length} characters`,
    caughtBy: ["ids that differ at their end alone are different sessions, up to 128 characters"],
    make: (now) => renamed(now, (id) => id.slice(0, length)),
  })),
  {
    fault: "ids are cut at 128 characters",
    caughtBy: ["a longer id and a larger text are kept whole or refused, never cut"],
    make: (now) => renamed(now, (id) => id.slice(0, 128)),
  },
  {
    fault: "ids are cut at 255 characters",
    caughtBy: ["a longer id and a larger text are kept whole or refused, never cut"],
    make: (now) => renamed(now, (id) => id.slice(0, 255)),
  },
  {
    fault: "ids lose the spaces at their ends",
    caughtBy: ["ids that look alike are different sessions"],
    make: (now) => renamed(now, (id) => id.trim()),
  },
  {
    fault: "ids are normalized",
    caughtBy: ["ids that look alike are different sessions"],
    make: (now) => renamed(now, (id) => id.normalize("NFC")),
  },
  {
    fault: "ids are paths",
    caughtBy: ["ids that look alike are different sessions"],
    make: (now) => renamed(now, (id) => new URL(id, "file:///sessions/").href),
  },
  {
    fault: "text is cut at 65,535 bytes, as a TEXT column does",
    caughtBy: ["a longer id and a larger text are kept whole or refused, never cut"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: record.json.slice(0, 65_535) }),
        commit: (id: string, record: SessionRecord, version: Version) =>
          store.commit(id, { ...record, json: record.json.slice(0, 65_535) }, version),
      })),
  },
  {
    fault: "text is a document whose keys are sorted",
    caughtBy: ["unicode, quotes and hostile keys come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) => {
          const entries = Object.entries(JSON.parse(record.json) as object).sort();
          return store.create(id, { ...record, json: JSON.stringify(Object.fromEntries(entries)) });
        },
      })),
  },
  {
    fault: "text is parsed before it is stored, then written again",
    caughtBy: ["readAndTouch() leaves the end of a text alone that begins in another way"],
    make: (now) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: JSON.stringify(JSON.parse(record.json)) }),
      })),
  },
  {
    fault: "rotate() normalizes the text",
    caughtBy: ["unicode, quotes and hostile keys come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        rotate: (from: string, to: string, record: SessionRecord, version: Version) =>
          store.rotate(from, to, { ...record, json: record.json.normalize() }, version),
      })),
  },
  {
    fault: "a text of more than 65,535 bytes is refused",
    caughtBy: ["64 KiB of data come back byte for byte"],
    make: (now) =>
      but(now, (store) => ({
        async create(id: string, record: SessionRecord) {
          if (new TextEncoder().encode(record.json).length > 65_535) throw new Error("too large");
          return await store.create(id, record);
        },
      })),
  },
  ...[
    ["text is normalized", (text: string) => text.normalize("NFC")],
    ["text loses U+007F to U+009F", (text: string) => text.replace(/[\x7f-\x9f]/g, "")],
    ["text has U+FFFD for nothing", (text: string) => text.replaceAll("\ufffd", "")],
    ["text is a pattern of replace()", (text: string) => "X".replace("X", text)],
    ["text is a format", (text: string) => text.replaceAll("%%", "%")],
    ["text loses a quote of two", (text: string) => text.replaceAll("''", "'")],
    ["text loses what is no character", (text: string) => text.replace(/[\ufffe\uffff]/g, "")],
  ].map(([fault, kept]) => ({
    fault: fault as string,
    caughtBy: ["unicode, quotes and hostile keys come back byte for byte"],
    make: (now: () => number) =>
      but(now, (store) => ({
        create: (id: string, record: SessionRecord) =>
          store.create(id, { ...record, json: (kept as (text: string) => string)(record.json) }),
      })),
  })),
];
