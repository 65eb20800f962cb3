/** What readAndTouch() may do wrong. */
import { but } from "../late_store.ts";
import type { WrongStore } from "./wrong_store.ts";

const INTERLEAVED = "concurrent verbs answer as if they came one after the other";
const SLIDES = "readAndTouch() reads, moves the end by maxAge from now and keeps the version valid";
const OWN = "readAndTouch() leaves the end of a session alone whose own lifetime is another one";
const OWN_NOW = "readAndTouch() goes by the lifetime in the cookie, and by that of the last write";

export const wrongSliding: readonly WrongStore[] = [
  {
    fault: "readAndTouch() creates",
    caughtBy: ["readAndTouch() never creates and never revives"],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          memory.create(id, { json: "{}", expires: now() + maxAge });
          return memory.readAndTouch(id, maxAge);
        },
      })),
  },
  {
    fault: "readAndTouch() moves the end of whatever it finds",
    caughtBy: [OWN, OWN_NOW, INTERLEAVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          return memory.touch(id, now() + maxAge) ? memory.read(id) : undefined;
        },
      })),
  },
  {
    fault: "readAndTouch() only reads",
    caughtBy: [SLIDES, OWN_NOW, INTERLEAVED],
    make: (now) => but(now, (store) => ({ readAndTouch: (id: string) => store.read(id) })),
  },
  {
    fault: "readAndTouch() answers the end it was asked for, moved or not",
    caughtBy: [OWN, OWN_NOW, INTERLEAVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const stored = memory.readAndTouch(id, maxAge);
          return stored && { ...stored, expires: now() + maxAge };
        },
      })),
  },
  {
    fault: "readAndTouch() answers the end from before",
    caughtBy: [SLIDES, OWN_NOW, INTERLEAVED],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const stored = memory.read(id);
          memory.readAndTouch(id, maxAge);
          return stored;
        },
      })),
  },
  {
    fault: "readAndTouch() compares the first digits of the lifetime alone",
    caughtBy: [OWN],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const isOwn = memory.read(id)?.json.startsWith(`{"cookie":{"originalMaxAge":${maxAge}`);
          if (isOwn) memory.touch(id, now() + maxAge);
          return memory.read(id);
        },
      })),
  },
  {
    fault: "readAndTouch() looks for the lifetime anywhere in the text",
    caughtBy: [OWN_NOW],
    make: (now) =>
      but(now, (_, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          if (memory.read(id)?.json.includes(`"originalMaxAge":${maxAge},`)) {
            memory.touch(id, now() + maxAge);
          }
          return memory.read(id);
        },
      })),
  },
  {
    fault: "readAndTouch() compares the lifetime, waits and then moves the end",
    caughtBy: [INTERLEAVED],
    make: (now) =>
      but(now, (store, memory) => ({
        async readAndTouch(id: string, maxAge: number) {
          const stored = await store.read(id);
          if (!stored?.json.startsWith(`{"cookie":{"originalMaxAge":${maxAge},`)) return stored;
          return memory.touch(id, now() + maxAge) ? memory.read(id) : undefined;
        },
      })),
  },
];
