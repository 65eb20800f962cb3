/** A store that keeps objects is handed one that holds what is stored, no more and no less. */
import { describe, expect, test } from "vitest";
import { OutgoingRecord } from "../../src/core/outgoing_record.ts";

const cookie = { path: "/" };
const index = { end: null, subject: undefined };

describe("OutgoingRecord", () => {
  test("hands over the session itself, where that is what is stored", () => {
    const session = { cookie, a: 1 };
    const record = new OutgoingRecord(
      session,
      cookie,
      '{"a":1}',
      { end: null, subject: "ada" },
      () => true,
    );
    expect([record.session, record.owner, record.subject]).toEqual([session, session, "ada"]);
    expect(record.session).toBe(session);
    expect(record.json).toBe('{"cookie":{"path":"/"},"a":1}');
  });

  test.each<[string, object, boolean]>([
    ["its data are not", cookie, false],
    ["its cookie is not", { path: "/other" }, true],
  ])("hands over a stand-in where %s, and the same one each time", (_what, stored, isLive) => {
    const session = { cookie, a: 1 };
    const record = new OutgoingRecord(session, stored, '{"a":2}', index, () => isLive);
    expect(record.session).not.toBe(session);
    expect(record.session).toBe(record.session);
    expect(record.session).toEqual({ cookie: stored, a: 2 });
    expect(record.owner).toBe(session);
  });

  test("marks on a stand-in come home when the store has it, not before", () => {
    const session: Record<string, unknown> = { cookie, a: 1 };
    const record = new OutgoingRecord(session, cookie, '{"a":2}', index, () => false);
    (record.session as Record<string, unknown>)["mark"] = 5;
    expect(session).toEqual({ cookie, a: 1 });
    record.arrived();
    expect(session).toEqual({ cookie, a: 1, mark: 5 });
  });

  test("a native store, which asks for the text alone, costs no stand-in", () => {
    const session = { cookie, a: 1 };
    const record = new OutgoingRecord(session, cookie, '{"a":2}', index, () => {
      throw new Error("asked");
    });
    expect(record.json).toContain('"a":2');
    record.arrived();
    expect(session).toEqual({ cookie, a: 1 });
  });
});
