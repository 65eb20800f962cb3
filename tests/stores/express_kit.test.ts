/** What the kit says of a callback store behind the contract, alone, without the core around it. */
import session from "express-session";
import { describe, test } from "vitest";
import { fromExpressStore } from "../../src/stores/express.ts";
import { testStore } from "../../src/testing/mod.ts";

/** A callback store has no way to say "only if there is none" or "only if it is still that one". */
const NO_LOOK = "set() writes, whatever is there: it has no condition, and a look first would be " +
  "one call more for each of them and no answer, either; the core asks only for ids it has drawn " +
  "or read";
/** express-session keeps a session's end in its text. */
const END_IN_TEXT = "the end stands in the cookie of the text, so touch() writes it there";
const NO_END = "a store that keeps what has ended is the one to tell: the core compares";

const except = {
  "create() answers false for a live id and leaves its record as it is": NO_LOOK,
  "commit() never creates: an unknown id is gone": NO_LOOK,
  "of two concurrent create() of one id one wins, and the other changes nothing": NO_LOOK,
  "concurrent verbs answer as if they came one after the other": NO_LOOK,
  "no end moves by itself: not by read(), a conflict, or a create() that is refused": NO_LOOK,
  "a version from before destroy() does not match a new record of the same id":
    "of a version whose session was destroyed it says gone, not conflict: either stores nothing",
  "the mark of another session fits none, be it younger or older":
    "a mark is what this process knows of a session; the core hands it over for no other",
  "what read() handed out stays as it was, whatever is written afterwards": END_IN_TEXT,
  "touch() moves the end and nothing else": END_IN_TEXT,
  "commit(), touch() and rotate() work until 1 ms before the end": END_IN_TEXT,
  "no verb fails on a cookie whose lifetime or end is no such thing": END_IN_TEXT,
  "an end later than any date is the last date, and makes no verb fail": END_IN_TEXT,
  "the end that stands is the one that was written, however near to the last or far": END_IN_TEXT,
  "an end before 1970 is over": END_IN_TEXT,
  "a commit() or rotate() of the same text stores its new end, or that it has none": END_IN_TEXT,
  "a session lives past the end it had before commit, touch, rotate or readAndTouch": END_IN_TEXT,
  "commit() of an expired session is gone and revives nothing": NO_END,
  "rotate() of an expired session is gone and creates nothing": NO_END,
} as const;

describe("fromExpressStore() of express-session's MemoryStore", () => {
  testStore({
    name: "in one process",
    capabilities: { atomic: false, clock: "injected" },
    create: ({ now }) => ({ store: fromExpressStore(new session.MemoryStore(), { now }), now }),
    except,
    test,
  });
});
