/** Our notes in a session: read only where they are ours. */
import { describe, expect, test } from "vitest";
import {
  keptNotes,
  mergeNotes,
  META,
  type Notes,
  notesIn,
  subjectIn,
  takeFlash,
  withFlash,
} from "../../src/core/session_metadata.ts";

test("stand under the one name that stored sessions have", () => {
  expect(META).toBe("$websession");
});

describe("notesIn and subjectIn", () => {
  test.each<[string, unknown, unknown, string | undefined]>([
    ["no notes", undefined, {}, undefined],
    ["null is none", null, {}, undefined],
    ["a text is none", "ada", {}, undefined],
    ["a list is none", ["ada"], {}, undefined],
    ["notes without a subject", { flash: {} }, { flash: {} }, undefined],
    ["a subject", { subject: "ada" }, { subject: "ada" }, "ada"],
    ["a subject that is no text is nobody", { subject: 5 }, { subject: 5 }, undefined],
  ])("%s", (_rule, stored, notes, subject) => {
    const data = stored === undefined ? {} : { [META]: stored };
    expect(notesIn(data)).toEqual(notes);
    expect(subjectIn(notesIn(data))).toBe(subject);
  });
});

describe("flash messages", () => {
  test("are read in the order they were left, by type, and once", () => {
    let notes: Notes = withFlash(withFlash({}, "info", "one"), "info", "two");
    notes = withFlash(notes, "error", "three");
    const [info, left] = takeFlash(notes, "info");
    expect(info).toEqual(["one", "two"]);
    expect(takeFlash(left, "info")).toEqual([[], left]);
    const [error, none] = takeFlash(left, "error");
    expect([error, none]).toEqual([["three"], {}]);
  });

  test.each(["__proto__", "constructor", "toString"])(
    "of the type %j are like any other",
    (type) => {
      expect(takeFlash({}, type)[0]).toEqual([]);
      const stored: Notes = JSON.parse(JSON.stringify(withFlash({}, type, "text")));
      expect(takeFlash(stored, type)).toEqual([["text"], {}]);
    },
  );

  test.each<[unknown]>([[null], ["text"], [{ info: "text" }], [{ info: { 0: "text" } }]])(
    "stored as %j are none",
    (flash) => {
      // Nothing is taken: nothing is to be stored.
      expect(takeFlash({ flash } as Notes, "info")).toEqual([[], { flash }]);
      expect(takeFlash(withFlash({ flash } as Notes, "info", "new"), "info")[0]).toEqual(["new"]);
    },
  );
});

describe("keptNotes", () => {
  const notes: Notes = { subject: "ada", flash: { info: ["text"] } };

  test.each<[boolean | string[], boolean]>([
    [true, true],
    [false, false],
    [["cart"], false],
    [["flash"], true],
  ])("keep: %j keeps the flash messages: %j", (keep, keeps) => {
    expect(keptNotes(notes, keep)).toEqual(keeps ? notes : { subject: "ada" });
  });
});

describe("mergeNotes", () => {
  const flash = (...info: string[]): Notes => info.length === 0 ? {} : { flash: { info } };

  test.each<[string, Notes, Notes, Notes, Notes]>([
    ["different notes both count", {}, { subject: "ada" }, { authenticatedAt: 5 }, {
      subject: "ada",
      authenticatedAt: 5,
    }],
    ["the same note: mine", { subject: "a" }, { subject: "b" }, { subject: "c" }, {
      subject: "b",
    }],
    ["a note I removed stays removed", { subject: "a" }, {}, { subject: "a" }, {}],
    ["a note I left alone is theirs", { subject: "a" }, { subject: "a" }, {}, {}],
    ["messages of both are there", flash("old"), flash("old", "mine"), flash("old", "theirs"), {
      flash: { info: ["old", "theirs", "mine"] },
    }],
    ["what I read is read, what came meanwhile stays", flash("old"), {}, flash("old", "new"), {
      flash: { info: ["new"] },
    }],
    ["both read it: it is read", flash("old"), {}, {}, {}],
    ["both read it, and what came since stays", flash("old"), {}, flash("new"), flash("new")],
    [
      "I read two, and left the first of them anew",
      flash("a", "b"),
      flash("a"),
      flash("a", "b"),
      flash("a"),
    ],
    ["I read it and left another", flash("old"), flash("mine"), flash("old", "theirs"), {
      flash: { info: ["theirs", "mine"] },
    }],
    ["they read what I had not seen read", flash("old"), flash("old", "mine"), {}, {
      flash: { info: ["mine"] },
    }],
    [
      "types are apart",
      { flash: { info: ["a"] } },
      { flash: { info: ["a"], error: ["mine"] } },
      { flash: { info: ["a"], warn: ["theirs"] } },
      { flash: { info: ["a"], error: ["mine"], warn: ["theirs"] } },
    ],
  ])("%s", (_rule, base, mine, theirs, expected) => {
    expect(mergeNotes(base, mine, theirs)).toEqual(expected);
  });
});
