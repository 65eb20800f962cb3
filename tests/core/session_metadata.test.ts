/** Our notes in a session: read only where they are ours. */
import { describe, expect, test } from "vitest";
import { META, metaOf, subjectOf } from "../../src/core/session_metadata.ts";

test("stand under the one name that stored sessions have", () => {
  expect(META).toBe("$websession");
});

describe("metaOf and subjectOf", () => {
  test.each<[string, unknown, unknown, string | undefined]>([
    ["no notes", undefined, undefined, undefined],
    ["null is none", null, undefined, undefined],
    ["a text is none", "ada", undefined, undefined],
    ["notes without a subject", { flash: {} }, { flash: {} }, undefined],
    ["a subject", { subject: "ada" }, { subject: "ada" }, "ada"],
    ["a subject that is no text is nobody", { subject: 5 }, { subject: 5 }, undefined],
  ])("%s", (_rule, notes, meta, subject) => {
    const session = notes === undefined ? {} : { [META]: notes };
    expect(metaOf(session)).toEqual(meta);
    expect(subjectOf(session)).toBe(subject);
  });
});
